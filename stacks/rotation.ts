/**
 * What changes under users' feet when a stack moves from one Debian release, or one Python, to
 * another: by the catalogs alone, without building anything.
 */

import { type CPythonSeries, compareVersions, seriesOf } from "./cpython.ts";
import { type DebianRelease, debianReleases, isCodename } from "./debian.ts";
import type { Patch } from "./patches/patch-set.ts";
import { pythonName, type Variant, versionName } from "./variants.ts";

/** What a stack is, or would be: as much of it as is known. */
export interface Side {
	readonly debian: DebianRelease;
	readonly python: {
		readonly version: string;
		readonly series: CPythonSeries;
		readonly variant?: Variant | undefined;
	};
	/** Python's patches, as {@link patchesText} has them. */
	readonly patches?: string;
	/** Version of pip in the image python. */
	readonly pip?: string;
	/** Debian's name of the architecture. */
	readonly architecture?: string;
}

/**
 * The side of a release and a Python by their names, as a stack's outputs have them; undefined where
 * the catalogs do not know one of them.
 */
export function knownSide(
	codename: string | undefined,
	version: string | undefined,
	architecture: string | undefined,
): Side | undefined {
	const series = seriesOf(version ?? "");
	if (codename === undefined || !isCodename(codename)) return undefined;
	if (version === undefined || series === undefined) return undefined;
	const debian = debianReleases[codename];
	return {
		debian,
		python: { version, series },
		...(architecture !== undefined && { architecture }),
	};
}

/** A Python's patches in words. */
export function patchesText(patches: readonly Pick<Patch, "name" | "cves">[] = []): string {
	if (patches.length === 0) return "none";
	const texts = patches.map(({ name, cves }) =>
		cves.length === 0 ? name : `${name} (${cves.join(", ")})`,
	);
	return texts.join(", ");
}

/** Something that has another value afterwards. */
export interface Difference {
	/** What it is, such as `glibc`. */
	readonly what: string;
	readonly before: string;
	readonly after: string;
}

/** Which wheels that were built before must be built again. */
export interface WheelRebuild {
	/**
	 * - `none`: all stay
	 * - `linked`: compiled ones that link a library which is gone
	 * - `compiled`: all compiled ones. Those of pure Python stay always
	 */
	readonly rebuild: "none" | "linked" | "compiled";
	/** Why, and what does not go back: one sentence each. */
	readonly because: readonly string[];
}

/** All that differs between two sides. */
export interface Rotation {
	/** Debian, Python, pip, and the libraries and the compiler of the release. */
	readonly versions: readonly Difference[];
	/** Shared libraries by soname: `gone` are those that compiled wheels may still link. */
	readonly sonames: { readonly gone: readonly string[]; readonly added: readonly string[] };
	readonly wheels: WheelRebuild;
	/** Last days of support that differ. */
	readonly support: readonly Difference[];
}

/** What differs between a stack as it is and as it would be; undefined where nothing does. */
export function rotation(before: Side, after: Side): Rotation | undefined {
	const versions = differences(versionsOf(before), versionsOf(after));
	if (versions.length === 0) return undefined;
	const sonames = {
		gone: missing(before.debian.sonames, after.debian.sonames),
		added: missing(after.debian.sonames, before.debian.sonames),
	};
	return {
		versions,
		sonames,
		wheels: wheelRebuild(before, after, sonames.gone),
		support: differences(supportOf(before), supportOf(after)),
	};
}

type Values = Readonly<Record<string, string | undefined>>;

function versionsOf({ debian, python, patches, pip, architecture }: Side): Values {
	const { versions } = debian;
	return {
		Debian: `${debian.codename} (${debian.number})`,
		architecture,
		Python: versionName(python),
		"Python's patches": patches,
		pip,
		glibc: versions.glibc,
		OpenSSL: versions.openssl,
		libffi: versions.libffi ?? "not known",
		readline: versions.readline,
		SQLite: versions.sqlite,
		zstd: versions.zstd ?? "none, or too old",
		gcc: versions.gcc,
	};
}

function supportOf({ debian, python }: Side): Values {
	return {
		"security team until": debian.securityEnd,
		"LTS until": debian.ltsEnd,
		"ELTS (paid) until": debian.eltsEnd,
		"Python security fixes until": python.series.endOfLife,
	};
}

/** What has two values, and not the same. */
function differences(before: Values, after: Values): Difference[] {
	return Object.keys(after).flatMap((what) => {
		const [from, to] = [before[what], after[what]];
		return from === undefined || to === undefined || from === to
			? []
			: [{ what, before: from, after: to }];
	});
}

function missing(of: readonly string[], from: readonly string[]): string[] {
	return of.filter((name) => !from.includes(name));
}

function wheelRebuild(before: Side, after: Side, gone: readonly string[]): WheelRebuild {
	const all = [
		abiReason(before, after),
		architectureReason(before, after),
		oldReason(before, after),
	];
	const compiled = all.filter((reason) => reason !== undefined);
	if (compiled.length > 0) return { rebuild: "compiled", because: compiled };
	const newer = newerReason(before, after);
	if (gone.length > 0) {
		const linked = `what links a library that is gone (${gone.join(", ")}) no longer loads`;
		return { rebuild: "linked", because: [linked, ...newer] };
	}
	return { rebuild: "none", because: ["the same ABI, and no library is gone", ...newer] };
}

/**
 * Wheels are of one series and variant, but for the stable ABI of the common one, which goes forward only
 * (PEP 425, PEP 384).
 */
function abiReason({ python: from }: Side, { python: to }: Side): string | undefined {
	const [old, now] = [pythonName(from), pythonName(to)];
	// A debug build loads what is compiled for the common one (bpo-36465).
	if (old === now || now === `${old}d`) return undefined;
	const isCommon = from.variant === undefined && to.variant === undefined;
	const ahead = isCommon && compareVersions(to.series.series, from.series.series) > 0;
	const except = ahead ? "; only those of the stable ABI (abi3) stay" : "";
	return `CPython ${now} has another ABI than ${old}${except}`;
}

function architectureReason(before: Side, after: Side): string | undefined {
	const [from, to] = [before.architecture, after.architecture];
	if (from === undefined || to === undefined || from === to) return undefined;
	return `they are compiled for ${from}`;
}

/** glibc's symbol versions: an older one lacks what a newer one added (manylinux, PEP 600). */
function oldReason({ debian: from }: Side, { debian: to }: Side): string | undefined {
	if (compareVersions(to.versions.glibc, from.versions.glibc) >= 0) return undefined;
	return `what was compiled with glibc ${from.versions.glibc} may not load with ${to.versions.glibc}`;
}

/** The same symbol versions, the other way: the old works on the new. */
function newerReason({ debian: from }: Side, { debian: to }: Side): string[] {
	const [old, now] = [from.versions.glibc, to.versions.glibc];
	if (compareVersions(now, old) <= 0) return [];
	return [
		`what was compiled with glibc ${old} works with ${now}; ` +
			`what is compiled with ${now} does not go back to ${from.codename}`,
	];
}
