import { defineStep, list, optional, text } from "../step/definition.ts";

/** Push an image and its aliases to their registry, as far as they are not there. */
export const pushStep = defineStep<{ digest: string | undefined }>()("components/registry/run.ts", {
	/** Name of the image. */
	IMAGE: text,
	/** `published`: its tag never moves; or `cache`: it may be built again on another machine. */
	KIND: text,
	/** Names in the same repository that move to it. */
	ALIASES: list,
	/** Files that are attached to it. */
	DESCRIPTION: list,
	/** Who signs it, as in the stack's config; absent: nobody. */
	SIGNING: optional(text),
});
