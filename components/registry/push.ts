import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { ImageSite, StackImage } from "../image.ts";

/**
 * Push an image, where the stack has a registry.
 *
 * @param made the resource that makes the image: the push follows it.
 * @param aliases names that move to this image.
 * @returns `repository@sha256:...`, or undefined without a registry.
 */
export function pushImage(
	name: string,
	{ registry, repository }: ImageSite,
	image: StackImage,
	parent: pulumi.Resource,
	made: pulumi.Resource,
	aliases: readonly string[] = [],
): pulumi.Output<string> | undefined {
	if (registry === undefined) return undefined;
	const { provider } = registry;
	// A published image outlives the stack that pushed it.
	const args = { name: image.name, keepRemotely: true };
	const opts = { parent, provider, dependsOn: [made, ...registry.dependsOn] };
	const pushed = new docker.RegistryImage(name, args, opts);
	// One after the other: pushes of the same layers at once make a registry answer 500, and the
	// provider does not try again.
	let last = pushed;
	for (const alias of aliases) {
		last = new docker.RegistryImage(
			`${name}-${alias.slice(alias.lastIndexOf(":") + 1)}`,
			// The key makes the name follow the image.
			{ ...args, name: alias, triggers: { key: image.key } },
			{ ...opts, dependsOn: [last] },
		);
	}
	return pulumi.interpolate`${repository}@${pushed.sha256Digest}`;
}
