import { type Column, table } from "../../local/text.ts";
import { compareVersions, newestRelease } from "../../stacks/cpython.ts";
import { type SupportLevel, supportLevel } from "../../stacks/support.ts";
import type { StackStatus } from "./status.ts";

/** What stands behind a date, so that no colour is needed. */
const MARKS: Readonly<Record<SupportLevel, string>> = { ended: "x", soon: "!", fine: " " };

interface StatusColumn extends Column {
	readonly heading: string;
	/** Undefined where the stack file does not tell. */
	cell(status: StackStatus, today: Date): string | undefined;
}

const COLUMNS: readonly StatusColumn[] = [
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
		...table(COLUMNS, [COLUMNS.map(({ heading }) => heading), ...rows]),
		"",
		...LEGEND,
		...nextLines(statuses),
	].join("\n");
}

function textColumn(heading: string, cell: StatusColumn["cell"]): StatusColumn {
	return { heading, cell };
}

function dateColumn(
	heading: string,
	date: (status: StackStatus) => string | undefined,
): StatusColumn {
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

function nextLines(statuses: readonly StackStatus[]): string[] {
	const rows = statuses.flatMap(({ stack, next }) =>
		next.lines.map((line, index) => [index === 0 ? stack : "", line]),
	);
	return table([{}, {}], rows).map((line) => `  ${line}`);
}
