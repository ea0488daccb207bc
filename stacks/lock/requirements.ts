/**
 * Requirements files with hashes, as `uv pip compile --generate-hashes`, `uv export`, pip-tools and
 * `poetry export` write them. They do not say of which files the hashes are, so they are no lock that
 * an image is made from: `npm run lock` makes one from them.
 */

import { createHash } from "node:crypto";
import { posix } from "node:path";
import { Refusal } from "../config-values.ts";
import { LockFile, sha256Problem } from "./lock-file.ts";
import type { ReadFile } from "./read-lock.ts";
import { parseRequirement, type Requirement } from "./requirement.ts";
import { isArchive } from "./sources.ts";

/** A requirement that its version and hashes pin. */
export interface PinnedRequirement extends Requirement {
	/** Of PEP 440, as it stands there. */
	readonly version: string;
	/** SHA-256 of each file that will do, in lower case hexadecimal digits, as they stand there. */
	readonly sha256: readonly string[];
}

/** Parses a requirements file with hashes; its problems are collected in `file`. */
export function parseRequirements(file: LockFile, text: string): PinnedRequirement[] {
	const lines = logicalLines(text);
	for (const { line, number } of lines) if (isOption(line)) refuseOption(file, line, number);
	const requirements = lines.filter(({ line }) => !isOption(line) && !isFolder(line));
	refuseWithoutHash(file, requirements);
	return requirements.flatMap(({ line, number }) => {
		const pinned = file.check(`line ${number}`, line, () => parsePinned(line, file.relock));
		return pinned === undefined ? [] : [pinned];
	});
}

/** A requirements file that is read line by line. */
export interface RequirementsFile {
	/** From the app's folder. */
	readonly path: string;
	/** Whether it is included by `-c` alone: it says which versions will do, and requires nothing. */
	readonly isConstraint: boolean;
	readonly text: string;
	readonly lines: readonly Readonly<Line>[];
}

/** A requirements file, and those that it includes (`-r`, `-c`), each once. */
export function withIncluded(name: string, read: ReadFile): RequirementsFile[] {
	const paths = new Map([[name, false]]);
	// Goes on to those that are added meanwhile.
	return Array.from(paths, ([path, isConstraint]) => {
		const text = read(path) ?? "";
		const lines = logicalLines(text);
		for (const { line } of lines) {
			const [, option = "", file] =
				/^(-r|-c|--requirement|--constraint)[ =]?\s*(\S+)$/.exec(line) ?? [];
			const included = file && posix.join(posix.dirname(path), file);
			if (included && !paths.has(included))
				paths.set(included, isConstraint || /^--?c/.test(option));
		}
		return { path, isConstraint, text, lines };
	});
}

/**
 * What a requirements file pins by hashes; undefined where neither it nor one that it includes has
 * any. Throws a LockError: all must stand in the file itself.
 */
export function readPinned(
	folder: string,
	name: string,
	read: ReadFile,
): PinnedRequirement[] | undefined {
	const files = withIncluded(name, read).filter(({ isConstraint }) => !isConstraint);
	if (!files.some(({ text }) => text.includes("--hash"))) return undefined;
	const file = new LockFile(folder, name);
	const pinned = parseRequirements(file, read(name) ?? "");
	file.finish();
	return pinned;
}

/** SHA-256 of a requirements file and of those that it includes: all their bytes, as UTF-8. */
export function requirementsDigest(name: string, read: ReadFile): string {
	const digest = createHash("sha256");
	for (const { text } of withIncluded(name, read)) digest.update(text);
	return digest.digest("hex");
}

/** Refuses the first line that has no hash, for all: a file without hashes has no other kind. */
function refuseWithoutHash(file: LockFile, lines: readonly Line[]): void {
	const [first, ...others] = lines.filter(({ line }) => !/\s--hash[= ]/.test(line));
	if (first === undefined) return;
	const also = others.length === 0 ? "" : `, nor have ${others.length} other lines`;
	file.refuse(`line ${first.number}`, first.line, `has no hash${also}`);
}

/** A line of a requirements file, with those that go on with it. */
interface Line {
	line: string;
	/** Of its first line in the file, from 1. */
	readonly number: number;
}

/** Lines without comments, those that end with a backslash joined; each with its first's number. */
function logicalLines(text: string): Line[] {
	const lines: Line[] = [];
	let isOpen = false;
	for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
		const isComment = /^\s*#/.test(raw);
		const part = raw.replace(/(^|\s)#.*$/, "");
		const last = lines.at(-1);
		if (isOpen && last !== undefined) last.line += ` ${part.replace(/\\$/, "")}`;
		else lines.push({ line: part.replace(/\\$/, ""), number: index + 1 });
		isOpen = isComment ? isOpen : part.endsWith("\\");
	}
	return lines
		.map(({ line, number }) => ({ line: line.trim(), number }))
		.filter(({ line }) => line !== "");
}

const isOption = (line: string) => line.startsWith("-") && !isFolder(line);

/** The app's, or another one. */
const isFolder = (line: string) => isApp(line) || folderOfLine(line) !== undefined;

/** The app itself, as `uv export` writes it. */
export const isApp = (line: string): boolean =>
	/^(?:(?:-e|--editable)[ =])?\s*(?:file:)?\.\/?$/.test(line);

/** The folder that a line names, from the app's, editable or not; undefined: it names none. */
export function folderOfLine(line: string): string | undefined {
	const [, path = ""] =
		/^(?:(?:-e|--editable)[ =]\s*|[\w.-]+(?:\[[^\]]*\])?\s*@\s*)?(?:file:)?(\.{1,2}\/[^\s[;]*)/.exec(
			line,
		) ?? [];
	return path === "" || isApp(path) || isArchive(path) ? undefined : path;
}

/** Hashes say what a file is and the machine's pip config where it is, so these say nothing new. */
const ignoredOptions =
	/^(?:-i|--index-url|--extra-index-url|--trusted-host|--require-hashes)(?:[ =]|$)/;

function refuseOption(file: LockFile, line: string, number: number): void {
	if (ignoredOptions.test(line)) return;
	const [option = ""] = line.split(/[ =]/, 1);
	file.refuse(`line ${number}`, line, `is an option that is not known here`, optionRemedy(option));
}

function optionRemedy(option: string): string {
	if (/^--(?:no|only)-binary$/.test(option))
		return "name what is compiled in pyproject.toml, tool.debian-python.from-source";
	return /^(?:-r|-c|-e|--requirement|--constraint|--editable)/.test(option)
		? "write all requirements into this file, with their hashes"
		: "leave it out";
}

/** What is said of a requirement of a folder, an archive or a repository: the reason and the remedy. */
export const UNINDEXED = [
	"is not in a package index",
	"publish it in one, and require its version",
] as const;

const hashOption = /\s--hash[= ](?<algorithm>\w+):(?<digest>\S*)/g;

function parsePinned(line: string, relock: string): PinnedRequirement {
	const requirement = parseRequirement(line.replace(/\s--.*$/, ""));
	const rest = line
		.replace(/^.*?(?=\s--|$)/, "")
		.replace(hashOption, "")
		.trim();
	if (rest !== "") throw new Refusal("has options beside --hash", "leave them out");
	if (requirement.url !== undefined) throw new Refusal(...UNINDEXED);
	const version = /^===?\s*(?<version>[^\s,*]+)$/.exec(requirement.specifier)?.groups?.version;
	if (version === undefined) throw new Refusal("has no version (==)", relock);
	return { ...requirement, version, sha256: hashesOf(line, relock) };
}

function hashesOf(line: string, relock: string): string[] {
	const hashes = Array.from(line.matchAll(hashOption), ({ groups }) => groups ?? {});
	const digests = hashes.flatMap(({ algorithm, digest = "" }) =>
		algorithm === "sha256" ? [digest] : [],
	);
	if (hashes.length > 0 && digests.length === 0)
		throw new Refusal("has no hash of SHA-256", relock);
	for (const digest of digests) {
		const problem = sha256Problem(digest);
		if (problem !== undefined) throw new Refusal(`has a hash that ${problem}`, relock);
	}
	return digests;
}
