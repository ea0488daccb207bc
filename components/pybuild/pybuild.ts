import * as pulumi from "@pulumi/pulumi";
import type { DebianRelease } from "../../stacks/debian.ts";
import { builtImage } from "../built-image.ts";
import { contentKey } from "../content-key.ts";
import type { DebbaseImage } from "../debbase/debbase.ts";
import {
	type ImageNaming,
	type ImageSite,
	imageLabels,
	type StackImage,
	stackImage,
} from "../image.ts";
import { pushImage } from "../registry/push.ts";

/** What the image pybuild of a stack follows from. */
export interface PybuildArgs {
	readonly site: ImageNaming;
	readonly debian: DebianRelease;
	readonly debbase: { readonly image: StackImage };
}

/** What {@link PybuildImage} needs. */
export interface PybuildImageArgs extends PybuildArgs {
	readonly site: ImageSite;
	readonly debbase: DebbaseImage;
}

const CONTEXT = "components/pybuild/context";

/** What the package needs to know of pybuild. */
export interface Pybuild {
	readonly image: StackImage;
	/** Key of what in this image decides the package's bytes: all but the base that it stands on. */
	readonly recipe: string;
	/** Key of what of it decides the compiled files, before they are packaged. */
	readonly compile: string;
	/**
	 * A tag that moves to the newest base with the same recipe. The package runs this one: by the
	 * image's own name, each rotation of the base would show as a change of the package.
	 */
	readonly builder: string;
	/** On what it runs. */
	readonly platform: string;
}

/** What pybuild of a stack is, by its settings. */
export function pybuildImage({ site, debian, debbase }: PybuildArgs): Pybuild {
	const compiler = {
		release: debian.codename,
		platform: site.platform,
		packages: debian.buildPackages,
		compile: { context: `${CONTEXT}/compile` },
	};
	const recipe = contentKey({ ...compiler, recipe: { context: `${CONTEXT}/recipe` } });
	const key = contentKey({
		debbase: debbase.image.key,
		packages: debian.buildPackages,
		context: { context: CONTEXT },
	});
	return {
		image: stackImage(site, "pybuild", key),
		recipe: recipe.key,
		compile: contentKey(compiler).key,
		builder: `${site.repository}:builder-${recipe.key}`,
		platform: site.platform,
	};
}

/**
 * The image pybuild: debbase, the compiler, the -dev packages and the packaging recipe. When it is
 * run, it makes the .deb.
 */
export class PybuildImage extends pulumi.ComponentResource implements Pybuild {
	readonly image: StackImage;
	readonly recipe: string;
	readonly compile: string;
	readonly builder: string;
	readonly platform: string;

	constructor(name: string, args: PybuildImageArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:PybuildImage", name, {}, opts);
		const { site, debian, debbase } = args;
		const { image, recipe, compile, builder, platform } = pybuildImage(args);
		this.image = image;
		this.recipe = recipe;
		this.compile = compile;
		this.builder = builder;
		this.platform = platform;
		buildBuilder(name, this, {
			site,
			context: CONTEXT,
			buildArgs: { DEBBASE: debbase.image.name, PACKAGES: debian.buildPackages.join(" ") },
			from: debbase,
		});
		this.registerOutputs({ image: image.name });
	}
}

/** What {@link buildBuilder} needs, beside what is built. */
export interface BuilderArgs {
	readonly site: ImageSite;
	/** Folder of its Dockerfile, from the project root. */
	readonly context: string;
	readonly buildArgs: Readonly<Record<string, string>>;
	/** The component whose image it is made from. */
	readonly from: pulumi.Resource;
}

/** Build and push an image that makes the .deb, under the tag by which the package finds it too. */
export function buildBuilder(
	name: string,
	builder: Pybuild & pulumi.Resource,
	{ site, context, buildArgs, from }: BuilderArgs,
): void {
	const { image, recipe, platform } = builder;
	const built = builtImage(
		`${name}-image`,
		{
			site: { ...site, platform },
			image,
			context,
			buildArgs,
			labels: { ...imageLabels(image), "debian-python.recipe": recipe },
			tags: [builder.builder],
		},
		{ parent: builder, dependsOn: [from] },
	);
	pushImage(`${name}-push`, site, image, builder, built, { aliases: [builder.builder] });
}
