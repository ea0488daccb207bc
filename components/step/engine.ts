import { docker, type ImageConfig, type InspectedImage } from "./docker.ts";
import { askEngine } from "./engine-api.ts";
import { changeOptions } from "./instructions.ts";
import { podmanEngine } from "./podman.ts";
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

/** User and group that have no name. A user namespace may have no IDs above 65535 (subuid(5)). */
const UNKNOWN_USER = "54321:54321";

const dockerEngine: Engine = {
	leastRights: ["--read-only", `--user=${UNKNOWN_USER}`],
	async commit(container, image, instructions, signal) {
		// That docker commit takes of the container, and refuses it in a change.
		const others = instructions.filter((each) => !each.startsWith("STOPSIGNAL "));
		const args = ["commit", ...changeOptions(others), container, image];
		await docker(args, { cancelSignal: signal });
	},
	importedConfig: ({ Config }) => Config,
	build: (names, _, build) => build(names),
	knowPushed: () => Promise.resolve(),
	fillVolumes: () => Promise.resolve(),
	changes: (_, container) => docker(["diff", container]),
};

/** The engine that is in use. */
export async function engine(): Promise<Engine> {
	const { isPodman } = await askEngine("/_ping");
	return isPodman ? podmanEngine : dockerEngine;
}
