import type { LockedFile } from "../../stacks/lock/lock.ts";
import type { AppFiles } from "../app-files.ts";
import { imageInputs } from "../image.ts";
import { defineStep, list, optional, record, text } from "../step/definition.ts";

/** What must be there to build a wheel: a wheel of the lock, or an image with one that was compiled here. */
export type Requirement = {
	readonly name: string;
	readonly version: string;
} & ({ readonly file: LockedFile } | { readonly image: string });

/** What a wheel is built of: a source distribution of a lock, or the files of an app. */
export type WheelSource = { readonly sdist: LockedFile } | { readonly app: AppFiles };

/** What a step that makes a wheel prints. */
export interface WheelResult {
	readonly image: string;
	/** Name of the file in `/wheels`. */
	readonly file: string;
	/** SHA-256 of the file, in hexadecimal. */
	readonly sha256: string;
}

/** Build a wheel of its source, and keep it as an image made from scratch. */
export const wheelStep = defineStep<WheelResult>()("components/wheel/build.ts", {
	...imageInputs,
	/** Name of the image that is run. */
	BUILDER: text,
	/** Key of the recipe that it must have. */
	RECIPE: text,
	PLATFORM: text,
	/** File with CA certificates for the containers that have a network. */
	CA_BUNDLE: optional(text),
	/** Normalised name of the distribution. */
	NAME: text,
	/** Absent where the build alone says it. */
	VERSION: optional(text),
	SOURCE: record<WheelSource>(),
	REQUIREMENTS: record<readonly Requirement[]>(),
	/** Debian packages that the build needs. */
	PACKAGES: list,
	/** Python tag that the wheel is for, such as cp313. */
	ABI: text,
	DEBIAN: record<{ readonly codename: string; readonly number: string }>(),
	/** Folder of an app that needs it, and the stack: errors say what to do there. */
	APP: text,
	STACK: text,
	/** File for the output of the build. */
	LOG: text,
});
