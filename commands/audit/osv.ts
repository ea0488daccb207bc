import { debianOrder, pythonOrder, type VersionOrder } from "./versions.ts";

/*
 * What is read of OSV's schema (https://ossf.github.io/osv-schema/), and how a record is matched with a
 * package, as the schema's "Evaluation" says.
 */

/** A package as OSV names it: of an ecosystem, or a repository by its address, and then a tag is its version. */
export interface OsvPackage {
	readonly ecosystem: "PyPI" | "Bitnami" | "GIT" | `Debian:${string}`;
	readonly name: string;
	readonly version: string;
}

/** A vulnerability. */
export interface OsvRecord {
	readonly id: string;
	/** Ids of the same vulnerability in other databases. */
	readonly aliases?: readonly string[];
	/** Ids of what it is a distributor's view of. */
	readonly upstream?: readonly string[];
	readonly related?: readonly string[];
	readonly withdrawn?: string;
	readonly summary?: string;
	readonly severity?: readonly OsvSeverity[];
	readonly affected?: readonly Affected[];
	readonly references?: readonly { readonly type: string; readonly url: string }[];
	readonly database_specific?: { readonly severity?: string };
}

/** A vector of the Common Vulnerability Scoring System, or a word where `type` is a distributor's. */
export interface OsvSeverity {
	readonly type: string;
	readonly score: string;
}

/** A package that is affected, and in which versions. */
export interface Affected {
	readonly package?: { readonly ecosystem: string; readonly name: string };
	readonly severity?: readonly OsvSeverity[];
	readonly ranges?: readonly Range[];
	readonly versions?: readonly string[];
	readonly ecosystem_specific?: { readonly urgency?: string; readonly severity?: string };
}

interface Range {
	readonly type: "ECOSYSTEM" | "SEMVER" | "GIT";
	readonly repo?: string;
	readonly events: readonly Event[];
}

/** One of its keys alone is there. */
type Event = { readonly [kind in EventKind]?: string };
type EventKind = "introduced" | "fixed" | "last_affected" | "limit";

/** What a record says of a package. */
export function entriesOf(record: OsvRecord, { ecosystem, name }: OsvPackage): Affected[] {
	return (record.affected ?? []).filter((affected) =>
		ecosystem === "GIT"
			? (affected.ranges ?? []).some(({ repo }) => repositoryKey(repo) === repositoryKey(name))
			: affected.package?.ecosystem === ecosystem && affected.package.name === name,
	);
}

function repositoryKey(address = ""): string {
	return address.toLowerCase().replace(/^[a-z]+:\/\/|(\.git)?\/*$/g, "");
}

/** Whether a record is of a package in its version. One that was withdrawn is of none. */
export function isAffected(record: OsvRecord, of: OsvPackage): boolean {
	if (record.withdrawn !== undefined) return false;
	return entriesOf(record, of).some(
		(entry) =>
			(entry.versions ?? []).includes(of.version) ||
			versionRanges(entry).some((range) => isInRange(range, of)),
	);
}

/**
 * The first version after a package's own that a record calls fixed; undefined where it names none, as
 * it never does of a repository, whose ranges have commits.
 */
export function fixedIn(record: OsvRecord, of: OsvPackage): string | undefined {
	const { isVersion, compare } = orderOf(of);
	return entriesOf(record, of)
		.flatMap(versionRanges)
		.flatMap(({ events }) => events.flatMap(({ fixed }) => fixed ?? []))
		.filter((fixed) => isVersion(fixed) && isVersion(of.version) && compare(fixed, of.version) > 0)
		.sort(compare)[0];
}

/** Commits of a repository that fix a vulnerability. */
export function fixingCommits(record: OsvRecord, of: OsvPackage): string[] {
	const ranges = entriesOf(record, of).flatMap(({ ranges = [] }) => ranges);
	return ranges.flatMap(({ type, events }) =>
		type === "GIT" ? events.flatMap(({ fixed }) => fixed ?? []) : [],
	);
}

function versionRanges({ ranges = [] }: Affected): Range[] {
	return ranges.filter(({ type }) => type !== "GIT");
}

function isInRange({ events }: Range, of: OsvPackage): boolean {
	const order = orderOf(of);
	if (!order.isVersion(of.version)) return false;
	const compare = (a: string, b: string) => compareEvents(a, b, order);
	const last = events
		.flatMap((event) => Object.entries(event) as [EventKind, string][])
		.filter(([, version]) => version === "0" || order.isVersion(version))
		// What is at one version is in the order in which it happens.
		.sort(([kind, a], [other, b]) => compare(a, b) || KINDS.indexOf(kind) - KINDS.indexOf(other))
		.findLast(([, version]) => compare(version, of.version) <= 0);
	if (last === undefined) return false;
	const [kind, version] = last;
	return kind === "introduced" || (kind === "last_affected" && compare(version, of.version) === 0);
}

const KINDS: readonly EventKind[] = ["introduced", "last_affected", "fixed", "limit"];

/** `0` is before every version. */
function compareEvents(a: string, b: string, { compare }: VersionOrder): number {
	if (a === "0" || b === "0") return Number(b === "0") - Number(a === "0");
	return compare(a, b);
}

/** The order of an ecosystem's versions: Bitnami's of Python are CPython's own. */
export function orderOf(of: Pick<OsvPackage, "ecosystem"> | undefined): VersionOrder {
	return of?.ecosystem.startsWith("Debian:") === true ? debianOrder : pythonOrder;
}

/** What packages are affected by, by their {@link packageKey}s. */
export type Matches = ReadonlyMap<string, readonly OsvRecord[]>;

/** A package as a key. */
export function packageKey({ ecosystem, name, version }: OsvPackage): string {
	return `${ecosystem}/${name}@${version}`;
}
