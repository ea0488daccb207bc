import type * as pulumi from "@pulumi/pulumi";
import { type ImageSite, isLost, isUnpublished, isUnsigned, type StackImage } from "../image.ts";
import type { Description } from "../sbom/description.ts";
import { describeStep } from "../sbom/step.ts";
import { stepCommand, stepResult } from "../step/command.ts";
import { isCache } from "./ecr-policies.ts";
import { pushStep } from "./step.ts";

/** What {@link publishDescribed} needs. */
export interface DescribedImage {
	readonly site: ImageSite;
	readonly image: StackImage;
	/** The component that it is of. */
	readonly parent: pulumi.Resource;
	/** The resource that makes it. */
	readonly made: pulumi.Resource;
	/** Its SBOM and provenance. */
	readonly description: Description;
	/** Names that move to it. */
	readonly aliases?: readonly string[];
}

/**
 * Describe an image, and push it with its description, where the stack has a registry: the resources
 * `<name>-sbom` and `<name>-push`.
 *
 * @returns as {@link pushImage}.
 */
export function publishDescribed(
	name: string,
	{ site, image, parent, made, description, aliases = [] }: DescribedImage,
): ReturnType<typeof pushImage> {
	// One that is made again may differ, and they name it by its ID.
	const described = stepCommand(
		`${name}-sbom`,
		describeStep,
		description,
		{ parent, dependsOn: [made] },
		// What a registry lost may not be on this machine either.
		isLost(site, image) || isUnsigned(site, image),
	);
	return pushImage(`${name}-push`, site, image, parent, described, { aliases, description });
}

/**
 * Push an image, where the stack has a registry.
 *
 * A step of this project, and not docker.RegistryImage: that pushes whatever the registry holds, which
 * Amazon ECR refuses for a tag that may not move even with the same digest (aws/containers-roadmap#2179),
 * so a stack whose state is lost could not go on; and it does not try again.
 *
 * @param made the resource that makes the image: the push follows it.
 * @param further `aliases`, names that move to this image; `description`, files that say what is in it,
 * which are attached to it.
 * @returns `repository@sha256:...`, or undefined without a registry.
 */
export function pushImage(
	name: string,
	site: ImageSite,
	image: StackImage,
	parent: pulumi.Resource,
	made: pulumi.Resource,
	further: { aliases?: readonly string[]; description?: Description } = {},
): pulumi.Output<string | undefined> | undefined {
	const { registry, repository } = site;
	if (registry === undefined) return undefined;
	const { aliases = [], description } = further;
	const kind = isCache(image.kind) ? "cache" : "published";
	const pushed = stepCommand(
		name,
		pushStep,
		{
			IMAGE: image.name,
			KIND: kind,
			ALIASES: aliases,
			DESCRIPTION: description === undefined ? [] : [description.SBOM, description.PROVENANCE],
			// What only builds is nobody's to run.
			SIGNING: kind === "published" ? registry.signing : undefined,
		},
		{ parent, dependsOn: [made, ...registry.dependsOn] },
		isUnpublished(site, image),
	);
	// A local preview knows none of what is not pushed yet.
	return stepResult(pushStep, pushed).apply(({ digest }) => digest && `${repository}@${digest}`);
}
