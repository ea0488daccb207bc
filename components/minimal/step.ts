import { imageInputs } from "../image.ts";
import { defineStep, list, optional, text } from "../step/definition.ts";

/** Make an image from scratch of packages that an image has, without a shell or a package manager. */
export const minimalStep = defineStep<{ image: string }>()("components/minimal/run.ts", {
	...imageInputs,
	/** Name of the image python, whose files it has. */
	FROM: text,
	/** Of context/assemble.py, behind the folder. */
	ARGUMENTS: list,
	/** Dockerfile instructions for the new image. */
	CHANGES: list,
	/** Names that move to the new image. */
	ALIASES: list,
	/** Command that runs in the new image, and must succeed. */
	GATES: list,
	PLATFORM: text,
	/** Bytes that the image may have, in decimal digits. */
	BUDGET: optional(text),
});
