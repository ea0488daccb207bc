import type { AppFiles } from "../app-files.ts";
import { imageInputs } from "../image.ts";
import { defineStep, list, optional, record, text } from "../step/definition.ts";

/** How an app gets onto the image minimal, which has no shell. */
export interface OnMinimal {
	/** Name of the image python, in which programs run in its place. */
	readonly tools: string;
	/** What says which packages the image minimal has: of components/minimal/context/packages. */
	readonly arguments: readonly string[];
}

/** Install the wheels of a wheelhouse in the image python, a layer for each group of distributions. */
export const dependenciesStep = defineStep<{ image: string }>()(
	"components/app/run-dependencies.ts",
	{
		...imageInputs,
		/** Name of the image python, or minimal. */
		FROM: text,
		/** Where that is minimal. */
		MINIMAL: optional(record<OnMinimal>()),
		/** Name of the wheelhouse's image. */
		WHEELHOUSE: text,
		/** Debian packages that are installed too. */
		PACKAGES: list,
		/** Names of distributions that need not import. */
		IMPORT_EXCEPTIONS: list,
		/**
		 * Names of distributions that come with the app, which these may need: with any, the gates hold
		 * where all are.
		 */
		LOCALS: list,
		/** File that keeps which layers were made last: those that do not change are not made again. */
		LAYERS: text,
		PLATFORM: text,
		/** File with CA certificates for the container. */
		CA_BUNDLE: optional(text),
	},
);

/** The wheel of an app that is a distribution itself, or of one that is a folder. */
export interface AppWheel {
	/** Normalised name of the distribution. */
	readonly name: string;
	/** Name of the image that has it in `/wheels`. */
	readonly image: string;
}

/** Add an app's own files to its dependencies. */
export const appStep = defineStep<{ image: string }>()("components/app/run-app.ts", {
	...imageInputs,
	/** Name of the image with the dependencies. */
	FROM: text,
	/** Where these are on the image minimal. */
	MINIMAL: optional(record<OnMinimal>()),
	/** The app's own files; absent where it is a distribution. */
	FILES: optional(record<AppFiles>()),
	/** Its own wheel, where it is a distribution. */
	WHEEL: optional(record<AppWheel>()),
	/** The wheels of its distributions that are folders. */
	LOCALS: record<readonly AppWheel[]>(),
	/** Names of distributions that need not import. */
	IMPORT_EXCEPTIONS: list,
	/** Name of the user that it runs as. */
	USER: text,
	/** Dockerfile instructions for the new image. */
	CHANGES: list,
	/** Command that must succeed in the new image; an empty one is none. */
	SMOKE: list,
	/** Names that move to the new image. */
	ALIASES: list,
	PLATFORM: text,
});
