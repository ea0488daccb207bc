import * as pulumi from "@pulumi/pulumi";
import { framePointerInputs } from "../../stacks/frame-pointers.ts";
import { pythonName, versionName } from "../../stacks/variants.ts";
import { CommittedImage } from "../commit/commit.ts";
import { contentKey } from "../content-key.ts";
import { type ImageSite, imageLabels, ofPython, type StackImage, stackImage } from "../image.ts";
import type { PythonPackage } from "../package/package.ts";
import type { PythonArgs, PythonImage } from "../python/python.ts";
import { type Description, describeImage } from "../sbom/description.ts";

/** What the image wheelbuild of a stack follows from. */
export interface WheelbuildArgs extends Omit<PythonArgs, "debbase"> {
	readonly pythonImage: { readonly image: StackImage };
}

/** What {@link WheelbuildImage} needs. */
export interface WheelbuildImageArgs extends WheelbuildArgs {
	readonly site: ImageSite;
	readonly pythonImage: PythonImage;
	readonly package: PythonPackage;
}

const CONTEXT = "components/wheelbuild/context";

const CHANGES = [
	'CMD ["--help"]',
	'ENTRYPOINT ["buildwheels"]',
	// Where buildwheels looks for a relative requirements file.
	"WORKDIR /src",
] as const;

/** By what wheels find the image wheelbuild. */
export interface WheelBuilder {
	/** Key of what in this image decides a wheel's bytes: all but the base, and CPython's patch number. */
	readonly recipe: string;
	/** A tag that moves to the newest image with the same recipe: a new base changes no wheel. */
	readonly builder: string;
}

/** By what the wheels of a stack find its image wheelbuild. */
export function wheelBuilder({
	site,
	debian,
	python,
}: Pick<WheelbuildArgs, "site" | "debian" | "python">): WheelBuilder {
	const { key } = contentKey({
		release: debian.codename,
		platform: site.platform,
		series: pythonName(python),
		...compilerFlags(python),
		packages: debian.compilerPackages,
		modules: { context: `${CONTEXT}/buildwheels.d` },
	});
	return { recipe: key, builder: `${site.repository}:buildwheel-${key}` };
}

/** What compiles wheels in another way than sysconfig of the series does by itself. */
function compilerFlags(python: WheelbuildArgs["python"]): Record<string, string> {
	const { flags, variables } = framePointerInputs(python);
	return { ...(flags.length > 0 && { flags: flags.join(" ") }), ...variables };
}

/** The image wheelbuild of a stack, by its settings. */
export function wheelbuildImage(args: WheelbuildArgs): StackImage {
	const { site, debian, python, pythonImage } = args;
	const key = contentKey({
		python: pythonImage.image.key,
		packages: debian.compilerPackages,
		context: { context: CONTEXT },
		changes: CHANGES,
		recipe: wheelBuilder(args).recipe,
	});
	const tag = `wheelbuild-${versionName(python)}-r${python.packageRelease}`;
	return ofPython(stackImage(site, "wheelbuild", key, tag), python);
}

/** What describes the image wheelbuild of a stack, by its settings. */
export function wheelbuildDescription(args: WheelbuildArgs): Description {
	return describeImage({
		...args,
		image: wheelbuildImage(args),
		from: args.pythonImage.image,
		package: args.package.image,
	});
}

/** The image wheelbuild: python, the compiler, the -dev package, and `buildwheels`. */
export class WheelbuildImage extends pulumi.ComponentResource implements WheelBuilder {
	readonly image: StackImage;
	readonly recipe: string;
	readonly builder: string;
	/** `repository@sha256:...`; undefined without a registry. */
	readonly digest: pulumi.Output<string | undefined> | undefined;

	constructor(name: string, args: WheelbuildImageArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:WheelbuildImage", name, {}, opts);
		const { site, debian, python, pythonImage } = args;
		const { recipe, builder } = wheelBuilder(args);
		this.image = wheelbuildImage(args);
		this.recipe = recipe;
		this.builder = builder;
		const committed = new CommittedImage(
			`${name}-image`,
			{
				site,
				image: this.image,
				from: pythonImage.image,
				packages: args.package.image,
				context: CONTEXT,
				arguments: [pythonName(python), ...debian.compilerPackages],
				changes: CHANGES,
				aliases: [builder],
				description: wheelbuildDescription(args),
				labels: {
					...imageLabels(this.image),
					"debian-python.recipe": recipe,
					"org.opencontainers.image.title": `Wheel builder for Python ${versionName(python)}`,
					"org.opencontainers.image.version": args.package.version,
				},
			},
			{ parent: this, dependsOn: [pythonImage, args.package] },
		);
		this.digest = committed.digest;
		this.registerOutputs({ image: this.image.name });
	}
}
