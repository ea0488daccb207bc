import { type CPythonSeries, compareVersions, isPreRelease, newestRelease } from "./cpython.ts";
import type { DebianRelease } from "./debian.ts";

/** A support that ends within so many days is worth a warning. */
const soon = 180;

/** How near the end of a support is: over, within 180 days, or further away. */
export type SupportLevel = "ended" | "soon" | "fine";

/** The level, on `today`, of a support whose last day is the ISO day or month `end`. */
export function supportLevel(end: string, today: Date): SupportLevel {
	const left = daysUntil(lastDay(end), today);
	if (left < 0) return "ended";
	return left <= soon ? "soon" : "fine";
}

/** Tells whether Debian LTS for `debian` was over before `today`. */
export function isPastLts(debian: DebianRelease, today: Date): boolean {
	return daysUntil(debian.ltsEnd, today) < 0;
}

/**
 * The warning on the support of a Debian release, if one is due: LTS or security support that is
 * over or ends within 180 days. The most serious one alone; the text changes on these days only.
 */
export function debianWarnings(debian: DebianRelease, today: Date): readonly string[] {
	const { codename, securityEnd, ltsEnd, eltsEnd } = debian;
	const lts = daysUntil(ltsEnd, today);
	if (lts < 0) {
		const elts = daysUntil(eltsEnd, today) < 0 ? "ELTS ended on" : "ELTS, which is paid, ends on";
		return [`Debian ${codename}: LTS ended on ${ltsEnd}; ${elts} ${eltsEnd}`];
	}
	if (lts <= soon) return [`Debian ${codename}: LTS, and all free support, ends on ${ltsEnd}`];
	const security = daysUntil(securityEnd, today);
	if (security < 0)
		return [
			`Debian ${codename}: the security team's support ended on ${securityEnd}; LTS goes on until ${ltsEnd}`,
		];
	if (security <= soon)
		return [
			`Debian ${codename}: the security team's support ends on ${securityEnd}, then LTS until ${ltsEnd}`,
		];
	return [];
}

/**
 * The warnings on a CPython version: its series' end of life is past or within 180 days, it is a
 * pre-release, the catalog has a newer release of the series.
 */
export function pythonWarnings(
	version: string,
	series: CPythonSeries,
	today: Date,
): readonly string[] {
	const warnings: string[] = [];
	const left = daysUntil(lastDay(series.endOfLife), today);
	if (left < 0)
		warnings.push(
			`CPython ${series.series}: end of life was ${series.endOfLife}; there are no more security fixes`,
		);
	else if (left <= soon)
		warnings.push(`CPython ${series.series}: end of life is near, ${series.endOfLife}`);
	if (isPreRelease(version)) warnings.push(`CPython ${version} is a pre-release`);
	const newest = newestRelease(series).version;
	if (compareVersions(newest, version) > 0)
		warnings.push(`CPython ${version} is not the newest of its series, which is ${newest}`);
	return warnings;
}

/** Days from `today` to the ISO day `end`; 0 on that day itself, negative after it. Both in UTC. */
function daysUntil(end: string, today: Date): number {
	const day = 24 * 60 * 60 * 1000;
	return Math.floor(Date.parse(end) / day) - Math.floor(today.getTime() / day);
}

/** The last day of an ISO month (2026-10); an ISO day is its own. */
export function lastDay(date: string): string {
	if (date.length > "2026-10".length) return date;
	const [year, month] = date.split("-").map(Number);
	return new Date(Date.UTC(year ?? 0, month ?? 0, 0)).toISOString().slice(0, 10);
}
