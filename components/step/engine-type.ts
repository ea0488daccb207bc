import type { ImageConfig, InspectedImage } from "./docker.ts";
import type { Step } from "./step.ts";

/** What engines do each in a way of their own behind Docker's API, so that what is made is the same. */
export interface Engine {
	/**
	 * Options of docker create for a container in which nothing but /dev/shm can be written, as a user and
	 * a group that have no name.
	 */
	readonly leastRights: readonly string[];
	/**
	 * Commit a container.
	 *
	 * @param image the name that the image gets.
	 * @param instructions of a Dockerfile, for its config.
	 */
	commit(
		container: string,
		image: string,
		instructions: readonly string[],
		signal: AbortSignal,
	): Promise<void>;
	/** The config that an image is to have which docker import made with such instructions. */
	importedConfig(image: InspectedImage, instructions: readonly string[]): ImageConfig;
	/**
	 * Build an image.
	 *
	 * @param names what it is called.
	 * @param bases images that it may be made from.
	 * @param build builds it under the names that it is given.
	 */
	build(
		names: readonly string[],
		bases: readonly string[],
		build: (names: readonly string[]) => Promise<void>,
	): Promise<void>;
	/** See that the daemon knows by which digest the registry has what it pushed: `repository@sha256:...`. */
	knowPushed(reference: string, signal: AbortSignal | undefined): Promise<void>;
	/** See that the new volumes of a new container have what its image holds where they are mounted. */
	fillVolumes(container: string): Promise<void>;
	/** What docker diff tells of a container: of a folder that it is changed where its mode or owner is. */
	changes(step: Step, container: string): Promise<string>;
}

/** A user and a group that have no name. A user namespace may have no IDs above 65535 (subuid(5)). */
export const UNKNOWN_ID = 54321;
