import type { Choice } from "../lock/lock.ts";
import type { MINIMAL } from "../minimal.ts";
import type { StackPython } from "../pythons.ts";
import { pythonName } from "../variants.ts";
import type { LocalFolder } from "./local.ts";

/** An app of a stack: what its folder says, and what its lock has for the stack. */
export interface App extends AppSource {
	/** What builds its own wheel, where it is a package. */
	readonly buildRequirements: readonly Choice[];
	/** All that the lock has for this Python and this platform, in the order of their names. */
	readonly distributions: readonly Choice[];
	/** Distributions that are folders, in the order of their names. */
	readonly locals: readonly LocalDistribution[];
}

/** A distribution that is a folder, and changes with the code: it is installed with the app. */
export interface LocalDistribution extends LocalFolder {
	/** What builds its wheel. */
	readonly buildRequirements: readonly Choice[];
}

/** What an app needs to know of a stack's Python. */
export type AppPython = Pick<StackPython, "version" | "series" | "variant" | "suffix"> & {
	/** The image that it stands on; absent: python. */
	readonly image?: typeof MINIMAL;
};

/** Those of a stack: the first image of the first is that of an app which names none. */
export type AppPythons = readonly [StackAppPython, ...StackAppPython[]];

/** One of them, with all of its images. */
type StackAppPython = AppPython & Pick<StackPython, "images">;

/** A stack's Pythons as apps have them, one for each image. */
export function appPythons(pythons: AppPythons): readonly AppPython[] {
	return pythons.flatMap(({ images, ...python }, index) =>
		images === undefined
			? (pythons[index] as AppPython)
			: images.map((image) => (image === "python" ? python : { ...python, image })),
	);
}

/** How an app names its Python, such as 3.13, 3.13t or 3.13-minimal. */
export function appPythonName(python: AppPython): string {
	return pythonName(python) + (python.image === undefined ? "" : `-${python.image}`);
}

/** What an app's folder says beside its lock, checked. */
export interface AppSource {
	/** Of `[project]`, normalised (PEP 503): part of image names. */
	readonly name: string;
	/** As the stack file has it, from the project root: `examples/guestbook`, `../orders`. */
	readonly folder: string;
	/** Of `[project]`; absent where it is dynamic or not there. */
	readonly version?: string;
	/** The one of the stack's Pythons that it has. */
	readonly python: AppPython;
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
	/** Distributions that need not import, and why, by name, normalised. */
	readonly importExceptions: Readonly<Record<string, string>>;
	/** Whether it is a distribution itself (`[build-system]`): then a wheel of it is installed. */
	readonly isPackage: boolean;
	/** Names of distributions that are compiled here even where a wheel fits, normalised; or every one. */
	readonly fromSource: ":all:" | readonly string[];
	/** Debian packages that a distribution's compile needs, by its name, normalised. */
	readonly buildPackages: Readonly<Record<string, readonly string[]>>;
	/** Its own files, by paths from its folder, in byte order: what `.dockerignore` leaves. */
	readonly files: readonly string[];
}
