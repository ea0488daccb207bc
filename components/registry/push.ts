import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { ImageSite, StackImage } from "../image.ts";

/**
 * Push an image, where the stack has a registry.
 *
 * @param made the resource that makes the image: the push follows it.
 * @returns `repository@sha256:...`, or undefined without a registry.
 */
export function pushImage(
	name: string,
	site: ImageSite,
	image: StackImage,
	parent: pulumi.Resource,
	made: pulumi.Resource,
): pulumi.Output<string> | undefined {
	const pushed = registryImage(name, site, image.name, parent, made, {});
	return pushed && pulumi.interpolate`${site.repository}@${pushed.sha256Digest}`;
}

/** Push a moving name of an image. A key in the triggers makes the name follow the image. */
export function pushAlias(
	name: string,
	site: ImageSite,
	alias: string,
	image: StackImage,
	parent: pulumi.Resource,
	made: pulumi.Resource,
): void {
	registryImage(name, site, alias, parent, made, { key: image.key });
}

function registryImage(
	name: string,
	{ registry }: ImageSite,
	image: string,
	parent: pulumi.Resource,
	made: pulumi.Resource,
	triggers: Record<string, string>,
): docker.RegistryImage | undefined {
	if (registry === undefined) return undefined;
	return new docker.RegistryImage(
		name,
		// A published image outlives the stack that pushed it.
		{ name: image, keepRemotely: true, triggers },
		{ parent, provider: registry.provider, dependsOn: [made, ...registry.dependsOn] },
	);
}
