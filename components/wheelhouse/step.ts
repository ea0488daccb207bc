import type { WantedFile } from "../downloads/downloads.ts";
import { imageInputs } from "../image.ts";
import { defineStep, optional, record, text } from "../step/definition.ts";

/** Folder, from the project root, of what lays out the wheels. */
export const CONTEXT = "components/wheelhouse/context";

/** A wheel that was compiled here. */
export interface CompiledFile {
	/** Normalised name of the distribution. */
	readonly distribution: string;
	readonly version: string;
	/** Name of the image that has it in `/wheels`. */
	readonly image: string;
}

/** Gather the wheels of a lock, downloaded and compiled here, with an index, in an image made from scratch. */
export const wheelhouseStep = defineStep<{ image: string }>()("components/wheelhouse/run.ts", {
	...imageInputs,
	/** Name of an image with Python and pip, which gathers them. */
	BUILDER: text,
	DOWNLOADED: record<readonly WantedFile[]>(),
	COMPILED: record<readonly CompiledFile[]>(),
	PLATFORM: text,
	/** File with CA certificates for the container. */
	CA_BUNDLE: optional(text),
});
