import { imageInputs } from "../image.ts";
import { defineStep, list, optional, text } from "../step/definition.ts";

/**
 * Take of a reference that is for several platforms the image for one, under a name of its own: a daemon
 * without the containerd image store has one image under a digest, and FROM takes that, whatever it is for.
 */
export const pullStep = defineStep<{ image: string }>()("components/base/pull.ts", {
	...imageInputs,
	/** Of another's image, whatever it is for. */
	REFERENCE: text,
	PLATFORM: text,
});

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
