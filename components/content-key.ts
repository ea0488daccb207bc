import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "./step/file.ts";

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

/** What {@link contentKey} takes: text as it is, lists in their order, folders by their content. */
export type KeyInputs = Readonly<
	Record<string, string | number | readonly string[] | ContextFolder>
>;

/**
 * The content key of an artefact. Equal inputs give equal keys on any machine: neither the
 * checkout's path, nor its umask, nor the clock, nor the order of the inputs takes part.
 *
 * @throws when a context folder is missing or holds something other than files, folders and links.
 */
export function contentKey(inputs: KeyInputs): ContentKey {
	const entries = Object.entries(inputs).map(([name, value]) => [name, inputText(value)] as const);
	const named = Object.fromEntries(entries);
	return { key: keyOfInputs(named), inputs: named };
}

/** The key that inputs, as {@link ContentKey} keeps them, give. */
export function keyOfInputs(inputs: Readonly<Record<string, string>>): string {
	const entries = Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1));
	return sha256(JSON.stringify(entries)).slice(0, 12);
}

function inputText(value: KeyInputs[string]): string {
	if (typeof value === "object" && "context" in value)
		return hashFolder(value.context).slice(0, 12);
	return typeof value === "object" ? value.join(" ") : String(value);
}

/** SHA-256 of a folder: relative names, executable bits, contents and link targets, in byte order. */
function hashFolder(folder: string): string {
	const hash = createHash("sha256");
	for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
		const path = join(folder, name);
		const stat = lstatSync(path);
		if (stat.isDirectory()) continue;
		const content = stat.isSymbolicLink() ? readlinkSync(path) : readFileSync(path);
		// Only the owner's x bit counts: git keeps nothing else of a mode, and a umask changes the rest.
		const kind = stat.isSymbolicLink() ? "link" : stat.mode & 0o100 ? "executable" : "file";
		hash.update(JSON.stringify([name, kind, sha256(content)]));
	}
	return hash.digest("hex");
}
