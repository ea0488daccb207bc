import { imageInputs } from "../image.ts";
import { defineStep, list, optional, record, text } from "../step/definition.ts";

/** Run pybuild, and keep the .debs that it leaves as an image made from scratch and as files. */
export const buildStep = defineStep<{ image: string; sha256: string | undefined }>()(
	"components/package/build.ts",
	{
		...imageInputs,
		/** Name of the image that is run. */
		BUILDER: text,
		/** Key of the recipe that it must have. */
		RECIPE: text,
		/** Its environment (components/pybuild/context/recipe/build documents it). */
		VARIABLES: record(),
		/** How the recipe is changed (changes.ts), by name. */
		RECIPE_CHANGES: optional(list),
		/** Hash of the patches that are applied to the source. */
		PATCHES: optional(text),
		/** The folder that has them, from the project root. */
		PATCHES_FOLDER: optional(text),
		/** Name of the image that keeps what was compiled. */
		COMPILED: text,
		/** Name of the image that keeps what PGO's training counted; only PGO has one. */
		COMPILED_PROFILE: optional(text),
		/** Labels of these two. */
		COMPILED_LABELS: record(),
		PLATFORM: text,
		/** On what BUILDER runs, where that is another platform. */
		BUILDER_PLATFORM: optional(text),
		/** File with CA certificates for the container. */
		CA_BUNDLE: optional(text),
		/** Where this machine fetches the source, for a container whose TLS is too old to. */
		SOURCE_URL: optional(text),
		/** Node's own, for that fetch. */
		NODE_EXTRA_CA_CERTS: optional(text),
		/** Node's own, for that fetch. */
		NODE_USE_ENV_PROXY: optional(text),
		/** Name of the file with the interpreter's package. */
		DEB: text,
		/** Where the files go, from the project root. */
		FOLDER: text,
		/** File for the output of the build. */
		LOG: text,
	},
);
