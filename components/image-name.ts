/*
 * The names of images, as Docker reads them (distribution reference, `reference.go`): [HOST/]PATH:TAG.
 */

/**
 * What stands in the place of a registry in the name of an image that no registry has, as Podman and
 * Buildah name such images. Without it the name would be one on Docker Hub, which every engine asks
 * for what it lacks, and where the name may belong to somebody else; with it an engine asks its own
 * machine at most, and no proxy (golang.org/x/net/http/httpproxy, "useProxy").
 */
export const NO_REGISTRY = "localhost";

/**
 * The registry that an image's name says, where there is one: the part before the first slash, if it
 * looks like a host (distribution reference, `reference.go`, "domain"). {@link NO_REGISTRY} is none.
 */
export function registryHost(name: string): string | undefined {
	const [first = "", ...rest] = name.split("/");
	return rest.length > 0 && /[.:]/.test(first) ? first : undefined;
}

/** The registry that Docker takes a name for: Docker Hub where it says none. */
export function dockerHost(name: string): string {
	return registryHost(name) ?? "docker.io";
}

/** The name that an image without a registry had before {@link NO_REGISTRY} stood in it. */
export function formerName(name: string): string | undefined {
	return name.startsWith(`${NO_REGISTRY}/`) ? name.slice(NO_REGISTRY.length + 1) : undefined;
}

/** What stands before tag and digest, the host included. */
export function repositoryOf(name: string): string {
	return name.replace(/[:@][^/]*$/, "");
}

/** The content key that a name ends with; undefined in one that moves, such as an alias. */
export function keyIn(name: string): string | undefined {
	return /-([0-9a-f]{12})$/.exec(name)?.[1];
}

/** What stands behind the colon in a name that has a tag. */
export function tagOf(name: string): string {
	return name.slice(name.lastIndexOf(":") + 1);
}
