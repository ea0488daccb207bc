/** A folder with patches of a stack's own, as a quilt series (quilt(1)). */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { posix } from "node:path";
import { type ConfigProblem, quote } from "../config-error.ts";
import { pathProblem } from "../config-values.ts";
import { patchProblem } from "./changes.ts";
import { type PatchHeader, readHeader } from "./header.ts";

/** A patch of a series. */
export interface Patch extends PatchHeader {
	/** As the series has it: its path from the folder. */
	readonly name: string;
	/** Its Subject, else its name. */
	readonly subject: string;
	/** Of its bytes, in hexadecimal. */
	readonly sha256: string;
}

/** Patches, in the order in which they are applied. */
export interface PatchSet {
	/** As the stack file has it, from the project root: `patches/3.13`. */
	readonly folder: string;
	readonly patches: readonly Patch[];
	/** Of the patches' bytes in their order, in hexadecimal: whatever they are called. */
	readonly hash: string;
}

/** Name of the file with the patches' names, in every folder. */
export const SERIES = "series";

/** The patches in a folder, and everything that is wrong with them. */
export function readPatchSet(folder: string): PatchSet | ConfigProblem[] {
	const series = readSeries(folder);
	if (!Array.isArray(series)) return [series.problem];
	const patches = series.map((entry, index) => readEntry(folder, entry, series.slice(0, index)));
	const problems = patches.filter((patch) => "reason" in patch);
	if (problems.length > 0) return problems;
	return patchSet(
		folder,
		patches.filter((patch) => "sha256" in patch),
	);
}

/** Patches of a folder as a set. */
export function patchSet(folder: string, patches: readonly Patch[]): PatchSet {
	return { folder, patches, hash: hashOf(patches.map(({ sha256 }) => sha256).join("\n")) };
}

/** A patch by its bytes. */
export function patchOf(name: string, content: Buffer): Patch {
	const header = readHeader(content.toString());
	return { name, ...header, subject: header.subject || name, sha256: hashOf(content) };
}

/**
 * What a set is called in the version of the .deb: how many patches there are, and the start of their
 * hash, as in 3.13.5-1+p2.0a1b2c3+deb12. dpkg sorts that after 3.13.5-1+deb12, before 3.13.5-2+deb12, and
 * after a set with fewer patches (Debian Policy 5.6.12: letters and digits by their own order).
 */
export function patchSetVersion({ patches, hash }: PatchSet): string {
	return `p${patches.length}.${hash.slice(0, 7)}`;
}

/** A line of a series: the name of a patch, and options. */
type SeriesEntry = readonly [name: string, ...options: string[]];

/** The lines of a series, without comments: as dpkg-source reads them (Dpkg::Source::Quilt). */
function readSeries(folder: string): SeriesEntry[] | { problem: ConfigProblem } {
	const file = `${folder}/${SERIES}`;
	const make = "npm run patch -- add makes one, with its patches";
	const unreadable = folderProblem(folder);
	if (unreadable !== undefined) return { problem: problem(folder, unreadable, make) };
	const content = readFile(folder, SERIES);
	if (typeof content === "string") return { problem: problem(file, content, make) };
	const lines = content.toString().split("\n");
	const entries = lines.map((line) =>
		line
			.replace(/(^|\s)#.*$/, "")
			.trim()
			.split(/\s+/),
	);
	const named = entries.filter(([name]) => name !== "") as [string, ...string[]][];
	if (named.length > 0) return named;
	const remedy = "write the name of a patch into it, or remove patches from the config";
	return { problem: problem(file, "names no patch", remedy) };
}

function readEntry(
	folder: string,
	[name, ...options]: SeriesEntry,
	before: readonly SeriesEntry[],
): Patch | ConfigProblem {
	const place = `${folder}/${name}`;
	const refuse = (reason: string, remedy: string) => problem(place, reason, remedy);
	const odd = pathProblem(name);
	if (odd !== undefined) return refuse(`is in series, and ${odd}`, "rename it");
	const option = options.find((each) => each !== "-p1");
	if (option !== undefined)
		return refuse(
			`has the option ${quote(option)} in series, where each is applied with -p1`,
			"make it anew with paths such as a/Lib/os.py, and remove the option",
		);
	if (before.some(([other]) => other === name))
		return refuse("is twice in series", "remove one of the two lines");
	const content = readFile(folder, name);
	if (typeof content === "string")
		return refuse(`is in series, and ${content}`, "put the file there, or remove its line");
	const reason = patchProblem(content.toString("latin1"));
	if (reason !== undefined)
		return refuse(reason, "write a unified diff, such as git format-patch makes");
	return patchOf(name, content);
}

/** What keeps a path from being a folder that can be read, as the rest of a sentence. */
function folderProblem(folder: string): string | undefined {
	try {
		readdirSync(folder);
		return undefined;
	} catch (error) {
		return reasonOf(error);
	}
}

/** The bytes of a file in a folder; or why not, as the rest of a sentence. */
function readFile(folder: string, name: string): Buffer | string {
	const path = posix.join(folder, name);
	try {
		const isInside = realpathSync(path).startsWith(`${realpathSync(folder)}/`);
		return isInside ? readFileSync(path) : "leads out of the folder";
	} catch (error) {
		return reasonOf(error);
	}
}

function reasonOf(error: unknown): string {
	const { code } = error as NodeJS.ErrnoException;
	const reasons: Readonly<Record<string, string>> = {
		ENOENT: "is not there",
		ENOTDIR: "is not a folder",
		EISDIR: "is not a file",
	};
	return reasons[code ?? ""] ?? `cannot be read: ${code}`;
}

function problem(path: string, reason: string, remedy: string): ConfigProblem {
	return { key: "patches", value: quote(path), reason, remedy };
}

function hashOf(content: Buffer | string): string {
	return createHash("sha256").update(content).digest("hex");
}
