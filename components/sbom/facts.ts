import type { CPythonRelease } from "../../stacks/cpython.ts";
import type { LockedFile } from "../../stacks/lock/lock.ts";
import type { Patch } from "../../stacks/patches/patch-set.ts";
import type { DebianPackage } from "./debian-packages.ts";

/** A Python package in its built form (a wheel), by the hash of its file. */
export interface Wheel {
	readonly name: string;
	readonly version: string;
	readonly sha256: string;
}

/** Somebody else's work that CPython's source tree, and so its package, contains. */
export interface Bundled {
	readonly name: string;
	readonly version: string;
	/** Of the archive that it was taken from. */
	readonly sha256?: string;
	readonly purl?: string;
	readonly cpe?: string;
	/** Address of that archive. */
	readonly url?: string;
	readonly licences?: readonly Licence[];
}

/** An SPDX expression, or the name that somebody gave a licence. */
export type Licence = { readonly expression: string } | { readonly name: string };

/** A file that a lock names, without what may be secret in its address. */
export type SourceFile = Pick<LockedFile, "name" | "sha256" | "url">;

/** A Python distribution of an app, as it is installed. */
export interface Distribution {
	/** Normalised (PEP 503). */
	readonly name: string;
	readonly version: string;
	/** The wheel that was installed; its address where others made it and the lock says it. */
	readonly wheel: SourceFile;
	/** What it was compiled of here; absent: others made the wheel. */
	readonly sdist?: SourceFile;
	readonly licences: readonly Licence[];
	/** What its wheel brings along, as its own SBOMs have it (PEP 770). */
	readonly bundled: readonly Bundled[];
	/** Names of the Debian packages whose libraries it links, of one that was compiled here. */
	readonly linked: readonly string[];
}

/** An app, and what it was made of. */
export interface AppFacts {
	readonly name: string;
	readonly version?: string;
	/** SHA-256 of its files, with their names (hashFiles). */
	readonly files: string;
	readonly locks: readonly { readonly name: string; readonly sha256: string }[];
	readonly distributions: readonly Distribution[];
	/** Its own wheel, where it is a distribution itself. */
	readonly wheel?: SourceFile;
	readonly licences: readonly Licence[];
	/** Names of the Debian packages whose libraries its own wheel links. */
	readonly linked: readonly string[];
	/** Its distributions that are folders. */
	readonly locals: readonly LocalFacts[];
}

/** A distribution of an app that is a folder. */
export interface LocalFacts
	extends Pick<AppFacts, "name" | "version" | "files" | "licences" | "linked"> {
	readonly wheel: SourceFile;
}

/** CPython, as it was compiled. */
export interface CPythonSource {
	/** Full version, such as 3.13.5. */
	readonly version: string;
	/** Of the tarball. */
	readonly format: CPythonRelease["format"];
	/** Of the tarball. */
	readonly sha256: string;
	/** What was applied to it, in that order; absent: nothing. */
	readonly patches?: readonly AppliedPatch[];
}

/** A patch of CPython's source. */
export interface AppliedPatch extends Patch {
	/** Of one that names no place that it came from. */
	readonly diff?: string;
}

/** A .deb that this project made. */
export interface Deb {
	readonly file: string;
	readonly sha256: string;
	readonly name: string;
	readonly version: string;
	readonly architecture: string;
	/** Its Depends: what it needs where it is installed, and does not contain. Only of the first. */
	readonly depends?: string;
}

/** All that an artefact's SBOM and provenance are made from. */
export interface Facts {
	/** The image's name. */
	readonly image: string;
	/** The image's ID in the daemon, `sha256:...`. */
	readonly id: string;
	readonly labels: Readonly<Record<string, string>>;
	/** Such as `linux/amd64`. */
	readonly platform: string;
	/** The Debian release that it is, or is for. */
	readonly debian: { readonly codename: string; readonly number: string };
	readonly cpython: CPythonSource;
	readonly bundled: readonly Bundled[];
	/** Name of the Debian package of CPython, such as cpython3.13. */
	readonly packageName: string;
	/** What is installed; empty in the package, which is an image from scratch. */
	readonly packages: readonly DebianPackage[];
	/** What the package's image holds; empty in the others. */
	readonly debs: readonly Deb[];
	/** The pip of the virtual environment. */
	readonly pip?: Wheel;
	/** Names of the images that it was made with. */
	readonly madeFrom: readonly string[];
	/** The Debian packages that compiled it, with their versions, where it was compiled. */
	readonly compiledWith: readonly { readonly name: string; readonly version: string }[];
	/** Of an app's image. */
	readonly app?: AppFacts;
}

/** The packages of CPython's own SBOM (Misc/sbom.spdx.json of its source, SPDX 2.3). */
export function bundledIn(spdx: string): Bundled[] {
	const { packages = [] } = JSON.parse(spdx) as { packages?: SpdxPackage[] };
	return packages.map(({ name, versionInfo = "", checksums = [], ...rest }) => {
		const sha256 = checksums.find(({ algorithm }) => algorithm === "SHA256")?.checksumValue;
		const reference = (type: string) =>
			rest.externalRefs?.find(({ referenceType }) => referenceType === type)?.referenceLocator;
		const [purl, cpe] = [reference("purl"), reference("cpe23Type")];
		const url = rest.downloadLocation;
		return {
			name,
			version: versionInfo,
			...(sha256 !== undefined && { sha256 }),
			...(purl !== undefined && { purl }),
			...(cpe !== undefined && { cpe }),
			...(url !== undefined && /^https?:/.test(url) && { url }),
		};
	});
}

/** What is read of a package in an SPDX document. */
interface SpdxPackage {
	readonly name: string;
	readonly versionInfo?: string;
	readonly downloadLocation?: string;
	readonly checksums?: readonly { algorithm: string; checksumValue: string }[];
	readonly externalRefs?: readonly { referenceType: string; referenceLocator: string }[];
}

/** A wheel by its file's name (PyPA specification "Binary distribution format"). */
export function wheelOf(file: string, sha256: string): Wheel {
	const [name = "", version = ""] = (file.split("/").at(-1) ?? "").split("-");
	return { name, version, sha256 };
}
