import type { LockedFile } from "./lock.ts";
import { type LockFile, sha256Problem } from "./lock-file.ts";
import { normalizeName } from "./names.ts";
import { parseWheelName } from "./tags.ts";

/** What a lock says of a file, in whichever words. */
export interface FileEntry {
	/** Where in the lock it stands, for messages. */
	readonly key: string;
	/** Normalised name of the distribution. */
	readonly distribution: string;
	readonly isWheel: boolean;
	readonly name?: string | undefined;
	readonly url?: string | undefined;
	readonly path?: string | undefined;
	readonly size?: number | undefined;
	readonly sha256?: string | undefined;
}

/** Checks what a lock says of a file; `undefined`, and problems, if it will not do. */
export function lockedFile(file: LockFile, entry: FileEntry): LockedFile | undefined {
	const { key, url, size, sha256 } = entry;
	const before = file.problems.length;
	const name = entry.name ?? lastPart(url ?? entry.path);
	if (url === undefined && entry.path !== undefined)
		file.refuse(`${key}.path`, entry.path, "is a file of this machine", publish);
	if (url !== undefined && !/^https?:\/\/[^/]/.test(url))
		file.refuse(`${key}.url`, url, "is no address of http or https", publish);
	const nameProblem = fileNameProblem(name, entry);
	if (nameProblem !== undefined) file.refuse(`${key}.name`, name, nameProblem);
	if (sha256 === undefined)
		file.refuse(`${key}.sha256`, undefined, "is given, but a hash is required");
	const hashProblem = sha256 === undefined ? undefined : sha256Problem(sha256);
	if (hashProblem !== undefined) file.refuse(`${key}.sha256`, sha256, hashProblem);
	if (file.problems.length > before || name === undefined || sha256 === undefined) return undefined;
	return { name, sha256, ...(url !== undefined && { url }), ...(size !== undefined && { size }) };
}

const publish = "publish it in a package index, and lock it from there";

/** The file name at the end of an address or a path. */
function lastPart(place: string | undefined): string | undefined {
	const last = place
		?.replace(/[?#].*$/, "")
		.split(/[/\\]/)
		.at(-1);
	try {
		return last === undefined ? undefined : decodeURIComponent(last);
	} catch {
		return last;
	}
}

const sdistName = /^(?<distribution>.+)-[^-]+\.(?:tar\.gz|tgz|zip|tar\.bz2|tar\.xz)$/;

/** What is wrong with the name of a file, which becomes the name of one here as well. */
function fileNameProblem(
	name: string | undefined,
	{ distribution, isWheel }: FileEntry,
): string | undefined {
	if (name === undefined) return "is given, and there is no url that would have it";
	if (!/^[A-Za-z0-9][\w.+!-]*$/.test(name)) return "is no file name of a distribution";
	const named = isWheel
		? parseWheelName(name)?.distribution
		: sdistName.exec(name)?.groups?.distribution;
	if (named === undefined)
		return `is no file name of a ${isWheel ? "wheel (PEP 427)" : "source distribution (PEP 625)"}`;
	return normalizeName(named) === distribution ? undefined : `is not of ${distribution}`;
}
