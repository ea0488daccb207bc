import type { Choice } from "../lock/lock.ts";

/** An app of a stack: what its folder says, checked. */
export interface App {
	/** Of `[project]`, normalised (PEP 503): part of image names. */
	readonly name: string;
	/** As the stack file has it, from the project root: `examples/guestbook`, `../orders`. */
	readonly folder: string;
	/** Of `[project]`; absent where it is dynamic or not there. */
	readonly version?: string;
	/** What the image runs (exec form). */
	readonly command: readonly string[];
	/** Ports that the app listens on, with TCP. */
	readonly ports: readonly number[];
	/** Command that succeeds while the app is well (exec form); absent: the image has no health check. */
	readonly healthcheck?: readonly string[];
	/** Environment variables of the image. */
	readonly environment: Readonly<Record<string, string>>;
	/** Name of the unprivileged user that it runs as. */
	readonly user: string;
	/** Debian packages that the image has beside those of python. */
	readonly packages: readonly string[];
	/** Command that must succeed in the new image (exec form). */
	readonly smoke?: readonly string[];
	/** Distributions that need not import, and why, by name. */
	readonly importExceptions: Readonly<Record<string, string>>;
	/** Whether it is a distribution itself (`[build-system]`): then a wheel of it is installed. */
	readonly isPackage: boolean;
	/** What builds its own wheel, where it is a package. */
	readonly buildRequirements: readonly Choice[];
	/** All that the lock has for this Python and this platform, in the order of their names. */
	readonly distributions: readonly Choice[];
	/** Its own files, from its folder, in byte order: what `.dockerignore` leaves. */
	readonly files: readonly string[];
}
