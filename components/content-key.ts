import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { RunError } from "@pulumi/pulumi/errors.js";
import { IGNORED } from "../stacks/ignored.ts";
import { type HashedFiles, hashFiles } from "./file-hash.ts";
import { keyOfInputs } from "./step/why.ts";

/**
 * What decides the bytes of an artefact, and the short name of all of it.
 */
export interface ContentKey {
	/** 12 hexadecimal digits: as many as Docker's short image IDs, and part of image tags. */
	readonly key: string;
	/** What went into the key, by name. Kept as a label, so that a preview can say what changed. */
	readonly inputs: Readonly<Record<string, string>>;
}

/** A context folder, relative to the project root, that goes into a key as a whole. */
export interface ContextFolder {
	readonly context: string;
}

/** What {@link contentKey} takes: text as it is, lists in their order, folders and files by their content. */
export type KeyInputs = Readonly<
	Record<string, string | number | readonly string[] | ContextFolder | HashedFiles>
>;

/**
 * The content key of an artefact. Equal inputs give equal keys on any machine: neither the
 * checkout's path, nor its modes, nor the clock, nor the order of the inputs takes part.
 *
 * @throws when a context folder is missing or holds something other than files, folders and links,
 *   and RunError where git made the line ends of a file those of Windows.
 */
export function contentKey(inputs: KeyInputs): ContentKey {
	const entries = Object.entries(inputs).map(([name, value]) => [name, inputText(value)] as const);
	const named = Object.fromEntries(entries);
	return { key: keyOfInputs(named), inputs: named };
}

function inputText(value: KeyInputs[string]): string {
	if (typeof value === "object" && "context" in value)
		return hashFolder(value.context).slice(0, 12);
	if (typeof value === "object" && "hash" in value) return value.hash.slice(0, 12);
	return typeof value === "object" ? value.join(" ") : String(value);
}

/**
 * SHA-256 of a folder: relative names, contents and link targets, in byte order. Modes take no part,
 * since some file systems give x bits to all files or to none: who copies a file says its mode.
 */
function hashFolder(folder: string): string {
	const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
	const files = names.filter(
		(name) => !IGNORED_NAME.test(name) && !lstatSync(join(folder, name)).isDirectory(),
	);
	return hashFiles({ folder, files }, (path, content) => {
		if (content.includes("\r\n")) {
			throw new RunError(
				`${path} has the line ends of Windows, with which no script runs; check it out again: git rm -qr --cached . && git reset --hard`,
			);
		}
	});
}

/** `*` and `?` also stand for a dot at the start of a name, as tar and Docker have it. */
const IGNORED_NAME = new RegExp(
	`(^|/)(${IGNORED.map((pattern) =>
		pattern.replaceAll(".", "\\.").replaceAll("*", "[^/]*").replaceAll("?", "[^/]"),
	).join("|")})(/|$)`,
);
