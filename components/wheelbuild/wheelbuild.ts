import * as pulumi from "@pulumi/pulumi";
import { CommittedImage } from "../commit/commit.ts";
import { contentKey } from "../content-key.ts";
import { type ImageSite, imageLabels, type StackImage, stackImage } from "../image.ts";
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

/** The image wheelbuild of a stack, by its settings. */
export function wheelbuildImage(args: WheelbuildArgs): StackImage {
	const { site, debian, python, pythonImage } = args;
	const key = contentKey({
		python: pythonImage.image.key,
		packages: debian.compilerPackages,
		context: { context: CONTEXT },
		changes: CHANGES,
	});
	const tag = `wheelbuild-${python.version}-r${args.packageRelease}`;
	return stackImage(site, "wheelbuild", key, tag);
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
export class WheelbuildImage extends pulumi.ComponentResource {
	readonly image: StackImage;
	/** `repository@sha256:...`; undefined without a registry. */
	readonly digest: pulumi.Output<string | undefined> | undefined;

	constructor(name: string, args: WheelbuildImageArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:WheelbuildImage", name, {}, opts);
		const { site, debian, python, pythonImage } = args;
		this.image = wheelbuildImage(args);
		const committed = new CommittedImage(
			`${name}-image`,
			{
				site,
				image: this.image,
				from: pythonImage.image,
				packages: args.package.image,
				context: CONTEXT,
				arguments: [python.series.series, ...debian.compilerPackages],
				changes: CHANGES,
				description: wheelbuildDescription(args),
				labels: {
					...imageLabels(this.image),
					"org.opencontainers.image.title": `Wheel builder for Python ${python.version}`,
					"org.opencontainers.image.version": args.package.version,
				},
			},
			{ parent: this, dependsOn: [pythonImage, args.package] },
		);
		this.digest = committed.digest;
		this.registerOutputs({ image: this.image.name });
	}
}
