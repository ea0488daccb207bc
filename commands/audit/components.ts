import { PackageURL } from "packageurl-js";
import { normalizeName } from "../../stacks/lock/names.ts";
import type { OsvPackage } from "./osv.ts";

/** What of an image may be vulnerable, as its SBOM has it. */
export interface Component {
	/**
	 * - `debian`: a source package of Debian, in one or more packages
	 * - `cpython`: CPython itself
	 * - `locked`: a distribution of an app's lock, compiled here or not
	 * - `pip`: the one of the virtual environment
	 * - `bundled`: inside of another, its `carrier`
	 */
	readonly kind: "debian" | "cpython" | "locked" | "pip" | "bundled";
	readonly name: string;
	readonly version: string;
	/** As OSV names it: of CPython, which has no ecosystem, in two databases. */
	readonly packages: readonly OsvPackage[];
	/** The component that it came with: its kind, name and version. */
	readonly carrier?: Pick<Component, "kind" | "name" | "version">;
	/** Where it stands in the SBOM: BOM-Links (CycloneDX). */
	readonly refs: readonly string[];
	/** Ids of the vulnerabilities that patches of its own resolve (`pedigree`). */
	readonly resolved: readonly string[];
}

/** An SBOM in CycloneDX: what is read of it. */
export interface Bom {
	readonly serialNumber: string;
	readonly version: number;
	readonly components?: readonly BomComponent[];
}

interface BomComponent {
	readonly "bom-ref"?: string;
	readonly name: string;
	readonly version?: string;
	readonly purl?: string;
	readonly properties?: readonly { readonly name: string; readonly value?: string }[];
	readonly components?: readonly BomComponent[];
	readonly pedigree?: {
		readonly patches?: readonly { readonly resolves?: readonly { readonly id?: string }[] }[];
	};
}

/**
 * Whose vulnerabilities are not those of what is installed: headers of the kernel, of which no code runs
 * in an image. Scanners leave it out too.
 */
const HEADERS_ALONE: readonly string[] = ["linux-libc-dev"];

/** CPython's repository: by its tags the advisories of the PSF go. */
const CPYTHON = "https://github.com/python/cpython";

/**
 * What of an SBOM OSV can be asked about. What is inside of another component counts if it is of the
 * package index or Debian's: other ecosystems' have no way out here but another release of what has them.
 */
export function componentsOf(bom: Bom): Component[] {
	const all = (bom.components ?? []).flatMap((each) => {
		const [own] = componentOf(each, bom);
		const carrier = own ?? {
			kind: "bundled" as const,
			name: each.name,
			version: each.version ?? "",
		};
		return [...(own === undefined ? [] : [own]), ...insideOf(each, bom, carrier)];
	});
	const groups = Map.groupBy(all, componentKey);
	return [...groups.values()].map(([first, ...others]) => ({
		...(first as Component),
		refs: [first, ...others].flatMap((each) => each?.refs ?? []),
	}));
}

/** The same for what is the same in another place, or another image. */
export function componentKey({ kind, name, version, carrier, resolved }: Component): string {
	return JSON.stringify([kind, name, version, carrier?.name, carrier?.version, resolved]);
}

function insideOf(
	{ components = [] }: BomComponent,
	bom: Bom,
	{ kind, name, version }: NonNullable<Component["carrier"]>,
): Component[] {
	const carrier = { kind, name, version };
	return components.flatMap((each) => [
		...componentOf(each, bom).map((own) => ({ ...own, kind: "bundled" as const, carrier })),
		...insideOf(each, bom, carrier),
	]);
}

/** One, or none. */
function componentOf(component: BomComponent, bom: Bom): Component[] {
	const { purl = "", pedigree, "bom-ref": ref = "" } = component;
	const named = nameOf(component, purl);
	if (named === undefined) return [];
	const resolved = (pedigree?.patches ?? []).flatMap(({ resolves = [] }) =>
		resolves.flatMap(({ id }) => id ?? []),
	);
	const id = bom.serialNumber.replace("urn:uuid:", "");
	const refs = [`urn:cdx:${id}/${bom.version}#${encodeURIComponent(ref)}`];
	return [{ ...named, refs, resolved: [...new Set(resolved)].sort() }];
}

type Named = Pick<Component, "kind" | "name" | "version" | "packages">;

function nameOf(component: BomComponent, purl: string): Named | undefined {
	try {
		return namedBy(component, PackageURL.fromString(purl));
	} catch {
		// Somebody's wheel has it so: no image fails for what is written in one.
		return undefined;
	}
}

function namedBy(
	component: BomComponent,
	{ type, namespace, name, version, qualifiers }: PackageURL,
): Named | undefined {
	if (type === "pypi") {
		// The lock's have this property (components/sbom/bom.ts).
		const isLocked = (component.properties ?? []).some(
			(each) => each.name === "debian-python:wheel",
		);
		const distribution = { name: normalizeName(name), version: version ?? "" };
		const packages = [{ ecosystem: "PyPI" as const, ...distribution }];
		return { kind: isLocked ? "locked" : "pip", ...distribution, packages };
	}
	if (type === "generic" && name === "cpython") {
		const own = version ?? "";
		const packages: OsvPackage[] = [
			{ ecosystem: "GIT", name: CPYTHON, version: `v${own}` },
			// It has the releases with the fix, where the other has commits.
			{ ecosystem: "Bitnami", name: "python", version: own },
		];
		return { kind: "cpython", name: "CPython", version: own, packages };
	}
	if (type !== "deb" || namespace !== "debian" || HEADERS_ALONE.includes(name)) return undefined;
	return debianName(name, version ?? "", (qualifiers ?? {}) as Record<string, string>);
}

/** OSV has Debian's by source package (osv-schema, "affected[].package field"): see `debPurl`. */
function debianName(name: string, version: string, { upstream = name, distro = "" }) {
	const [source = name, sourceVersion = version] = upstream.split("@");
	const [, number] = /^debian-(\d+)/.exec(distro) ?? [];
	if (number === undefined || version === "") return undefined;
	const of = { name: source, version: sourceVersion };
	return {
		kind: "debian" as const,
		...of,
		packages: [{ ecosystem: `Debian:${number}` as const, ...of }],
	};
}
