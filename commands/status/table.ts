import { type Column, table } from "../../local/text.ts";
import { compareVersions, newestRelease } from "../../stacks/cpython.ts";
import { type SupportLevel, supportLevel } from "../../stacks/support.ts";
import { versionName } from "../../stacks/variants.ts";
import type { StackStatus, StatusPython } from "./status.ts";

/** What stands behind a date, so that no colour is needed. */
const MARKS: Readonly<Record<SupportLevel, string>> = { ended: "x", soon: "!", fine: " " };

interface StatusColumn extends Column {
	readonly heading: string;
	/** Undefined where the stack file does not tell. */
	cell(status: StackStatus, python: StatusPython | undefined, today: Date): string | undefined;
	/** Whether it is another one for each Python of a stack. */
	readonly ofPython?: true;
}

const COLUMNS: readonly StatusColumn[] = [
	{ heading: "stack", cell: ({ stack }) => stack },
	{ heading: "Debian", cell: ({ debian }) => debian?.codename },
	dateColumn("security", ({ debian }) => debian?.securityEnd),
	dateColumn("LTS", ({ debian }) => debian?.ltsEnd),
	dateColumn("ELTS", ({ debian }) => debian?.eltsEnd),
	dateColumn("keys", ({ debian }) => debian?.keyExpiry),
	{ heading: "Python", cell: (_, python) => python && packageVersion(python), ofPython: true },
	{ heading: "newest", cell: (_, python) => python && newestCell(python), ofPython: true },
	{ ...dateColumn("ends", (_, python) => python?.series.endOfLife), ofPython: true },
	{ heading: "next up", cell: ({ next }) => next.verdict },
];

const LEGEND = [
	"security, LTS, ELTS: Debian's support ends; keys: its first signing key expires; ends: CPython's security fixes end",
	"x: over; !: within 180 days; +: newer than the stack's; +p: with patches of one's own",
	"",
	"next up, as far as this machine's Docker and the registries tell:",
];

/**
 * The stacks as a table for a terminal, in plain text; below it what the next up would do with each.
 * The table has at most 120 columns where no stack's name has more than 14 characters.
 */
export function statusTable(statuses: readonly StackStatus[], today: Date): string {
	const rows = statuses.flatMap((status) => stackRows(status, today));
	return [
		...table(COLUMNS, [COLUMNS.map(({ heading }) => heading), ...rows]),
		"",
		...LEGEND,
		...nextLines(statuses),
	].join("\n");
}

/** A row for each Python of a stack; what is the stack's own is in the first. */
function stackRows(status: StackStatus, today: Date): string[][] {
	const [first, ...others] = status.pythons;
	return [first, ...others].map((python, index) =>
		COLUMNS.map(({ cell, ofPython = false }) =>
			index === 0 || ofPython ? (cell(status, python, today) ?? "-") : "",
		),
	);
}

function dateColumn(
	heading: string,
	date: (status: StackStatus, python: StatusPython | undefined) => string | undefined,
): StatusColumn {
	function cell(status: StackStatus, python: StatusPython | undefined, today: Date) {
		const end = date(status, python);
		return end === undefined ? undefined : `${end} ${MARKS[supportLevel(end, today)]}`;
	}
	return { heading, gap: 1, cell };
}

/** Such as 3.13.5-1; 3.13.5-1+p where it has patches of its own, and with a word where it is the image minimal. */
export function packageVersion(python: StatusPython): string {
	const { packageRelease, patches, image } = python;
	const version = `${versionName(python)}-${packageRelease}${patches === undefined ? "" : "+p"}`;
	return image === undefined ? version : `${version} ${image}`;
}

function newestCell(python: StatusPython): string {
	const newest = newestPatch(python);
	return `${newest.version}${newest.isNewer ? " +" : ""}`;
}

/** The newest release of a Python's series in the catalog, and whether the stack lacks it. */
export function newestPatch({ series, version: own }: StatusPython): {
	version: string;
	isNewer: boolean;
} {
	const { version } = newestRelease(series);
	return { version, isNewer: compareVersions(version, own) > 0 };
}

/** What there is to say of a stack in words. */
export function statusLines({ next, vulnerable }: StackStatus): string[] {
	return [...next.lines, `known vulnerabilities: ${vulnerable}`];
}

function nextLines(statuses: readonly StackStatus[]): string[] {
	const rows = statuses.flatMap((status) =>
		statusLines(status).map((line, index) => [index === 0 ? status.stack : "", line]),
	);
	return table([{}, {}], rows).map((line) => `  ${line}`);
}
