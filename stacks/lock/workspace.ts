/** The workspace of uv's that a project is a member of: its root has the lock, and sources for all. */

import { posix, resolve } from "node:path";
import type { TomlTable } from "smol-toml";
import { LockFile } from "./lock-file.ts";
import type { ReadFile } from "./read-lock.ts";
import { parseSources, type Source } from "./sources.ts";

/** A workspace that has a project as a member. */
export interface Workspace {
	/** The root, from the app's folder: `../..`. */
	readonly root: string;
	/** The project, from the root: `libs/core`; empty: it is the root. */
	readonly member: string;
	/** Patterns of the folders of members, from the root, and of those that are none. */
	readonly members: readonly string[];
	readonly exclude: readonly string[];
	/** What the root has for all members. */
	readonly sources: readonly Source[];
}

/**
 * The workspace of a project, if it is in one: uv takes the first folder above, or the project's own,
 * that has `[tool.uv.workspace]`.
 *
 * @param folder the app's.
 * @param path the project's, from there.
 */
export function findWorkspace(folder: string, read: ReadFile, path = ""): Workspace | undefined {
	const here = resolve(folder, path);
	for (let up = 0; up < here.split("/").length; up++) {
		const root = posix.join(path, "../".repeat(up)).replace(/(?<=.)\/$/, "");
		const text = readAbove(read, posix.join(root, "pyproject.toml"));
		if (!text?.includes("workspace")) continue;
		const file = new LockFile(folder, posix.join(root, "pyproject.toml"), "mend it");
		const tool = file.get(file.parseToml(text), "", "tool", "table") ?? {};
		const uv = file.get(tool, "tool.", "uv", "table") ?? {};
		const table = file.get(uv, "tool.uv.", "workspace", "table");
		if (table === undefined) continue;
		const member = up === 0 ? "" : here.split("/").slice(-up).join("/");
		const workspace = { root, member, ...patterns(file, table), sources: parseSources(file, tool) };
		file.finish();
		return isMember(workspace, member) ? workspace : undefined;
	}
	return undefined;
}

/** A folder above may be one that this user may not look into, and has none then. */
function readAbove(read: ReadFile, name: string): string | undefined {
	try {
		return read(name);
	} catch {
		return undefined;
	}
}

function patterns(file: LockFile, table: TomlTable): Pick<Workspace, "members" | "exclude"> {
	const list = (key: string) => file.get(table, "tool.uv.workspace.", key, "texts") ?? [];
	return { members: list("members").map(plain), exclude: list("exclude").map(plain) };
}

const plain = (pattern: string) => posix.join(pattern).replace(/(?<=.)\/$/, "");

/** Whether a folder, from the root, is one of a workspace's. */
export function isMember(
	{ members, exclude }: Pick<Workspace, "members" | "exclude">,
	folder: string,
): boolean {
	if (folder === "") return true;
	const matches = (pattern: string) => posix.matchesGlob(folder, pattern);
	return members.some(matches) && !exclude.some(matches);
}
