import { defineStep, list, optional, text } from "../step/definition.ts";

/** Push an index of images that are in a registry, each for another platform, and its aliases. */
export const indexStep = defineStep<{ digest: string | undefined }>()(
	"components/image-index/run.ts",
	{
		/** Name of the index. */
		IMAGE: text,
		/** Names of the images, in the same repository. */
		IMAGES: list,
		/** Names there that move to the index. */
		ALIASES: list,
		/** Who signs it, as in the stack's config; absent: nobody. */
		SIGNING: optional(text),
	},
);
