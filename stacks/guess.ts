/** What a refused text may have meant, for the remedies of config errors. */

import { closest, distance } from "fastest-levenshtein";
import {
	type CPythonSeries,
	cpythonSeries,
	findRelease,
	findSeries,
	newestRelease,
	parseVersion,
} from "./cpython.ts";
import { codenames, debianReleases } from "./debian.ts";

/** The choice that a text is most like, by edit distance. */
export function nearestOf<T extends string>(choices: readonly T[], text: string): T {
	return closest(text, choices) as T;
}

/** The codename that a text may mean: by its number, a part of it, or its spelling. */
export function guessCodename(value: string): string | undefined {
	const text = value.toLowerCase();
	const [, number] = /^(?:debian)?[^a-z0-9]?(\d+)/.exec(text) ?? [];
	const numbered = codenames.find((name) => String(debianReleases[name].number) === number);
	const named = codenames.find((name) => text.includes(name));
	const near = nearestOf(codenames, text);
	return numbered ?? named ?? (distance(near, text) <= near.length / 2 ? near : undefined);
}

/** The version in a text, if the catalog has it; else the newest of its series, else of all. */
export function guessVersion(value: string): string {
	const [version = "", series = ""] = /(\d+\.\d+)(?:\.\d+(?:(?:a|b|rc)\d+)?)?/.exec(value) ?? [];
	const entry = findSeries(series === "3.1" ? "3.10" : series) ?? newestFinalSeries();
	return findRelease(version)?.version ?? newestRelease(entry).version;
}

function newestFinalSeries(): CPythonSeries {
	const final = cpythonSeries.filter(
		(entry) => !parseVersion(newestRelease(entry).version)?.preRelease,
	);
	return final.at(-1) as CPythonSeries;
}
