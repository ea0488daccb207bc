import { errorLine, isExpected } from "../../components/step/failure.ts";
import { ownValues } from "../../infra/settings.ts";
import { readStackConfig, readStackFile } from "../../local/stack-config.ts";
import { shortReference } from "../../local/text.ts";
import { compareVersions, newestRelease } from "../../stacks/cpython.ts";
import type { DebianRelease } from "../../stacks/debian.ts";
import { type ImageReference, parseImageReference } from "../../stacks/image-reference.ts";
import { isEntryOf } from "../../stacks/pythons.ts";
import { readSettings, type Settings, type StackPython } from "../../stacks/settings.ts";
import type { PipRelease } from "./pip.ts";
import { editStackFile, placeParts } from "./stack-file.ts";

/** Who knows what is newest. */
export interface Sources {
	/** The digest that a tag has now. */
	digest(reference: ImageReference): Promise<string>;
	/** The newest moment of snapshot.debian.org. */
	snapshot(release: DebianRelease): Promise<string>;
	/** The newest pip that runs on a CPython series. */
	pip(series: string): Promise<PipRelease | undefined>;
}

/**
 * New values of config keys, of an entry of a list under `pythons[1].version`; undefined takes a key out
 * of the file.
 */
export type Values = Readonly<Record<string, string | undefined>>;

/** What is known of one thing that may have become old. */
export interface Finding {
	/** Such as `base`. */
	readonly what: string;
	/**
	 * - `current`: there is nothing newer
	 * - `newer`: there is, and `edits` takes it into the stack file
	 * - `report`: there is, or may be, and it is not for this command to edit
	 * - `unknown`: who knows does not answer
	 */
	readonly state: "current" | "newer" | "report" | "unknown";
	readonly text: string;
	readonly edits?: Values;
}

/**
 * Find what is newer than a stack's base, Python and pip.
 *
 * @throws StepError where there is no such stack, ConfigError where its file is refused.
 */
export async function findNewer(
	stack: string,
	sources: Sources,
	today = new Date(),
): Promise<Finding[]> {
	const settings = accept(stack, {}, today);
	const given = fileValues(stack);
	return Promise.all([
		orUnknown("base", () => findBase(given, settings, sources)),
		...settings.pythons.flatMap((python) => [
			...placesOf(given, python).map((place) =>
				orUnknown(place("version"), async () => findPython(given, place, python)),
			),
			orUnknown("pip", () => findPip(python, sources)),
		]),
	]);
}

/**
 * Take what is newer into a stack file.
 *
 * @throws ConfigError, before the file is touched, where the program would refuse the new values.
 */
export async function takeNewer(
	stack: string,
	findings: readonly Finding[],
	today = new Date(),
): Promise<void> {
	const edits = Object.assign({}, ...findings.map((finding) => finding.edits ?? {})) as Values;
	if (Object.keys(edits).length === 0) return;
	accept(stack, edits, today);
	await editStackFile(stack, edits);
}

/** The settings of a stack with other values in place of its file's. */
function accept(stack: string, edits: Values, today: Date): Settings {
	const { project, config } = readStackConfig(stack, []);
	const values = Object.entries(edits).reduce(withEdit, ownValues(project, config));
	return readSettings(values, { project, stack, today });
}

/** Values with one that stands at a place. */
function withEdit(
	values: Readonly<Record<string, string | undefined>>,
	[place, value]: readonly [string, string | undefined],
): Record<string, string | undefined> {
	const { list, index, key } = placeParts(place);
	if (list === undefined) return { ...values, [place]: value };
	const entries = JSON.parse(values[list] ?? "[]") as Record<string, unknown>[];
	entries[index] = { ...entries[index], [key]: value };
	return { ...values, [list]: JSON.stringify(entries) };
}

/** What the file itself has: without the defaults of Pulumi.yaml, of which there is nothing to edit. */
function fileValues(stack: string): Values {
	const { project } = readStackConfig(stack, []);
	const values = Object.entries(readStackFile(stack)).flatMap(([key, value]) => {
		const name = key.startsWith(`${project}:`) ? key.slice(project.length + 1) : key;
		if (!Array.isArray(value)) return [[name, String(value ?? "")]];
		return value.flatMap((entry: object, index) =>
			Object.entries(entry).map(([inner, each]) => [`${name}[${index}].${inner}`, String(each)]),
		);
	});
	return Object.fromEntries(values) as Values;
}

/** Where the keys of a Python stand: in its entries of the list, or by their names in the short form. */
function placesOf(given: Values, python: StackPython): ((key: string) => string)[] {
	const short: Readonly<Record<string, string>> = { version: "pythonVersion" };
	const entries = Object.keys(given).filter((key) => /^pythons\[\d+\]\.version$/.test(key));
	if (entries.length === 0) return [(key) => short[key] ?? key];
	return entries.flatMap((entry) => {
		const place = (key: string) => entry.replace(/version$/, key);
		const [version = "", variant = ""] = [given[entry], given[place("variant")]];
		return isEntryOf({ version, variant }, python) ? [place] : [];
	});
}

async function orUnknown(
	what: string,
	find: () => Promise<Omit<Finding, "what">>,
): Promise<Finding> {
	try {
		return { what, ...(await find()) };
	} catch (error) {
		if (!(error instanceof Error && isExpected(error))) throw error;
		return { what, state: "unknown", text: `cannot tell: ${errorLine(error)}` };
	}
}

async function findBase(
	given: Values,
	{ base, debian }: Settings,
	sources: Sources,
): Promise<Omit<Finding, "what">> {
	if (base.kind === "archive") return findSnapshot(base.snapshot, debian, sources);
	const reference = parseImageReference(base.reference) as ImageReference;
	const shown = shortReference(base.reference);
	if (reference.tag === undefined)
		return { state: "report", text: `${shown} has no tag that would lead to a newer image` };
	const digest = await sources.digest(reference);
	if (digest === reference.digest) return { state: "current", text: `${shown} is the newest` };
	const newer = `${base.reference.split("@")[0]}@${digest}`;
	if (reference.digest === undefined)
		return { state: "report", text: `${shown} is not pinned: write ${newer}` };
	const text = `${shown} -> ${shortReference(newer)}`;
	// Without a base of its own the stack has the catalog's, which is everybody's.
	if (!given.base) return { state: "report", text: `${text}: edit stacks/debian.ts` };
	return { state: "newer", text, edits: { base: newer } };
}

async function findSnapshot(
	snapshot: string | undefined,
	debian: DebianRelease,
	sources: Sources,
): Promise<Omit<Finding, "what">> {
	if (snapshot === undefined)
		return { state: "current", text: "archive, as it is when the base is built" };
	const newest = await sources.snapshot(debian);
	if (newest <= snapshot) return { state: "current", text: `snapshot ${snapshot} is the newest` };
	return {
		state: "newer",
		text: `snapshot ${snapshot} -> ${newest}`,
		edits: { snapshot: newest },
	};
}

/** Only a build tells what the new source has of them. */
const PATCHED = "; take those of its patches that are in there out of the series";

/** Only to a version of the catalog, whose hash is checked, and of the same series, for the wheels. */
function findPython(
	given: Values,
	place: (key: string) => string,
	python: StackPython,
): Omit<Finding, "what"> {
	const newest = newestRelease(python.series).version;
	if (compareVersions(newest, python.version) <= 0)
		return { state: "current", text: `${python.version} is the newest of the catalog` };
	return {
		state: "newer",
		text: `${python.version} -> ${newest}${python.patches === undefined ? "" : PATCHED}`,
		edits: {
			[place("version")]: newest,
			// Debian's own way: a new upstream version starts at 1 again (Debian Policy 5.6.12).
			...(place("packageRelease") in given && { [place("packageRelease")]: "1" }),
			// The former version's hash.
			...(place("sourceSha256") in given && { [place("sourceSha256")]: undefined }),
		},
	};
}

/** pip's pins are the catalog's, for all stacks of a series: what is newer is for a person to take. */
async function findPip(python: StackPython, sources: Sources): Promise<Omit<Finding, "what">> {
	const { series, pip } = python.series;
	const newest = await sources.pip(series);
	if (newest === undefined || compareVersions(newest.version, pip.version) <= 0)
		return { state: "current", text: `${pip.version} is the newest for ${series}` };
	const { version, sha256 } = newest;
	return {
		state: "report",
		text: `${pip.version} -> ${version} for ${series}: edit stacks/cpython.ts; sha256 of the wheel: ${sha256}`,
	};
}
