import * as pulumi from "@pulumi/pulumi";
import type { App } from "../../stacks/apps/app.ts";
import type { CompiledWheel } from "../../stacks/lock/lock.ts";
import { contentKey } from "../content-key.ts";
import {
	artefactInput,
	type ImageNaming,
	type ImageSite,
	imageLabels,
	isLost,
	type StackImage,
	stackImage,
} from "../image.ts";
import type { PythonImage } from "../python/python.ts";
import { pushImage } from "../registry/push.ts";
import { stepCommand } from "../step/command.ts";
import { CONTEXT, wheelhouseStep } from "./step.ts";

/** What {@link wheelhouseImage} needs. */
export interface WheelhouseArgs {
	readonly site: ImageNaming;
	readonly app: Pick<App, "name" | "distributions">;
	/** The image that has the wheel of a distribution which is compiled here. */
	readonly wheel: (choice: CompiledWheel) => StackImage;
}

/** What {@link WheelhouseImage} needs. */
export interface WheelhouseImageArgs extends WheelhouseArgs {
	readonly site: ImageSite;
	readonly pythonImage: PythonImage;
	/** The resources that make the wheels. */
	readonly wheels: readonly pulumi.Resource[];
}

/**
 * The wheelhouse of an app's lock, by its settings. What it holds follows from the files' hashes and
 * the wheels' keys, so that neither a base nor a Python moves it.
 */
export function wheelhouseImage({ site, app, wheel }: WheelhouseArgs): StackImage {
	const key = contentKey({
		platform: site.platform,
		...Object.fromEntries(
			app.distributions.map(({ name, version }) => [`distribution ${name}`, version]),
		),
		files: app.distributions.map((choice) =>
			choice.kind === "downloaded" ? choice.file.sha256 : wheel(choice).key,
		),
		context: { context: CONTEXT },
	});
	return stackImage(site, `wheelhouse-${app.name}`, key);
}

/**
 * All wheels of an app's lock, as an image made from scratch that others mount: `/wheels`, with a
 * requirements file that has their hashes, and `/simple`, an index (PEP 503 and PEP 691) of them. It
 * has the layers that they make in the app, so that another version of one moves few bytes.
 */
export class WheelhouseImage extends pulumi.ComponentResource {
	readonly image: StackImage;

	constructor(name: string, args: WheelhouseImageArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:WheelhouseImage", name, {}, opts);
		const { site, app, wheel } = args;
		this.image = wheelhouseImage(args);
		const built = stepCommand(
			`${name}-build`,
			wheelhouseStep,
			{
				IMAGE: this.image.name,
				ARTEFACT: artefactInput(this.image),
				LABELS: imageLabels(this.image),
				BUILDER: args.pythonImage.alias,
				DOWNLOADED: app.distributions.flatMap((choice) =>
					choice.kind === "downloaded"
						? [{ ...choice.file, distribution: choice.name, version: choice.version }]
						: [],
				),
				COMPILED: app.distributions.flatMap((choice) =>
					choice.kind === "compiled"
						? [{ distribution: choice.name, version: choice.version, image: wheel(choice).name }]
						: [],
				),
				PLATFORM: site.platform,
				CA_BUNDLE: site.caBundle,
			},
			{ parent: this, dependsOn: [args.pythonImage, ...args.wheels] },
			isLost(site, this.image),
		);
		pushImage(`${name}-push`, site, this.image, this, built);
		this.registerOutputs({ image: this.image.name });
	}
}
