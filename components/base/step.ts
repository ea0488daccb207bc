import { imageInputs } from "../image.ts";
import { defineStep, list, optional, text } from "../step/definition.ts";

/** Bootstrap a Debian root file system from the archive with mmdebstrap, and load it as an image. */
export const bootstrapStep = defineStep<{ image: string }>()("components/base/bootstrap.ts", {
	...imageInputs,
	/** Codename. */
	RELEASE: text,
	/** Debian's name of it. */
	ARCHITECTURE: text,
	/** File with the keys that the archive is signed with. */
	KEYRING: text,
	/** Lines of sources.list; without them the mirror of the machine. */
	SOURCES: optional(text),
	/** mmdebstrap's. */
	OPTIONS: list,
	/** Of an archive that changes no more: fingerprints of the only keys to trust, also expired. */
	FROZEN_KEYS: list,
	/** The moment that the image is of, in ISO 8601; now by default. */
	CREATED: optional(text),
});
