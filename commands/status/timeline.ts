import { escapeHtml } from "../../local/text.ts";
import { type CPythonSeries, cpythonSeries } from "../../stacks/cpython.ts";
import { type DebianRelease, debianReleases } from "../../stacks/debian.ts";
import { lastDay, supportLevel } from "../../stacks/support.ts";
import type { StackStatus } from "./status.ts";

/** A kind of support, in the order of the legend. */
export type Support = "security" | "LTS" | "ELTS" | "bugfix";

/** A period of support: both ISO days belong to it. */
export interface Period {
	readonly support: Support;
	readonly from: string;
	readonly to: string;
}

/** A row of the timeline: a Debian release or a CPython series, and who uses it. */
export interface TimelineRow {
	readonly name: string;
	readonly stacks: readonly string[];
	readonly periods: readonly Period[];
	/** ISO day on which the first of its signing keys expires; a Debian release has one. */
	readonly keyExpiry?: string;
}

/** Lengths in the units of the SVG, which are CSS pixels where it is not scaled. */
const WIDTH = 840;
const MARGIN = 16;
const AXIS = 40;
const ROW = 44;
const BAR = 18;
/** Of the past, so much is in sight where not all is: the beginning of what is in use. */
const PAST = 140;
const DAY = 24 * 60 * 60 * 1000;

/**
 * What a stack uses, and what it could move to because its support goes on: Debian releases, then
 * CPython series, each oldest first.
 */
export function timelineRows(statuses: readonly StackStatus[], today: Date): TimelineRow[] {
	const users = (uses: (status: StackStatus) => boolean) =>
		statuses.filter(uses).map(({ stack }) => stack);
	const rows = [
		...Object.values(debianReleases).map((debian) =>
			debianRow(
				debian,
				users((status) => status.debian === debian),
			),
		),
		...cpythonSeries.map((series) =>
			seriesRow(
				series,
				users((status) => status.pythons.some((python) => python.series === series)),
			),
		),
	];
	return rows.filter(
		({ stacks, periods }) => stacks.length > 0 || supportLevel(end(periods), today) !== "ended",
	);
}

function debianRow(debian: DebianRelease, stacks: readonly string[]): TimelineRow {
	const { codename, released, securityEnd, ltsEnd, eltsEnd, keyExpiry } = debian;
	const periods: Period[] = [
		{ support: "security", from: released, to: securityEnd },
		{ support: "LTS", from: dayAfter(securityEnd), to: ltsEnd },
		{ support: "ELTS", from: dayAfter(ltsEnd), to: eltsEnd },
	];
	return { name: codename, stacks, periods, keyExpiry };
}

function seriesRow(
	{ series, released, bugfixEnd, endOfLife }: CPythonSeries,
	stacks: readonly string[],
): TimelineRow {
	const periods: Period[] = [
		{ support: "bugfix", from: released, to: bugfixEnd },
		{ support: "security", from: dayAfter(bugfixEnd), to: lastDay(endOfLife) },
	];
	return { name: `CPython ${series}`, stacks, periods };
}

/** The rows as an SVG picture, with a line for today. Its colours and its width are those of page.css. */
export function timelineHtml(rows: readonly TimelineRow[], today: Date): string {
	const now = today.toISOString().slice(0, 10);
	const first = Math.min(...[now, ...rows.map(({ periods }) => start(periods))].map(yearOf));
	const last = Math.max(...[now, ...rows.map(({ periods }) => end(periods))].map(yearOf)) + 1;
	const scale = timeScale(`${first}-01-01`, `${last}-01-01`);
	const height = AXIS + rows.length * ROW;
	const years = Array.from({ length: last - first + 1 }, (_, index) => first + index);
	return [
		'<div class="wide">',
		presentMark(scale(now)),
		`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="timeline-title timeline-desc">`,
		'<title id="timeline-title">Support periods</title>',
		`<desc id="timeline-desc">${escapeHtml(describe(rows, now))}</desc>`,
		...years.map((year) => yearMark(year, scale(`${year}-01-01`), height)),
		todayMark(now, scale(now), height),
		...rows.map((row, index) => rowGroup(row, AXIS + index * ROW, scale)),
		"</svg>",
		"</div>",
	].join("\n");
}

/** A function from an ISO day to the place of its beginning. */
function timeScale(from: string, to: string): (day: string) => number {
	const [left, right] = [Date.parse(from), Date.parse(to)];
	return (day) => MARGIN + ((WIDTH - 2 * MARGIN) * (Date.parse(day) - left)) / (right - left);
}

function yearMark(year: number, x: number, height: number): string {
	return (
		`<line class="year" data-year="${year}" x1="${fixed(x)}" x2="${fixed(x)}" y1="20" y2="${height}"/>` +
		`<text class="axis" x="${fixed(x)}" y="32" text-anchor="middle">${year}</text>`
	);
}

/** Where a box that shows only a part of the picture starts: some years before today. */
function presentMark(x: number): string {
	const left = Math.max(0, x - PAST);
	return `<span class="present" style="left: ${fixed((100 * left) / WIDTH)}%"></span>`;
}

function todayMark(now: string, x: number, height: number): string {
	return (
		`<line class="today" data-day="${now}" x1="${fixed(x)}" x2="${fixed(x)}" y1="14" y2="${height}"/>` +
		`<text class="axis now" x="${fixed(x)}" y="11" text-anchor="middle">today, ${now}</text>`
	);
}

function rowGroup(row: TimelineRow, y: number, scale: (day: string) => number): string {
	const { name, stacks, periods, keyExpiry } = row;
	const label = `${name} \u00b7 ${usersOf(stacks)}`;
	return [
		`<g data-row="${escapeHtml(name)}">`,
		`<text class="name" x="${fixed(scale(start(periods)))}" y="${y + 14}">${escapeHtml(label)}</text>`,
		...periods.map((period) => bar(period, y + 20, scale)),
		...(keyExpiry === undefined ? [] : [keyMark(keyExpiry, scale(keyExpiry), y + 20 + BAR / 2)]),
		"</g>",
	].join("\n");
}

function bar({ support, from, to }: Period, y: number, scale: (day: string) => number): string {
	const [left, right] = [scale(from), scale(dayAfter(to))];
	return (
		`<rect class="${support}" data-from="${from}" data-to="${to}" x="${fixed(left)}" y="${y}" ` +
		`width="${fixed(right - left)}" height="${BAR}"/>` +
		`<text class="support" x="${fixed(left + 4)}" y="${y + 13}">${support}</text>`
	);
}

/** A diamond around a point. */
function keyMark(day: string, x: number, y: number): string {
	return `<path class="key" data-day="${day}" d="M${fixed(x)} ${y - 6}l6 6l-6 6l-6 -6z"/>`;
}

/** The picture in words, for who cannot see it. */
function describe(rows: readonly TimelineRow[], now: string): string {
	const texts = rows.map(({ name, periods, keyExpiry }) => {
		const supports = periods.map(({ support, to }) => `${support} until ${to}`);
		const key = keyExpiry === undefined ? [] : [`first signing key expires ${keyExpiry}`];
		return `${name}: ${[...supports, ...key].join(", ")}.`;
	});
	return [`Today is ${now}.`, ...texts].join(" ");
}

function usersOf(stacks: readonly string[]): string {
	if (stacks.length === 0) return "no stack";
	if (stacks.length > 2) return `${stacks.length} stacks`;
	return `${stacks.length === 1 ? "stack" : "stacks"} ${stacks.join(", ")}`;
}

function start(periods: readonly Period[]): string {
	return periods[0]?.from ?? "";
}

function end(periods: readonly Period[]): string {
	return periods.at(-1)?.to ?? "";
}

function yearOf(day: string): number {
	return Number(day.slice(0, 4));
}

function dayAfter(day: string): string {
	return new Date(Date.parse(day) + DAY).toISOString().slice(0, 10);
}

/** A hundredth of a pixel is enough. */
function fixed(value: number): string {
	return String(Number(value.toFixed(2)));
}
