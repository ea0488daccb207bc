/** Lock files of PEP 751: pylock.toml, and pylock.build.toml. */

import type { TomlTable } from "smol-toml";
import {
	holds,
	refuseOtherPlatforms,
	refuseOtherPython,
	refuseSource,
	refuseTwice,
} from "./checks.ts";
import { lockedFile } from "./files.ts";
import type { LockedDistribution, LockedFile, LockedFolder } from "./lock.ts";
import type { LockFile } from "./lock-file.ts";
import { markerEnvironment } from "./markers.ts";
import { byName, normalizeName } from "./names.ts";
import { folderFrom } from "./sources.ts";
import { describeTarget, type Target } from "./target.ts";

/** A lock file of PEP 751, its form checked. */
export interface Pylock {
	/** Versions of Python that it is for. */
	readonly requiresPython?: string;
	/** Markers, one of which must hold; empty: it is for every platform. */
	readonly environments: readonly string[];
	/** Dependency groups that it has, normalised. */
	readonly groups: readonly string[];
	/** Those that are installed if none is named. */
	readonly defaultGroups: readonly string[];
	readonly packages: readonly PylockPackage[];
	/** From which file `npm run lock` wrote it, and that file's digest (see project.ts). */
	readonly lockedFrom?: { readonly file: string; readonly sha256: string };
	/** By dependency group, SHA-256 of each source distribution whose build it was locked for. */
	readonly requires: Readonly<Record<string, readonly string[]>>;
	/** By name of a distribution that is a folder, the digest of its pyproject.toml (localDigest). */
	readonly directories: Readonly<Record<string, string>>;
}

/** An entry of `[[packages]]`. */
export interface PylockPackage extends LockedDistribution {
	/** On what condition it is installed. */
	readonly marker?: string;
	readonly requiresPython?: string;
	/** What it is instead of files of an index: `vcs`, `directory` or `archive`; `app`: the app itself. */
	readonly source?: string;
	/** Of a directory, from the app's folder. */
	readonly folder?: string;
}

/** Parses a lock file of PEP 751; its problems are collected in `file`. */
export function parsePylock(file: LockFile, text: string): Pylock {
	const root = parseRoot(file, text);
	const requiresPython = file.get(root, "", "requires-python", "text");
	return {
		...(requiresPython !== undefined && { requiresPython }),
		environments: file.get(root, "", "environments", "texts") ?? [],
		groups: (file.get(root, "", "dependency-groups", "texts") ?? []).map(normalizeName),
		defaultGroups: file.get(root, "", "default-groups", "texts") ?? [],
		packages: (file.get(root, "", "packages", "tables") ?? []).map((entry, index) =>
			parsePackage(file, entry, `packages[${index}]`),
		),
		...parseTool(file, root),
	};
}

/** The lock's table; an empty one, and a problem, if it is of another version of the form. */
function parseRoot(file: LockFile, text: string): TomlTable {
	const root = file.parseToml(text);
	if (file.problems.length > 0) return {};
	const version = file.need(root, "", "lock-version", "text");
	if (version !== undefined && /^1\.\d+$/.test(version)) return root;
	if (version !== undefined)
		file.refuse("lock-version", version, "is not 1.0, the version of PEP 751");
	return {};
}

function parsePackage(file: LockFile, entry: TomlTable, place: string): PylockPackage {
	const given = file.need(entry, `${place}.`, "name", "text") ?? "";
	const name = normalizeName(given);
	const key = given === "" ? place : `packages.${name}`;
	const source = ["vcs", "directory", "archive"].find((kind) => entry[kind] !== undefined);
	const directory = file.get(entry, `${key}.`, "directory", "table");
	const path = directory && file.need(directory, `${key}.directory.`, "path", "text");
	const inside = directory && file.get(directory, `${key}.directory.`, "subdirectory", "text");
	const folder = path === undefined ? undefined : folderFrom(file.folder, path, inside);
	const version = source
		? file.get(entry, `${key}.`, "version", "text")
		: file.need(entry, `${key}.`, "version", "text");
	const marker = file.get(entry, `${key}.`, "marker", "text");
	const requiresPython = file.get(entry, `${key}.`, "requires-python", "text");
	return {
		name,
		version: version ?? "",
		files: packageFiles(file, entry, key, name),
		...(marker !== undefined && { marker }),
		...(requiresPython !== undefined && { requiresPython }),
		...(source !== undefined && { source: folder === "." ? "app" : source }),
		...(folder !== undefined && { folder }),
	};
}

function packageFiles(
	file: LockFile,
	entry: TomlTable,
	key: string,
	distribution: string,
): LockedFile[] {
	const sdist = file.get(entry, `${key}.`, "sdist", "table");
	const wheels = file.get(entry, `${key}.`, "wheels", "tables") ?? [];
	return [
		...(sdist === undefined ? [] : [{ table: sdist, key: `${key}.sdist`, isWheel: false }]),
		...wheels.map((table, index) => ({ table, key: `${key}.wheels[${index}]`, isWheel: true })),
	].flatMap(({ table, key, isWheel }) => {
		const hashes = file.get(table, `${key}.`, "hashes", "table") ?? {};
		const found = lockedFile(file, {
			key,
			distribution,
			isWheel,
			name: file.get(table, `${key}.`, "name", "text"),
			url: file.get(table, `${key}.`, "url", "text"),
			path: file.get(table, `${key}.`, "path", "text"),
			size: file.get(table, `${key}.`, "size", "number"),
			sha256: file.get(hashes, `${key}.hashes.`, "sha256", "text"),
		});
		return found === undefined ? [] : [found];
	});
}

/** Reads `[tool.debian-python]`, which `npm run lock` writes. */
function parseTool(
	file: LockFile,
	root: TomlTable,
): Pick<Pylock, "lockedFrom" | "requires" | "directories"> {
	const prefix = "tool.debian-python.";
	const tool = file.get(root, "", "tool", "table") ?? {};
	const own = file.get(tool, "tool.", "debian-python", "table") ?? {};
	const from = file.get(own, prefix, "locked-from", "table");
	const requires = file.get(own, prefix, "requires", "table") ?? {};
	const directories = file.get(own, prefix, "directories", "table") ?? {};
	return {
		...(from !== undefined && {
			lockedFrom: {
				file: file.need(from, `${prefix}locked-from.`, "file", "text") ?? "",
				sha256: file.need(from, `${prefix}locked-from.`, "sha256", "text") ?? "",
			},
		}),
		requires: Object.fromEntries(
			Object.entries(requires).map(([group, digests]) => [
				normalizeName(group),
				[digests].flat().map(String),
			]),
		),
		directories: Object.fromEntries(
			Object.entries(directories).map(([name, digest]) => [normalizeName(name), String(digest)]),
		),
	};
}

/**
 * What of a lock a target is to have, in the order of names: of the default groups, or of `groups`.
 * Its problems are collected in `file`: one for another Python or platform, what is not in an index,
 * two versions of one name.
 */
export function selectPackages(
	file: LockFile,
	lock: Pylock,
	target: Target,
	groups: readonly string[] = lock.defaultGroups,
): LockedDistribution[] {
	const selected = select(file, lock, target, groups);
	for (const { name, source } of selected)
		if (source !== undefined) refuseSource(file, `packages.${name}.${source}`, name);
	return selected.map(({ name, version, files }) => ({ name, version, files })).sort(byName);
}

/** The same of what an app has at run time, which may be folders too. */
export function selectRuntime(
	file: LockFile,
	lock: Pylock,
	target: Target,
): { distributions: LockedDistribution[]; folders: LockedFolder[] } {
	const selected = select(file, lock, target, lock.defaultGroups);
	const folders = selected.flatMap(({ name, folder }) =>
		folder === undefined ? [] : { name, path: folder, key: `packages.${name}.directory.path` },
	);
	const others = selected.filter(({ folder }) => folder === undefined);
	for (const { name, source } of others)
		if (source !== undefined) refuseSource(file, `packages.${name}.${source}`, name);
	const distributions = others.map(({ name, version, files }) => ({ name, version, files }));
	return { distributions: distributions.sort(byName), folders: folders.sort(byName) };
}

function select(
	file: LockFile,
	lock: Pylock,
	target: Target,
	groups: readonly string[],
): PylockPackage[] {
	const environment = markerEnvironment(target, groups);
	refuseOtherPython(file, "requires-python", lock.requiresPython, target);
	refuseOtherPlatforms(file, "environments", lock.environments, environment, target);
	const selected = lock.packages.filter(
		({ name, marker, source }) =>
			source !== "app" && holds(file, `packages.${name}.marker`, marker, environment),
	);
	for (const { name, requiresPython } of selected)
		refuseOtherPython(file, `packages.${name}.requires-python`, requiresPython, target);
	refuseTwice(file, selected, describeTarget(target));
	return selected;
}
