import * as pulumi from "@pulumi/pulumi";
import { debianUpstream, extensionsFor, sourceUrl } from "../../stacks/cpython.ts";
import { type DebianRelease, tkBuildPackages } from "../../stacks/debian.ts";
import { framePointerInputs } from "../../stacks/frame-pointers.ts";
import { patchSetVersion } from "../../stacks/patches/patch-set.ts";
import type { Settings, StackPython } from "../../stacks/settings.ts";
import { abiFlags, pythonName, variantFlags } from "../../stacks/variants.ts";
import { contentKey } from "../content-key.ts";
import { type CrossbuildImage, crossConfigureFlags } from "../crossbuild/crossbuild.ts";
import {
	artefactInput,
	type ImageNaming,
	type ImageSite,
	imageLabels,
	isLost,
	ofPython,
	type StackImage,
	stackImage,
} from "../image.ts";
import type { Pybuild, PybuildImage } from "../pybuild/pybuild.ts";
import { publishDescribed } from "../registry/push.ts";
import { type Description, describePackage } from "../sbom/description.ts";
import { stepCommand, stepResult } from "../step/command.ts";
import { keyOfChanges, keyOfCompiled, recipeChanges } from "./changes.ts";
import { changelogLines, keyOfApplied } from "./patches.ts";
import { buildStep } from "./step.ts";

/** What {@link packageImages} needs. */
export interface PackageImagesArgs {
	readonly site: ImageNaming;
	readonly debian: DebianRelease;
	readonly python: StackPython;
	readonly architecture: Settings["architecture"];
	readonly pybuild: Pybuild;
	/** Where the .debs go as files, from the project root. */
	readonly folder: string;
}

/** What {@link PythonPackage} needs. */
export interface PythonPackageArgs extends PackageImagesArgs {
	readonly site: ImageSite;
	readonly pybuild: PybuildImage | CrossbuildImage;
}

/** The images that hold the package of a stack, by its settings. */
export interface PackageImages {
	/** The .debs. */
	readonly image: StackImage;
	/** What was compiled, before it is packaged. */
	readonly compiled: StackImage;
	/** What PGO's training counted; undefined without PGO. */
	readonly profile: StackImage | undefined;
}

/** The images that hold the package of a stack, by its settings. */
export function packageImages(args: PackageImagesArgs): PackageImages {
	const { site, python, pybuild } = args;
	const applied = keyOfApplied(python);
	const key = contentKey({
		...buildVariables(args),
		RECIPE: pybuild.recipe,
		// What the training counted is in the image beside the .debs.
		...(python.profile !== "quick" && { COUNTS: "kept" }),
		...applied,
		...keyOfChanges(python),
	});
	const compileKey = contentKey({
		...compileVariables(args),
		COMPILE: pybuild.compile,
		...applied,
		...keyOfCompiled(python),
	});
	const compiled = stackImage(site, "compiled", compileKey);
	return {
		image: { ...ofPython(stackImage(site, "package", key), python), compiled: compiled.name },
		compiled,
		profile: python.profile === "quick" ? undefined : stackImage(site, "profile", compileKey),
	};
}

/** What describes the package of a stack, by its settings. */
export function packageDescription(args: PackageImagesArgs): Description {
	const { pybuild, folder } = args;
	const stem = `${folder}/${debName(args).stem}`;
	return describePackage({
		...args,
		package: packageImages(args).image,
		builder: pybuild.builder,
		builderPlatform: isCross(args) ? pybuild.platform : undefined,
		stem,
	});
}

/**
 * CPython as Debian packages: pybuild is run, and the .debs that it leaves are kept as an image made
 * from scratch (`/packages`) and as files. A new base of the same release makes no new package.
 */
export class PythonPackage extends pulumi.ComponentResource {
	readonly image: StackImage;
	/** Name of the Debian package, such as `cpython3.13`. */
	readonly packageName: string;
	/** Version of the Debian package, such as `3.13.5-1+deb12`. */
	readonly version: string;
	readonly architecture: Settings["architecture"];
	/** Path of the .deb, from the project root. */
	readonly file: string;
	/** Paths of its further packages, by their names in the config. */
	readonly files: Readonly<Record<string, string>>;
	/** SHA-256 of the .deb, in hexadecimal: known once it is built. */
	readonly sha256: pulumi.Output<string>;

	constructor(name: string, args: PythonPackageArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:PythonPackage", name, {}, opts);
		const { site, pybuild, python } = args;
		const changes = recipeChanges(python);
		const { image, compiled, profile } = packageImages(args);
		this.image = image;
		const { name: packageName, version, stem } = debName(args);
		this.packageName = packageName;
		this.version = version;
		this.architecture = args.architecture;
		this.file = `${args.folder}/${stem}.deb`;
		this.files = Object.fromEntries(
			(python.packages ?? []).map((extra) => [
				extra,
				`${args.folder}/${packageName}-${extra}${stem.slice(packageName.length)}.deb`,
			]),
		);
		const build = stepCommand(
			`${name}-build`,
			buildStep,
			{
				IMAGE: this.image.name,
				ARTEFACT: artefactInput(image),
				BUILDER: pybuild.builder,
				RECIPE: pybuild.recipe,
				VARIABLES: buildVariables(args),
				RECIPE_CHANGES: changes.length === 0 ? undefined : changes,
				PATCHES: python.patches?.hash,
				PATCHES_FOLDER: python.patches?.folder,
				COMPILED: compiled.name,
				COMPILED_PROFILE: profile?.name,
				COMPILED_LABELS: imageLabels(compiled),
				PLATFORM: site.platform,
				BUILDER_PLATFORM: isCross(args) ? pybuild.platform : undefined,
				CA_BUNDLE: site.caBundle,
				...sourceFetch(args),
				DEB: `${stem}.deb`,
				FOLDER: args.folder,
				LOG: `${args.folder}/${stem}.build`,
				LABELS: {
					...imageLabels(this.image),
					"org.opencontainers.image.title": this.packageName,
					"org.opencontainers.image.version": this.version,
				},
			},
			{ parent: this, dependsOn: [pybuild] },
			isLost(site, this.image),
		);
		publishDescribed(name, {
			site,
			image,
			parent: this,
			made: build,
			description: packageDescription(args),
		});
		this.sha256 = stepResult(buildStep, build).apply(({ sha256 }) => sha256 ?? "");
		this.registerOutputs({ image: this.image.name, version: this.version, sha256: this.sha256 });
	}
}

/** Whether a package is compiled on another platform than its own. */
function isCross({ site, pybuild }: Pick<PackageImagesArgs, "site" | "pybuild">): boolean {
	return pybuild.platform !== site.platform;
}

/** What of the build script's environment decides the compiled files. */
function compileVariables({
	site,
	debian,
	python,
	architecture,
	pybuild,
}: PackageImagesArgs): Record<string, string> {
	const framePointers = framePointerInputs(python);
	return {
		PYTHON_VERSION: python.version,
		SOURCE_SHA256: python.source.sha256,
		PROFILE: python.profile,
		CONFIGURE_FLAGS: [
			...python.series.configureFlags,
			...variantFlags(python),
			...(isCross({ site, pybuild }) ? crossConfigureFlags(architecture) : []),
			...framePointers.flags,
		].join(" "),
		EXTENSIONS: extensionsFor(python.series, debian).join(" "),
		...framePointers.variables,
	};
}

/** Where the container's own TLS is too old, this machine fetches the source. */
function sourceFetch({ site, debian, python }: PythonPackageArgs) {
	const isHere = debian.hasOldTls;
	return {
		SOURCE_URL: isHere ? sourceUrl(python.version, python.source.format) : undefined,
		NODE_EXTRA_CA_CERTS: isHere ? site.caBundle : undefined,
		NODE_USE_ENV_PROXY: isHere ? "1" : undefined,
	};
}

/**
 * The environment of the build script (components/pybuild/context/recipe/build), which documents it; that
 * of a changed recipe has more (components/package/context/changed/build). BASECFLAGS is configure's own.
 */
function buildVariables(args: PackageImagesArgs): Record<string, string> {
	const { debian, python } = args;
	return {
		...compileVariables(args),
		SOURCE_FORMAT: python.source.format,
		PACKAGE_RELEASE: String(python.packageRelease),
		DEBIAN_NUMBER: String(debian.number),
		EXTRA_DEPENDS: debian.extraDepends.join(", "),
		DEBHELPER_COMPAT: String(debian.debhelperCompat),
		...(abiFlags(python) !== "" && { ABI_FLAGS: abiFlags(python) }),
		...(python.packages?.includes("tk") && {
			BUILD_PACKAGES: tkBuildPackages
				.map((name) => (isCross(args) ? `${name}:${args.architecture}` : name))
				.join(" "),
		}),
		...(python.patches && {
			PATCH_SET: patchSetVersion(python.patches),
			CHANGES: changelogLines(python.patches),
		}),
	};
}

/**
 * How the Debian package is named, its version, and `name_version_architecture`. A version of a newer
 * Debian release sorts after that of an older one (Debian Policy 5.6.12).
 */
export function debName({
	debian,
	python,
	architecture,
}: Pick<PackageImagesArgs, "debian" | "python" | "architecture">) {
	const name = `cpython${pythonName(python)}`;
	const patched = python.patches === undefined ? "" : `+${patchSetVersion(python.patches)}`;
	const release = `${python.packageRelease}${patched}+deb${debian.number}`;
	const version = `${debianUpstream(python.version)}-${release}`;
	return { name, version, stem: `${name}_${version}_${architecture}` };
}
