import { imageInputs } from "../image.ts";
import { defineStep, list, optional, text } from "../step/definition.ts";

/** Run a script in an image with packages mounted, and commit the result as a new image. */
export const commitStep = defineStep<{ image: string }>()("components/commit/run.ts", {
	...imageInputs,
	/** Name of the image that the script runs in. */
	FROM: text,
	/** Name of the image whose `/packages` the script finds at `/mnt`. */
	PACKAGES: text,
	/** Folder, from the project root, that is at `/mnt` too; the script is its file `install`. */
	CONTEXT: text,
	/** Folder that is at `/mnt/variant`: then its file `install` is the script. */
	VARIANT: optional(text),
	/** Of the script. */
	ARGUMENTS: list,
	/** Dockerfile instructions for the new image. */
	CHANGES: list,
	/** Names that move to the new image. */
	ALIASES: list,
	/** Command that runs in the new image, and must succeed; an empty one is none. */
	GATES: list,
	/** Paths that the script may change; none: any. */
	PATHS: list,
	PLATFORM: text,
	/** File with CA certificates for the container. */
	CA_BUNDLE: optional(text),
	/** Bytes that the image may add to its base, in decimal digits. */
	BUDGET: optional(text),
	/** File that may have the stack's ledger of sizes. */
	LEDGER: optional(text),
});
