import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";
import { sha256 } from "./step/file.ts";

/** Some files of a folder, which may be another one's than this project's. */
export interface FolderFiles {
	readonly folder: string;
	/** Paths from there, of files and symbolic links. */
	readonly files: readonly string[];
}

/** Files by their content: what {@link hashFiles} gives. */
export interface HashedFiles {
	readonly hash: string;
}

/**
 * SHA-256 of files: their names, contents and link targets, in the order of their list.
 *
 * @param check may refuse one.
 */
export function hashFiles(
	{ folder, files }: FolderFiles,
	check: (path: string, content: Buffer) => void = () => {},
): string {
	const hash = createHash("sha256");
	for (const name of files) {
		const path = join(folder, name);
		const { kind, content } = readAny(path);
		check(path, content);
		hash.update(JSON.stringify([name, kind, sha256(content)]));
	}
	return hash.digest("hex");
}

/** A file by its kind and content; a symbolic link has where it leads to. */
export function readAny(path: string): { kind: FileKind; content: Buffer } {
	const stat = lstatSync(path);
	const content = stat.isSymbolicLink() ? Buffer.from(readlinkSync(path)) : readFileSync(path);
	return { kind: kindOf(stat, content), content };
}

type FileKind = "link" | "executable" | "file";

/** By its first line, which git keeps; its mode need not say so in every checkout. */
function kindOf(stat: Stats, content: Buffer): FileKind {
	if (stat.isSymbolicLink()) return "link";
	return content.toString("latin1", 0, 2) === "#!" ? "executable" : "file";
}
