import { defineStep, type Input, list, optional, record, text } from "../step/definition.ts";

const number: Input<number> = { parse: Number };

/** Publish the .debs of images in a suite of an apt repository, as far as they are not there. */
export const publishStep = defineStep<{ place: string; suite: string }>()(
	"components/apt/publish.ts",
	{
		/** A folder, or `s3://` and the name of a bucket. */
		PLACE: text,
		/** Of the bucket; absent: that of the machine's settings. */
		REGION: optional(text),
		/** Debian's codename. */
		SUITE: text,
		/** By whom the packages are, for pins. */
		ORIGIN: text,
		/** Names of the images that hold the .debs, by what is told of these. The images' keys are in the names. */
		IMAGES: record(),
		PLATFORM: text,
		/** Fingerprints of the OpenPGP keys that sign. */
		KEYS: list,
		/** How many days a package release stays once a newer one is there. */
		KEEP_DAYS: number,
		/** For how many days apt takes what is published. */
		VALID_DAYS: number,
	},
);
