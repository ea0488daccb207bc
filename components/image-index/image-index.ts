import * as pulumi from "@pulumi/pulumi";
import type { Platform } from "../../stacks/settings.ts";
import { contentKey } from "../content-key.ts";
import { type ImageSite, isUnpublished, type StackImage } from "../image.ts";
import { repositoryOf, tagOf } from "../image-name.ts";
import { stepCommand, stepResult } from "../step/command.ts";
import { indexStep } from "./step.ts";

/** An image for one of a stack's platforms, and the resource that published it. */
export interface PlatformImage {
	readonly platform: Platform;
	readonly image: StackImage;
}

/** What {@link ImageIndex} needs. */
export interface ImageIndexArgs {
	readonly site: ImageSite;
	/** The same artefact for each platform, the stack's first one first. */
	readonly images: readonly [PlatformImage, ...PlatformImage[]];
	/** Names in the same repository that move to the index. */
	readonly aliases: readonly string[];
	/** The resources that push the images. */
	readonly dependsOn: readonly pulumi.Resource[];
}

/** The index of an artefact's images for several platforms. Its name is known before they are made. */
export function indexImage([first, ...others]: ImageIndexArgs["images"]): StackImage {
	const images = [first, ...others].map(({ platform, image }) => [platform, image.key] as const);
	const { key, inputs } = contentKey(Object.fromEntries(images));
	const { name, artefact } = first.image;
	// As the image's, which ends with a key too.
	const title = tagOf(name).slice(0, -first.image.key.length);
	return {
		name: `${repositoryOf(name)}:${title}${key}`,
		key,
		artefact: `${artefact}-index`,
		kind: "index",
		inputs,
	};
}

/**
 * The name under which an artefact of several platforms is published: an OCI index, of which each engine
 * takes the image of its own platform. Only a registry has such.
 */
export class ImageIndex extends pulumi.ComponentResource {
	readonly image: StackImage;
	/** `repository@sha256:...` of the index. */
	readonly digest: pulumi.Output<string | undefined>;

	constructor(args: ImageIndexArgs, opts?: pulumi.ComponentResourceOptions) {
		const image = indexImage(args.images);
		super("debian-python:components:ImageIndex", image.artefact, {}, opts);
		this.image = image;
		const { site, images, aliases, dependsOn } = args;
		const pushed = stepCommand(
			image.artefact,
			indexStep,
			{
				IMAGE: image.name,
				IMAGES: images.map((each) => each.image.name),
				ALIASES: aliases,
				SIGNING: site.registry?.signing,
			},
			{ parent: this, dependsOn: [...dependsOn] },
			isUnpublished(site, image),
		);
		this.digest = stepResult(indexStep, pushed).apply(
			({ digest }) => digest && `${repositoryOf(image.name)}@${digest}`,
		);
		this.registerOutputs({ image: image.name });
	}
}
