/**
 * What works with what: CPython versions and Debian releases, and why.
 *
 * Two kinds of knowledge: rules from the needs in cpython.ts and the versions in debian.ts decide
 * what is impossible; the tables below record what was shipped (the history of
 * docker-library/python's Dockerfiles) or allowed (PEP 644).
 */

import {
	type CPythonSeries,
	compareVersions,
	cpythonSeries,
	hasZstd,
	newestRelease,
	parseVersion,
	seriesOf,
} from "./cpython.ts";
import { type Codename, codenames, type DebianRelease, debianReleases } from "./debian.ts";

/** The judgement on one CPython version on one Debian release. */
export interface Compatibility {
	/**
	 * - `supported`: docker-library/python shipped a final release of the pair, or PEP 644 states it
	 * - `unproven`: nobody did, or with pre-releases only; it may well work
	 * - `impossible`: a stated minimum is not met, so that ssl would be missing
	 */
	status: "supported" | "unproven" | "impossible";
	/** One line for a user; for a pair that is not supported it ends with the newest that is. */
	reason: string;
	/** Supported pairs in both directions, nearest first: versions by series, releases by number. */
	nearest: {
		/** Full versions that work on this Debian release, the newest of each series. */
		pythons: readonly string[];
		/** Debian releases on which this Python works. */
		releases: readonly Codename[];
	};
}

/** docker-library/python shipped a final release of these pairs (its Dockerfiles). */
const shipped: Readonly<Record<string, readonly Codename[]>> = {
	"3.4": ["jessie"],
	"3.5": ["jessie", "stretch", "buster"],
	"3.6": ["jessie", "stretch", "buster", "bullseye"],
	"3.7": ["stretch", "buster", "bullseye", "bookworm"],
	"3.8": ["buster", "bullseye", "bookworm"],
	"3.9": ["buster", "bullseye", "bookworm", "trixie"],
	"3.10": ["buster", "bullseye", "bookworm", "trixie"],
	"3.11": ["buster", "bullseye", "bookworm", "trixie"],
	"3.12": ["bullseye", "bookworm", "trixie"],
	"3.13": ["bullseye", "bookworm", "trixie"],
	"3.14": ["bookworm", "trixie"],
};

/** It shipped only pre-releases of these; for 3.8 on stretch see below. */
const shippedAsPreRelease: Readonly<Record<string, readonly Codename[]>> = {
	"3.12": ["buster"],
	"3.14": ["bullseye"],
	"3.15": ["bookworm", "trixie"],
};

/** PEP 644: 3.6 to 3.9 work with OpenSSL 1.0.2, 1.1.0 and 1.1.1. stretch has 1.1.0. */
const allowedByPep644: Readonly<Record<string, readonly Codename[]>> = {
	"3.8": ["stretch"],
	"3.9": ["stretch"],
};

/**
 * Judges a full version of a series in the catalog (the version itself need not be there) on a
 * Debian release. Throws an Error for a version whose series is not in the catalog.
 */
export function compatibility(version: string, codename: Codename): Compatibility {
	const { status, reason } = judge(version, codename);
	const pythons = supportedPythons(version, codename);
	const releases = supportedReleases(version, codename);
	if (status === "supported") return { status, reason, nearest: { pythons, releases } };
	const newest = [...pythons].sort(compareVersions).at(-1);
	return {
		status,
		reason: `${reason}; newest Python for ${codename}: ${newest}`,
		nearest: { pythons, releases },
	};
}

type Judgement = Pick<Compatibility, "status" | "reason">;

function judge(version: string, codename: Codename): Judgement {
	const series = seriesOf(version);
	if (series === undefined) throw new Error(`CPython ${version} is of no series in the catalog`);
	const debian = debianReleases[codename];
	return withZstdNote(
		exception(series, codename) ?? lack(version, series, debian) ?? proof(series, codename),
		series,
		debian,
	);
}

/** The one pair that a rule judges too hard (docker-library/python a70575c0: with libssl1.0-dev). */
function exception(series: CPythonSeries, codename: Codename): Judgement | undefined {
	if (series.series !== "3.4" || codename !== "stretch") return undefined;
	return {
		status: "unproven",
		reason:
			"CPython 3.4 needs OpenSSL older than 1.1.0; stretch has it only as libssl1.0-dev, " +
			"and this program builds with libssl-dev, which is 1.1.0",
	};
}

/** What makes the pair impossible, if something does. */
function lack(
	version: string,
	series: CPythonSeries,
	{ codename, versions }: DebianRelease,
): Judgement | undefined {
	const { needs, opensslBelow } = series;
	const impossible = (python: string, need: string, has: string): Judgement => ({
		status: "impossible",
		reason: `CPython ${python} needs ${need}; ${codename} has ${has}`,
	});
	if (needs.openssl !== undefined && compareVersions(versions.openssl, needs.openssl) < 0)
		return impossible(series.series, `OpenSSL ${needs.openssl}`, versions.openssl);
	if (needs.sqlite !== undefined && compareVersions(versions.sqlite, needs.sqlite) < 0)
		return impossible(series.series, `SQLite ${needs.sqlite}`, versions.sqlite);
	if (opensslBelow === undefined) return undefined;
	const { openssl, before } = opensslBelow;
	if (before !== undefined && compareVersions(version, before) >= 0) return undefined;
	if (compareVersions(versions.openssl, openssl) < 0) return undefined;
	return impossible(version, `OpenSSL older than ${openssl}`, versions.openssl);
}

/** Who is known to have shipped or allowed the pair. */
function proof({ series }: CPythonSeries, codename: Codename): Judgement {
	const pair = `CPython ${series} on ${codename}`;
	if (shipped[series]?.includes(codename))
		return { status: "supported", reason: `docker-library/python shipped ${pair}` };
	if (allowedByPep644[series]?.includes(codename)) {
		const { openssl } = debianReleases[codename].versions;
		const reason = `PEP 644 states that CPython ${series} works with OpenSSL ${openssl}, which ${codename} has`;
		return { status: "supported", reason };
	}
	if (shippedAsPreRelease[series]?.includes(codename)) {
		const reason = `docker-library/python shipped only pre-releases of ${pair}`;
		return { status: "unproven", reason };
	}
	return { status: "unproven", reason: `nobody is known to have shipped ${pair}` };
}

/** Says that compression.zstd will be missing, which breaks nothing else. */
function withZstdNote(
	{ status, reason }: Judgement,
	series: CPythonSeries,
	debian: DebianRelease,
): Judgement {
	const need = series.needs.zstd;
	if (status === "impossible" || need === undefined || hasZstd(series, debian))
		return { status, reason };
	const has = debian.versions.zstd ?? "none";
	return {
		status,
		reason: `${reason}; without compression.zstd, which needs zstd ${need} (${debian.codename} has ${has})`,
	};
}

function supportedPythons(version: string, codename: Codename): readonly string[] {
	const distance = (other: string) => Math.abs(minor(other) - minor(version));
	return cpythonSeries
		.map((series) => newestRelease(series).version)
		.filter((other) => judge(other, codename).status === "supported")
		.sort((a, b) => distance(a) - distance(b) || compareVersions(b, a));
}

function minor(version: string): number {
	return parseVersion(version)?.minor ?? 0;
}

function supportedReleases(version: string, codename: Codename): readonly Codename[] {
	const distance = (other: Codename) =>
		Math.abs(debianReleases[other].number - debianReleases[codename].number);
	return codenames
		.filter((other) => judge(version, other).status === "supported")
		.sort(
			(a, b) => distance(a) - distance(b) || debianReleases[b].number - debianReleases[a].number,
		);
}
