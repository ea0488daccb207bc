import { defineStep, list, optional, record, text } from "../step/definition.ts";
import type { AppFacts, Facts, LocalFacts, SourceFile, Wheel } from "./facts.ts";

/** A distribution of an app's lock: a wheel that others made, or what is compiled here. */
export type LockedWheel = { readonly name: string; readonly version: string } & (
	| { readonly file: SourceFile }
	| {
			readonly sdist: SourceFile;
			/** Name of the image that has its wheel. */
			readonly image: string;
	  }
);

/** What is known of an app before its image is looked into. */
export interface DescribedApp extends Pick<AppFacts, "name" | "version" | "files" | "locks"> {
	/** Folder in the image that has the distributions. */
	readonly site: string;
	readonly distributions: readonly LockedWheel[];
	/** Name of the image that has its own wheel, where it is a distribution itself. */
	readonly wheel?: string;
	/** Its distributions that are folders, and the names of the images that have their wheels. */
	readonly locals: readonly (Pick<LocalFacts, "name" | "version" | "files"> & {
		readonly image: string;
	})[];
}

/** Write the SBOM and the provenance of an image as files. */
export const describeStep = defineStep<{ sbom: string; provenance: string }>()(
	"components/sbom/run.ts",
	{
		/** Name of the image. */
		IMAGE: text,
		/** The file to write. */
		SBOM: text,
		/** The file to write. */
		PROVENANCE: text,
		PLATFORM: text,
		DEBIAN: record<Facts["debian"]>(),
		CPYTHON: record<Facts["cpython"]>(),
		/** The folder with its patches, from the project root; without any it has none. */
		PATCHES_FOLDER: optional(text),
		/** Name of the package's image; the same as IMAGE where that is described. */
		PACKAGE: text,
		/** Name of the Debian package, such as cpython3.13. */
		PACKAGE_NAME: text,
		/** Names of the images that it is made from. */
		MADE_FROM: list,
		/** Name of the image whose dpkg-deb looks into the package: of the package alone. */
		BUILDER: optional(text),
		/** On what that runs, where it is another platform. */
		BUILDER_PLATFORM: optional(text),
		/** Folder in the image with ensurepip's wheels: not of the package, nor where there are none. */
		ENSUREPIP: optional(text),
		/** The virtual environment's: not of the package, nor where there is none. */
		PIP: optional(record<Wheel>()),
		/**
		 * Name of an image that has all of IMAGE that is told, but for the app's own files: what is read of
		 * it is kept, since many versions of an app stand on one.
		 */
		ROOT: optional(text),
		/** Of an app's image alone. */
		APP: optional(record<DescribedApp>()),
	},
);
