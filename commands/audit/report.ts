import { section, table } from "../../local/text.ts";
import { compareVersions, newestRelease, seriesOf } from "../../stacks/cpython.ts";
import type { Finding, Way } from "./findings.ts";
import { type Severity, severities } from "./severity.ts";

/** What an audit found, and where. */
export interface Audit {
	readonly stack: string;
	/** ISO day. */
	readonly date: string;
	/** Who was asked: an address, or a folder of dumps. */
	readonly source: string;
	/** Artefacts that were looked at. */
	readonly images: readonly string[];
	/** Folders of the stack's apps, by the names of their artefacts. */
	readonly folders: Readonly<Record<string, string>>;
	/** How many components they have together. */
	readonly components: number;
	readonly findings: readonly Finding[];
	/** What there is to say beside. */
	readonly notes: readonly string[];
}

/** An audit as text for a terminal: what counts by the way out, then what does not count. */
export function auditText(audit: Audit): string {
	const { stack, date, source, images, components, findings, notes } = audit;
	const of = (state: Finding["state"]) => findings.filter((each) => each.state === state);
	const open = of("open");
	const unimportant = of("unimportant").length;
	const parts = [
		...section(`${stack}, ${date}, by ${source}`, [
			["images", images.join(", ")],
			["components", String(components)],
			["vulnerable", countLine(findings)],
		]),
		...WAYS.flatMap((way) => wayLines(way, open, audit)),
		...titled("resolved by patches of its own (resolved_with_pedigree)", rows(of("resolved"))),
		...titled("accepted", rows(of("accepted"))),
		...titled("beside", [
			...(unimportant === 0 ? [] : [`${unimportant} that Debian calls unimportant: see --json`]),
			...notes,
		]),
	];
	return parts.join("\n");
}

/** Such as `1 critical, 3 high`: of those that count. */
export function countLine(findings: readonly Finding[]): string {
	const open = findings.filter(({ state }) => state === "open");
	const counts = severities.toReversed().flatMap((severity) => {
		const count = open.filter((each) => each.severity === severity).length;
		return count === 0 ? [] : [`${count} ${severity}`];
	});
	return counts.join(", ") || "none known";
}

/** Whether any that counts is at least so severe; `any` takes what nobody judged too. */
export function fails(findings: readonly Finding[], level: Severity | "any"): boolean {
	const least = level === "any" ? 0 : severities.indexOf(level);
	return findings.some(
		({ state, severity }) => state === "open" && severities.indexOf(severity) >= least,
	);
}

const WAYS: readonly Way[] = ["base", "python", "lock", "pip", "patch", "none"];

function wayLines(way: Way, open: readonly Finding[], audit: Audit): string[] {
	const found = open.filter((each) => each.way === way);
	if (way === "none") return titled("nothing to do yet: no fix is known", summed(found));
	if (way !== "lock") return titled(titles(audit.stack, found)[way], rows(found));
	// One lock at a time.
	return audit.images.flatMap((image) => {
		const folder = audit.folders[image] ?? image;
		const ofApp = found.filter(({ images }) => images.includes(image));
		return titled(
			`raise the lock: npm run lock -- ${folder} -s ${audit.stack} --upgrade`,
			rows(ofApp),
		);
	});
}

function titles(stack: string, found: readonly Finding[]) {
	const unknown = found.flatMap(({ fixed, component }) =>
		component.kind === "cpython" && fixed !== undefined && isUnknown(fixed) ? [fixed] : [],
	);
	const adds = [...new Set(unknown)].map((version) => `npm run catalog:add -- ${version}, then `);
	return {
		base: `rotate the base: npm run refresh -- -s ${stack}`,
		python: `raise pythonVersion: ${adds.join("")}npm run refresh -- -s ${stack}`,
		pip: `raise pip in stacks/cpython.ts: npm run refresh -- -s ${stack} --check tells the newest`,
		patch:
			"own patch, by the key patches: CPython has the fix, and no release of the series has it",
	};
}

/** Whether the catalog has neither a release of CPython nor a later one of its series. */
function isUnknown(version: string): boolean {
	const series = seriesOf(version);
	return series === undefined || compareVersions(newestRelease(series).version, version) < 0;
}

function titled(title: string, lines: readonly string[]): string[] {
	return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}

function rows(findings: readonly Finding[]): string[] {
	return table(
		[{}, {}, {}, {}, {}],
		findings.map(({ severity, score, id, component, images, reason, ...rest }) => [
			score === undefined ? severity : `${severity} ${score.toFixed(1)}`,
			id,
			componentText(component),
			reason ?? fixText(rest),
			images.join(", "),
		]),
	);
}

function fixText({ fixed, commits, way }: Pick<Finding, "fixed" | "commits" | "way">): string {
	if (fixed !== undefined) return `-> ${fixed}`;
	// As GitHub itself writes a commit, python/cpython@0123456789ab.
	const short = commits.map((each) =>
		each.replace(/^.*?([^/]+\/[^/]+)\/commit\/(.{12}).*$/, "$1@$2"),
	);
	return way === "patch" ? short.join(" ") : "";
}

function componentText({ name, version, carrier }: Finding["component"]): string {
	const own = `${name} ${version}`;
	return carrier === undefined ? own : `${own} in ${carrier.name} ${carrier.version}`;
}

/** A line for each component: there may be hundreds, of which nobody can do anything. */
function summed(findings: readonly Finding[]): string[] {
	const groups = Map.groupBy(findings, ({ component }) => componentText(component));
	return table(
		[{}, {}],
		[...groups].map(([text, all]) => [text, countLine(all)]),
	);
}

/** An audit as JSON: all findings, and what is known of each. */
export function auditJson({ folders: _, findings, ...audit }: Audit): string {
	const told = findings.map(({ component, ...finding }) => {
		const { kind, name, version, carrier } = component;
		return { ...finding, component: { kind, name, version, ...(carrier && { carrier }) } };
	});
	return JSON.stringify({ ...audit, findings: told }, null, 2);
}
