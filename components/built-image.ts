import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type ImageSite, isLost, type StackImage } from "./image.ts";
import { makeAgain } from "./step/again.ts";

/** What {@link builtImage} needs. */
export interface BuiltImageArgs {
	readonly site: ImageSite;
	readonly image: StackImage;
	/** Folder of the Dockerfile, from the project root: a relative path is the same in every checkout. */
	readonly context: string;
	readonly buildArgs: Readonly<Record<string, string>>;
	readonly labels: Readonly<Record<string, string>>;
	/** Further names, which move to this image. */
	readonly tags?: readonly string[];
}

/**
 * An image that the Docker daemon builds from a Dockerfile. RemoteImage, since `docker.Image` does
 * not build on the containerd image store (pulumi-docker#967); it does not look into the context, so
 * the content key in the name is what makes it build again.
 */
export function builtImage(
	name: string,
	args: BuiltImageArgs,
	opts: pulumi.CustomResourceOptions,
): docker.RemoteImage {
	const labels = { ...args.labels, "debian-python.project": "debian-python" };
	const again = makeAgain(isLost(args.site, args.image), "triggers", opts);
	return new docker.RemoteImage(
		name,
		{
			name: args.image.name,
			build: {
				context: args.context,
				dockerfile: "Dockerfile",
				platform: args.site.platform,
				buildArgs: { ...args.buildArgs },
				// The provider's buildx path reads `label` alone, its path without buildx `labels` alone
				// (terraform-provider-docker 4.5: docker_buildx_build.go, createImageBuildOptions).
				label: labels,
				labels,
				tags: [args.image.name, ...(args.tags ?? [])],
				forceRemove: true,
				// With one, the containerd image store makes an index of the image and its attestation, which
				// differs each time it is built (BuildKit, docs/attestations/slsa-provenance.md).
				provenance: "false",
			},
			// A stack that moves on leaves the former image for a way back, and for other stacks.
			keepLocally: true,
			...(again.moment !== undefined && { triggers: { lost: again.moment } }),
		},
		// The provider would do nothing, but not without the daemon, which may be gone.
		pulumi.mergeOptions(again.opts, { retainOnDelete: true }),
	);
}
