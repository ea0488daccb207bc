import { PackageURL } from "packageurl-js";

/*
 * Package URLs (https://github.com/package-url/purl-spec, PURL-TYPES), by which scanners know what
 * a component is.
 */

/**
 * A Debian package.
 *
 * @param vendor who made it: `debian`, or this project.
 * @param number of the Debian release, such as 12.
 * @param source its source package, by which Debian's advisories go; only where it says more than
 * the name and the version (`upstream`, as Syft and Grype have it).
 */
export function debPurl(
	vendor: string,
	{ name, version, architecture }: { name: string; version: string; architecture?: string },
	number: string,
	source?: { readonly name: string; readonly version: string },
): string {
	const qualifiers = {
		...(architecture !== undefined && { arch: architecture }),
		distro: `debian-${number}`,
		...upstream(name, version, source),
	};
	return new PackageURL("deb", vendor, name, version, qualifiers, undefined).toString();
}

function upstream(
	name: string,
	version: string,
	source = { name, version },
): Record<string, string> {
	if (source.version !== version) return { upstream: `${source.name}@${source.version}` };
	return source.name === name ? {} : { upstream: source.name };
}

/** A Python package of the package index. */
export function pypiPurl(name: string, version: string): string {
	return new PackageURL("pypi", undefined, name, version, undefined, undefined).toString();
}

/** An image, by its name: as BuildKit's provenance has it. */
export function imagePurl(reference: string, platform: string): string {
	const [path = "", digest] = reference.split("@");
	const [, name = path, tag = digest] = /^(.*?)(?::([^:/]+))?$/.exec(path) ?? [];
	const slash = name.lastIndexOf("/");
	const namespace = slash < 0 ? undefined : name.slice(0, slash);
	return new PackageURL(
		"docker",
		namespace,
		name.slice(slash + 1),
		tag,
		{ platform },
		undefined,
	).toString();
}
