import * as pulumi from "@pulumi/pulumi";
import type { DebianRelease } from "../../stacks/debian.ts";
import type { Architecture } from "../../stacks/settings.ts";
import { contentKey } from "../content-key.ts";
import { type ImageNaming, type ImageSite, type StackImage, stackImage } from "../image.ts";
import { buildBuilder, type Pybuild, type PybuildImage } from "../pybuild/pybuild.ts";

/** What {@link crossbuildImage} needs. */
export interface CrossbuildArgs {
	/** Of the platform for which it compiles. */
	readonly site: ImageNaming;
	readonly debian: DebianRelease;
	/** Debian's name of the architecture for which it compiles. */
	readonly architecture: Architecture;
	/** That of the platform on which it runs. */
	readonly pybuild: Pybuild;
}

/** What {@link CrossbuildImage} needs. */
export interface CrossbuildImageArgs extends CrossbuildArgs {
	readonly site: ImageSite;
	readonly pybuild: PybuildImage;
}

const CONTEXT = "components/crossbuild/context";

/** GNU's names of the architectures (dpkg-architecture(1), DEB_HOST_GNU_TYPE). */
const TRIPLETS = { amd64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" } as const;

/** What configure of CPython needs in {@link CrossbuildImage}, where it would take the machine's architecture. */
export function crossConfigureFlags(architecture: Architecture): readonly string[] {
	return [`--build=${TRIPLETS[architecture]}`];
}

/** What crossbuild of a stack's platform is, by its settings. */
export function crossbuildImage({ site, debian, architecture, pybuild }: CrossbuildArgs): Pybuild {
	const own = {
		architecture,
		packages: crossPackages(debian, architecture),
		context: { context: CONTEXT },
	};
	const recipe = contentKey({ pybuild: pybuild.recipe, ...own }).key;
	// Its tag begins as the alias does: Amazon ECR takes few exceptions from immutable tags.
	const image = stackImage(
		site,
		"crossbuild",
		contentKey({ pybuild: pybuild.image.key, ...own }),
		"builder-cross",
	);
	return {
		image: { ...image, platform: pybuild.platform },
		recipe,
		compile: contentKey({ pybuild: pybuild.compile, ...own }).key,
		builder: `${site.repository}:builder-${recipe}`,
		platform: pybuild.platform,
	};
}

/** The cross compiler (Debian's wiki, "CrossToolchains"), and the headers of what CPython links. */
function crossPackages(
	{ buildPackages }: DebianRelease,
	architecture: Architecture,
): readonly string[] {
	const headers = buildPackages.filter((name) => name.endsWith("-dev") && name !== "dpkg-dev");
	return [
		`gcc-${TRIPLETS[architecture].replace("_", "-")}`,
		...headers.map((name) => `${name}:${architecture}`),
	];
}

/**
 * The image crossbuild: pybuild of one platform with a compiler for another one's architecture. Run, it
 * makes the .deb for that.
 */
export class CrossbuildImage extends pulumi.ComponentResource implements Pybuild {
	readonly image: StackImage;
	readonly recipe: string;
	readonly compile: string;
	readonly builder: string;
	readonly platform: string;

	constructor(name: string, args: CrossbuildImageArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:CrossbuildImage", name, {}, opts);
		const { site, debian, architecture, pybuild } = args;
		const { image, recipe, compile, builder, platform } = crossbuildImage(args);
		this.image = image;
		this.recipe = recipe;
		this.compile = compile;
		this.builder = builder;
		this.platform = platform;
		buildBuilder(name, this, {
			site,
			context: CONTEXT,
			buildArgs: {
				PYBUILD: pybuild.image.name,
				ARCHITECTURE: architecture,
				TRIPLET: TRIPLETS[architecture],
				PACKAGES: crossPackages(debian, architecture).join(" "),
			},
			from: pybuild,
		});
		this.registerOutputs({ image: image.name });
	}
}
