import * as pulumi from "@pulumi/pulumi";
import type { DebianRelease } from "../../stacks/debian.ts";
import type { BaseSource, DebianBase } from "../base/base.ts";
import { builtImage } from "../built-image.ts";
import { contentKey } from "../content-key.ts";
import {
	type ImageNaming,
	type ImageSite,
	imageLabels,
	type StackImage,
	stackImage,
} from "../image.ts";
import { pushImage } from "../registry/push.ts";

/** What the image debbase of a stack follows from. */
export interface DebbaseArgs {
	readonly site: ImageNaming;
	readonly debian: DebianRelease;
	readonly base: BaseSource;
}

/** What {@link DebbaseImage} needs. */
export interface DebbaseImageArgs extends DebbaseArgs {
	readonly site: ImageSite;
	readonly base: DebianBase;
}

const CONTEXT = "components/debbase/context";

/** The image debbase of a stack, by its settings. */
export function debbaseImage({ site, debian, base }: DebbaseArgs): StackImage {
	const key = contentKey({
		base: base.identity,
		platform: site.platform,
		libraries: debian.libraries,
		frozenKeys: base.frozenKeys,
		context: { context: CONTEXT },
	});
	return stackImage(site, "debbase", key);
}

/** The image debbase: the base, `aptinstall`, and the libraries that Python links. */
export class DebbaseImage extends pulumi.ComponentResource {
	readonly image: StackImage;

	constructor(name: string, args: DebbaseImageArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:DebbaseImage", name, {}, opts);
		const { site, debian, base } = args;
		this.image = debbaseImage(args);
		const built = builtImage(
			`${name}-image`,
			{
				site,
				image: this.image,
				context: CONTEXT,
				buildArgs: {
					BASE: base.reference,
					PACKAGES: debian.libraries.join(" "),
					FROZEN_KEYS: base.frozenKeys.join(" "),
				},
				labels: imageLabels(this.image),
			},
			{ parent: this, dependsOn: [base] },
		);
		pushImage(`${name}-push`, site, this.image, this, built);
		this.registerOutputs({ image: this.image.name });
	}
}
