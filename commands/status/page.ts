import { readFileSync } from "node:fs";
import { escapeHtml } from "../../local/text.ts";
import { type SupportLevel, supportLevel } from "../../stacks/support.ts";
import type { StackStatus, StatusPython } from "./status.ts";
import { newestPatch, packageVersion, statusLines } from "./table.ts";
import { timelineHtml, timelineRows } from "./timeline.ts";

/** What stands under a date, since a colour alone does not tell. */
type Notes = Readonly<Record<SupportLevel, string>>;
const SUPPORT: Notes = { ended: "ended", soon: "ends soon", fine: "" };
const KEY: Notes = { ended: "expired", soon: "expires soon", fine: "" };

const HEAD = `<thead>
<tr><th scope="col" rowspan="2">Stack</th><th scope="colgroup" colspan="5">Debian</th><th scope="colgroup" colspan="3">CPython</th><th scope="col" rowspan="2">Next up</th></tr>
<tr><th scope="col">Release</th><th scope="col">Security</th><th scope="col">LTS</th><th scope="col">ELTS</th><th scope="col">Keys expire</th><th scope="col">Package</th><th scope="col">Newest</th><th scope="col">End of life</th></tr>
</thead>`;

/**
 * The stacks as one page of HTML, which needs nothing else: no script, and no resource, which its
 * content security policy keeps so.
 */
export function statusPage(statuses: readonly StackStatus[], today: Date): string {
	const css = readFileSync(`${import.meta.dirname}/page.css`, "utf8");
	const day = today.toISOString().slice(0, 10);
	return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Status of the stacks</title>
<style>
${css}</style>
</head>
<body>
<main>
<h1>Status of the stacks</h1>
<p class="quiet">On ${time(day)}, of ${statuses.length} stack files.</p>
${section("Support", tableBox(statuses, today), SUPPORT_NOTES)}
${section("Timeline", timelineBox(statuses, today), TIMELINE_NOTES)}
${section("Next up", nextList(statuses), NEXT_NOTES)}
</main>
</body>
</html>
`;
}

const SUPPORT_NOTES = `Each date is the last day of a support, or the day on which the first of the
release's signing keys expires. “Soon” is within 180 days.`;

const TIMELINE_NOTES = `What the stacks use, and what else is still supported. LTS is free; ELTS is
paid. The diamond is the day on which the first of a release's signing keys expires.`;

const NEXT_NOTES = `What the next <code>up</code> would do, as far as the machine that made this page
could tell from its Docker daemon and the registries; and how many known vulnerabilities the images have.`;

function section(heading: string, content: string, notes: string): string {
	return `<section>\n<h2>${heading}</h2>\n${content}\n<p class="quiet">${notes}</p>\n</section>`;
}

/** A region that scrolls sideways by itself: whoever has only a keyboard must be able to focus it. */
function box(label: string, content: string): string {
	return `<div class="box" role="region" aria-label="${label}" tabindex="0">\n${content}\n</div>`;
}

function timelineBox(statuses: readonly StackStatus[], today: Date): string {
	return box("Timeline of support periods", timelineHtml(timelineRows(statuses, today), today));
}

function tableBox(statuses: readonly StackStatus[], today: Date): string {
	const rows = statuses.flatMap((status) => tableRows(status, today));
	const body = `<tbody>\n${rows.join("\n")}\n</tbody>`;
	return box("Table of the stacks", `<table>\n${HEAD}\n${body}\n</table>`);
}

/** A row for each Python of a stack; what is the stack's own goes over all of them. */
function tableRows(status: StackStatus, today: Date): string[] {
	const { stack, debian, pythons, next } = status;
	const rows = Math.max(pythons.length, 1);
	const [first, ...others] = pythons;
	const row = [
		`<th scope="row"${span(rows)}>${escapeHtml(stack)}</th>`,
		textCell(debian?.codename, rows),
		dateCell(debian?.securityEnd, today, { rows }),
		dateCell(debian?.ltsEnd, today, { rows }),
		dateCell(debian?.eltsEnd, today, { rows }),
		dateCell(debian?.keyExpiry, today, { rows, notes: KEY }),
		...pythonCells(first, today),
		textCell(next.verdict, rows),
	];
	return [row, ...others.map((python) => pythonCells(python, today))].map(
		(cells) => `<tr>${cells.join("")}</tr>`,
	);
}

function pythonCells(python: StatusPython | undefined, today: Date): string[] {
	return [
		textCell(python && packageVersion(python)),
		newestCell(python),
		dateCell(python?.series.endOfLife, today),
	];
}

/** How many rows a cell has. */
function span(rows: number): string {
	return rows === 1 ? "" : ` rowspan="${rows}"`;
}

function textCell(text = "unknown", rows = 1): string {
	return `<td${span(rows)}>${escapeHtml(text)}</td>`;
}

function dateCell(
	date: string | undefined,
	today: Date,
	{ rows = 1, notes = SUPPORT }: { readonly rows?: number; readonly notes?: Notes } = {},
): string {
	if (date === undefined) return textCell(undefined, rows);
	const level = supportLevel(date, today);
	return `<td${span(rows)} class="${level}">${time(date)}${note(notes[level])}</td>`;
}

function newestCell(python: StatusPython | undefined): string {
	if (python === undefined) return textCell();
	const newest = newestPatch(python);
	return `<td>${newest.version}${note(newest.isNewer ? "newer" : "")}</td>`;
}

function note(text: string): string {
	return text === "" ? "" : ` <span class="note">${text}</span>`;
}

function time(date: string): string {
	return `<time datetime="${date}">${date}</time>`;
}

function nextList(statuses: readonly StackStatus[]): string {
	const items = statuses.map((status) => {
		const lines = statusLines(status).map((line) => `<dd>${escapeHtml(line)}</dd>`);
		return `<dt>${escapeHtml(status.stack)}</dt>\n${lines.join("\n")}`;
	});
	return `<dl>\n${items.join("\n")}\n</dl>`;
}
