import { compareVersions, newestRelease } from "../../stacks/cpython.ts";
import { type SupportLevel, supportLevel } from "../../stacks/support.ts";
import type { StackStatus } from "./status.ts";

/** What stands behind a date, so that no colour is needed. */
const MARKS: Readonly<Record<SupportLevel, string>> = { ended: "x", soon: "!", fine: " " };

interface Column {
	readonly heading: string;
	/** Spaces before the next column. */
	readonly gap: number;
	/** Undefined where the stack file does not tell. */
	cell(status: StackStatus, today: Date): string | undefined;
}

const COLUMNS: readonly Column[] = [
	textColumn("stack", ({ stack }) => stack),
	textColumn("Debian", ({ debian }) => debian?.codename),
	dateColumn("security", ({ debian }) => debian?.securityEnd),
	dateColumn("LTS", ({ debian }) => debian?.ltsEnd),
	dateColumn("ELTS", ({ debian }) => debian?.eltsEnd),
	dateColumn("keys", ({ debian }) => debian?.keyExpiry),
	textColumn("Python", pythonCell),
	textColumn("newest", newestCell),
	dateColumn("ends", ({ series }) => series?.endOfLife),
	textColumn("next up", ({ next }) => next.verdict),
];

const LEGEND = [
	"security, LTS, ELTS: Debian's support ends; keys: its first signing key expires; ends: CPython's security fixes end",
	"x: over; !: within 180 days; +: newer than the stack's",
	"",
	"next up, as far as this machine's Docker and the registries tell:",
];

/**
 * The stacks as a table for a terminal, in plain text; below it what the next up would do with each.
 * The table has at most 120 columns where no stack's name has more than 14 characters.
 */
export function statusTable(statuses: readonly StackStatus[], today: Date): string {
	const rows = statuses.map((status) => COLUMNS.map(({ cell }) => cell(status, today) ?? "-"));
	return [
		...align([COLUMNS.map(({ heading }) => heading), ...rows]),
		"",
		...LEGEND,
		...nextLines(statuses),
	].join("\n");
}

function textColumn(heading: string, cell: Column["cell"]): Column {
	return { heading, gap: 2, cell };
}

function dateColumn(heading: string, date: (status: StackStatus) => string | undefined): Column {
	function cell(status: StackStatus, today: Date) {
		const end = date(status);
		return end === undefined ? undefined : `${end} ${MARKS[supportLevel(end, today)]}`;
	}
	return { heading, gap: 1, cell };
}

function pythonCell({ pythonVersion, packageRelease }: StackStatus): string | undefined {
	return pythonVersion === undefined ? undefined : `${pythonVersion}-${packageRelease}`;
}

function newestCell(status: StackStatus): string | undefined {
	const newest = newestPatch(status);
	return newest && `${newest.version}${newest.isNewer ? " +" : ""}`;
}

/** The newest release of the stack's CPython series in the catalog, and whether the stack lacks it. */
export function newestPatch({
	series,
	pythonVersion,
}: StackStatus): { version: string; isNewer: boolean } | undefined {
	if (series === undefined || pythonVersion === undefined) return undefined;
	const { version } = newestRelease(series);
	return { version, isNewer: compareVersions(version, pythonVersion) > 0 };
}

/** Lines with each column as wide as its longest cell. */
function align(rows: readonly (readonly string[])[]): string[] {
	const widths = COLUMNS.map(({ gap }, column) => {
		return gap + Math.max(...rows.map((row) => row[column]?.length ?? 0));
	});
	return rows.map((row) =>
		row
			.map((cell, column) => cell.padEnd(widths[column] ?? 0))
			.join("")
			.trimEnd(),
	);
}

function nextLines(statuses: readonly StackStatus[]): string[] {
	const width = Math.max(0, ...statuses.map(({ stack }) => stack.length));
	return statuses.flatMap(({ stack, next }) =>
		next.lines.map((line, index) => `  ${(index === 0 ? stack : "").padEnd(width)}  ${line}`),
	);
}
