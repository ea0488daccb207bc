import { compareVersions, seriesOf } from "../../stacks/cpython.ts";
import { type Component, componentKey } from "./components.ts";
import {
	entriesOf,
	fixedIn,
	fixingCommits,
	type Matches,
	type OsvPackage,
	type OsvRecord,
	orderOf,
	packageKey,
} from "./osv.ts";
import { type Rating, ratingOf, worst } from "./severity.ts";

/**
 * The way out of a finding:
 * - `base`: a newer base has a newer Debian package
 * - `python`: a newer release of CPython
 * - `lock`: a newer version in an app's lock
 * - `pip`: a newer pip in the catalog
 * - `patch`: a patch of one's own: CPython has the fix, and no release of the series has it
 * - `none`: nothing to do yet
 */
export type Way = "base" | "python" | "lock" | "pip" | "patch" | "none";

/** A vulnerability of a component of a stack's images. */
export interface Finding extends Rating {
	/** That of the CVE where there is one, else of a database. */
	readonly id: string;
	/** Its ids in all databases, with `id`. */
	readonly aliases: readonly string[];
	readonly summary?: string;
	readonly component: Component;
	/** Artefacts that have it, such as python. */
	readonly images: readonly string[];
	readonly way: Way;
	/** The first version without it. */
	readonly fixed?: string;
	/** Where the fix is, as a commit each, of one that a patch could resolve. */
	readonly commits: readonly string[];
	/**
	 * - `open`: it counts
	 * - `unimportant`: Debian calls it so: no security matter in its view
	 * - `resolved`: by a patch of one's own, as the SBOM says
	 * - `accepted`: in the file of those, with the reason
	 */
	readonly state: "open" | "unimportant" | "resolved" | "accepted";
	readonly reason?: string;
}

/** A component, and the images that have it. */
export interface Placed {
	readonly component: Component;
	readonly images: readonly string[];
}

/** The components of images, each once. */
export function placed(images: readonly (readonly [string, readonly Component[]])[]): Placed[] {
	const all = images.flatMap(([image, components]) =>
		components.map((component) => ({ image, component })),
	);
	const groups = Map.groupBy(all, ({ component }) => componentKey(component));
	return [...groups.values()].map((group) => ({
		component: {
			...(group[0] as (typeof all)[number]).component,
			refs: group.flatMap(({ component }) => component.refs),
		},
		images: group.map(({ image }) => image),
	}));
}

/** The vulnerabilities of components, the worst first; one that several databases have is one. */
export function findings(components: readonly Placed[], matches: Matches): Finding[] {
	return components
		.flatMap((each) => {
			const records = each.component.packages.flatMap((of) =>
				(matches.get(packageKey(of)) ?? []).map((record) => ({ record, of })),
			);
			return sameVulnerabilities(records).map((group) => finding(each, group));
		})
		.sort(
			(a, b) =>
				(b.score ?? SCORES[b.severity]) - (a.score ?? SCORES[a.severity]) ||
				a.id.localeCompare(b.id, "en", { numeric: true }) ||
				a.component.name.localeCompare(b.component.name),
		);
}

/** Where one without a score stands among those that have one. */
const SCORES = { unknown: -1, low: 0.1, medium: 4, high: 7, critical: 9 };

/** A record, and the package of a component that it is of. */
interface Match {
	readonly record: OsvRecord;
	readonly of: OsvPackage;
}

/** Of the same vulnerability. */
type Same = readonly [Match, ...Match[]];

/**
 * Records by the vulnerability that they are of. An advisory of several (a DSA) says nothing new where one
 * of them has a record of its own: Debian's tracker has one of each that is in a release.
 */
function sameVulnerabilities(matches: readonly Match[]): Same[] {
	const groups: { names: Set<string>; matches: Same }[] = [];
	const several = matches.filter(({ record }) => covered(record).length > 1);
	for (const match of matches.filter((each) => !several.includes(each))) {
		const names = namesOf(match.record);
		const same = groups.filter((group) => names.some((name) => group.names.has(name)));
		for (const group of same) groups.splice(groups.indexOf(group), 1);
		groups.push({
			names: new Set([...names, ...same.flatMap((group) => [...group.names])]),
			matches: [match, ...same.flatMap((group) => group.matches)],
		});
	}
	const isKnown = (name: string) => groups.some(({ names }) => names.has(name));
	const alone = several.filter(({ record }) => !covered(record).some(isKnown));
	return [...groups.map((group) => group.matches), ...alone.map((match): Same => [match])];
}

function namesOf(record: OsvRecord): string[] {
	const { id, aliases = [] } = record;
	return [...new Set([id, ...aliases, ...covered(record)])];
}

/** What an advisory of Debian is of: DEBIAN-CVE of one, DSA and DLA of several. */
function covered({ id, upstream = [], related = [] }: OsvRecord): string[] {
	const isAdvisory = /^D[SLT]+A-/.test(id);
	return [...new Set([...upstream, ...(isAdvisory ? related : [])])].filter((each) =>
		each.startsWith("CVE-"),
	);
}

function finding({ component, images }: Placed, matches: Same): Finding {
	const aliases = [...new Set(matches.flatMap(({ record }) => namesOf(record)))].sort();
	const fixed = fixOf(component, matches);
	const commits = matches.flatMap(({ record, of }) =>
		fixingCommits(record, of).map((commit) => `${of.name}/commit/${commit}`),
	);
	const summary = matches.flatMap(({ record }) => record.summary ?? [])[0];
	const isResolved = aliases.some((each) => component.resolved.includes(each));
	const isUnimportant = matches.some(({ record, of }) =>
		entriesOf(record, of).some((entry) => entry.ecosystem_specific?.urgency === "unimportant"),
	);
	const open = isUnimportant ? "unimportant" : "open";
	const cves = aliases.filter((each) => each.startsWith("CVE-"));
	const [first] = matches;
	return {
		// An advisory that stands for several has a name of its own.
		id: (covered(first.record).length > 1 ? undefined : cves[0]) ?? first.record.id,
		aliases,
		...(summary !== undefined && { summary }),
		...worst(matches.map(({ record, of }) => ratingOf(record, entriesOf(record, of)))),
		component,
		images,
		way: wayOut(component, fixed, commits),
		...(fixed !== undefined && { fixed }),
		commits: [...new Set(commits)],
		state: isResolved ? "resolved" : open,
	};
}

function fixOf(component: Component, matches: readonly Match[]): string | undefined {
	const fixes = matches.flatMap(({ record, of }) =>
		of.ecosystem === "GIT" ? [] : (fixedIn(record, of) ?? []),
	);
	// Where databases differ, the version that all of them call fixed.
	if (component.kind !== "cpython")
		return fixes.sort(orderOf(component.packages[0]).compare).at(-1);
	const series = seriesOf(component.version);
	const ofSeries = fixes.find((fix) => seriesOf(fix) === series);
	return ofSeries ?? releaseWithout(component.version, matches);
}

/**
 * The first release after a version, of its series and in the catalog, that has none of the tags which OSV
 * says are affected; undefined where no commit fixes it anywhere: then OSV may not know the tag yet.
 */
function releaseWithout(version: string, matches: readonly Match[]): string | undefined {
	const ofTags = matches.filter(({ record, of }) => fixingCommits(record, of).length > 0);
	if (ofTags.length === 0) return undefined;
	const tags = new Set(
		ofTags.flatMap(({ record, of }) =>
			entriesOf(record, of).flatMap((entry) => entry.versions ?? []),
		),
	);
	// Without a list of them nothing is known of any release.
	if (tags.size === 0) return undefined;
	const later = (seriesOf(version)?.releases ?? [])
		.map((release) => release.version)
		.filter((each) => compareVersions(each, version) > 0);
	return later.find((each) => !tags.has(`v${each}`));
}

function wayOut(
	{ kind, carrier }: Component,
	fixed: string | undefined,
	commits: readonly string[],
): Way {
	if (kind === "cpython" && fixed === undefined) return commits.length > 0 ? "patch" : "none";
	if (fixed === undefined) return "none";
	return WAYS[kind === "bundled" ? (carrier?.kind ?? kind) : kind];
}

const WAYS: Readonly<Record<Component["kind"], Way>> = {
	debian: "base",
	cpython: "python",
	locked: "lock",
	pip: "pip",
	// In what is inside of another itself, of which OSV has no name.
	bundled: "none",
};
