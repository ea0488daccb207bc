/** What is read of an app's folder, and which of its files are the app's own. */

import {
	accessSync,
	constants,
	type Dirent,
	readdirSync,
	readFileSync,
	readlinkSync,
} from "node:fs";
import { posix } from "node:path";
import dockerignore from "@balena/dockerignore";
import { type ConfigProblem, quote } from "../config-error.ts";
import { IGNORED } from "../ignored.ts";
import { lockNames } from "../lock/read-lock.ts";

/** Lock files, in the order in which they are looked for. */
export const LOCKS: readonly string[] = [...lockNames, "requirements.txt"];

/** The folder of an app, by paths from it; a test may have another one than the disk's. */
export interface AppFolder {
	/** What a folder has. Throws an error with the system's code: ENOENT, ENOTDIR, EACCES. */
	list(path: string): readonly Entry[];
	/** The text of a file. Throws the same. */
	read(path: string): string;
	/** Where a symbolic link leads to. */
	target(path: string): string;
}

interface Entry {
	readonly name: string;
	/** `unreadable`: this user may not read the file, or look into the folder. */
	readonly kind: "file" | "folder" | "link" | "unreadable" | "other";
}

/** A folder of the disk. */
export function folderOnDisk(folder: string): AppFolder {
	return {
		list: (path) =>
			readdirSync(posix.join(folder, path), { withFileTypes: true }).map((entry) => ({
				name: entry.name,
				kind: kindOf(entry, posix.join(folder, path, entry.name)),
			})),
		read: (path) => readFileSync(posix.join(folder, path), "utf8"),
		target: (path) => readlinkSync(posix.join(folder, path)),
	};
}

function kindOf(entry: Dirent, path: string): Entry["kind"] {
	if (entry.isSymbolicLink()) return "link";
	const isFolder = entry.isDirectory();
	if (!isFolder && !entry.isFile()) return "other";
	try {
		accessSync(path, isFolder ? constants.R_OK | constants.X_OK : constants.R_OK);
	} catch {
		return "unreadable";
	}
	return isFolder ? "folder" : "file";
}

/** The text of a file; undefined where it is not there. */
export function readIfThere(folder: AppFolder, path: string): string | undefined {
	try {
		return folder.read(path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw error;
	}
}

/**
 * What is no app's: locks, whose change is one of the dependencies; the history; environments and
 * caches of tools, which change with every test.
 */
const NEVER = [
	...["pylock.toml", "pylock.*.toml", "uv.lock", ".git", ".venv"],
	...[".mypy_cache", ".pytest_cache", ".ruff_cache"],
	// An editable install with setuptools, as uv sync makes, has it beside the sources.
	"*.egg-info",
	...IGNORED,
].map((pattern) => `**/${pattern}`);

/** Files by which tools get passwords (docker compose, python-dotenv), and not those that show what is in one. */
const SECRETS = /^\.env(?!\.(?:dist|example|sample|template)$)(?:\..*)?$/;

const SECRETS_PROBLEM = {
	reason: "would be in the image, where passwords that it may have are for everybody to read",
	remedy: "name it in .dockerignore, or there with a ! before it, if it has none",
};

/**
 * An app's own files and symbolic links, in byte order: what its `.dockerignore` leaves, without what
 * is {@link NEVER} one's. Names may have spaces, but no control characters, line breaks among them:
 * lists of files, of tar and of git for example, are read by lines.
 *
 * @param folder the app's.
 * @param name of the folder, for the problems.
 */
export function listFiles(
	folder: AppFolder,
	name: string,
): { files: readonly string[]; problems: readonly ConfigProblem[] } {
	const rules = readIfThere(folder, ".dockerignore") ?? "";
	const never = matcher(neverOf(folder));
	const ignored = matcher(rules.split(/\r?\n/));
	// What is in a folder that is left out can be brought back by an exception alone.
	const exceptions = rules.match(/(?<=^\s*!).*$/gm) ?? [];
	const isWanted = matcher(exceptions);
	const files: string[] = [];
	const problems: ConfigProblem[] = [];
	const walk = (path: string) => {
		for (const entry of folder.list(path)) {
			const file = posix.join(path, entry.name);
			if (never(file)) continue;
			const isIgnored = ignored(file);
			if (entry.kind === "folder") {
				if (!isIgnored || exceptions.length > 0) walk(file);
			} else if (!isIgnored) {
				const problem =
					fileProblem(folder, file, entry.kind) ??
					(SECRETS.test(entry.name) && !isWanted(file) ? SECRETS_PROBLEM : undefined);
				if (problem === undefined) files.push(file);
				else problems.push({ key: name, value: quote(file), ...problem });
			}
		}
	};
	walk("");
	return { files: files.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))), problems };
}

/** Patterns, as of a .dockerignore, of what is no app's: of an app's folder, with the one that is its lock. */
export function neverOf(folder: AppFolder): string[] {
	const names = folder.list("").map(({ name }) => name);
	const lock = LOCKS.find((each) => names.includes(each));
	return [...NEVER, ...(lock === undefined ? [] : [lock])];
}

/** Tells whether patterns of a .dockerignore match a path, or a folder that it is in. */
function matcher(patterns: readonly string[]): (path: string) => boolean {
	// The library takes these for a regular expression's, while to Docker they are letters.
	const letters = /\\.|[+(){}|]/g;
	const escaped = patterns.map((pattern) =>
		pattern.replace(letters, (text) => (text.startsWith("\\") ? text : `\\${text}`)),
	);
	const rules = dockerignore.default({ ignorecase: false }).add(escaped);
	return (path) => rules.ignores(path);
}

function fileProblem(
	folder: AppFolder,
	file: string,
	kind: Entry["kind"],
): Pick<ConfigProblem, "reason" | "remedy"> | undefined {
	const remedy = "rename it, or name it in .dockerignore";
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	const [control] = /[\0-\x1f\x7f]/.exec(file) ?? [];
	if (control === "\n") return { reason: "is a file name with a line break", remedy };
	if (control !== undefined) return { reason: "is a file name with a control character", remedy };
	if (file.includes("\ufffd")) return { reason: "is a file name that is not UTF-8", remedy };
	if (kind === "unreadable")
		return {
			reason: "cannot be read by you",
			remedy: "give yourself the right to read it, or name it in .dockerignore",
		};
	if (kind === "other")
		return {
			reason: "is neither a file nor a folder nor a symbolic link",
			remedy: "remove it, or name it in .dockerignore",
		};
	if (kind === "link" && leadsOut(file, folder.target(file)))
		return {
			reason: `is a symbolic link that leads out of the app's folder, to ${quote(folder.target(file))}`,
			remedy: "put a copy in its place, or name it in .dockerignore",
		};
	return undefined;
}

/**
 * Whether a link may lead out of the folder, where each other link in it does not. One that goes up
 * after a name counts as such: the name may be a link's.
 */
function leadsOut(link: string, target: string): boolean {
	const steps = target.split("/").filter((step) => step !== "" && step !== ".");
	const up = steps.slice(0, steps.lastIndexOf("..") + 1);
	if (posix.isAbsolute(target) || up.some((step) => step !== "..")) return true;
	const end = posix.join(posix.dirname(link), target);
	return end === ".." || end.startsWith("../");
}
