/** Finds the locks in an app's folder, and reads them. */

import { posix } from "node:path";
import { satisfies } from "@renovatebot/pep440";
import type { LockedDistribution, LockedFolder } from "./lock.ts";
import { LockFile } from "./lock-file.ts";
import { markerEnvironment } from "./markers.ts";
import {
	localDigest,
	type Project,
	parseProject,
	projectDigest,
	projectRequirements,
} from "./project.ts";
import { type Pylock, parsePylock, selectRuntime } from "./pylock.ts";
import { parseRequirements, requirementsDigest } from "./requirements.ts";
import type { Target } from "./target.ts";
import { readUvLock } from "./uv-lock.ts";
import { findWorkspace } from "./workspace.ts";

/** Gives the text of a file of an app's folder, by its name; `undefined` if it is not there. */
export type ReadFile = (name: string) => string | undefined;

/** What an app is to have at run time. */
export interface Lock {
	/** The app's folder, as the stack has it. */
	readonly folder: string;
	/** `pylock.toml` or `uv.lock`, which may be that of a workspace: `../../uv.lock`. */
	readonly name: string;
	/** What the target is to have, in the order of names. */
	readonly distributions: readonly LockedDistribution[];
	/** Of that, what is a folder. */
	readonly folders: readonly LockedFolder[];
	/** Names of all distributions of the lock, for whichever target. */
	readonly names: ReadonlySet<string>;
}

/** What the distributions that are compiled are built with: pylock.build.toml. */
export interface BuildLock {
	/** The app's folder, as the stack has it. */
	readonly folder: string;
	readonly pylock: Pylock;
}

/** Name of the lock of build requirements, beside the lock (PEP 751 has the form). */
export const buildLockName = "pylock.build.toml";

/** Names of the locks, of which the first that an app has is read. */
export const lockNames = ["pylock.toml", "uv.lock"] as const;

/**
 * Reads the lock of an app, which is the first of {@link lockNames}. Throws a LockError if
 * there is none, or one that is stale, for another target, or not whole.
 */
export function readLock(folder: string, read: ReadFile, target: Target): Lock {
	const project = readProject(folder, read);
	const pylock = read("pylock.toml");
	if (pylock !== undefined) return readPylock(folder, read, pylock, project, target);
	const name = uvLockName(folder, read);
	if (name === undefined) return refuseOthers(folder, read("requirements.txt"));
	const file = new LockFile(folder, name);
	const projectOf = (path: string) =>
		read(posix.join(path, "pyproject.toml")) === undefined
			? undefined
			: readProject(folder, read, path);
	const root = posix.dirname(name);
	const selection = readUvLock(file, read(name) ?? "", { project, projectOf, root }, target);
	file.finish();
	return { folder, name, ...selection };
}

/** The uv.lock of an app, from its folder: its own, or that of its workspace; undefined if there is none. */
export function uvLockName(folder: string, read: ReadFile): string | undefined {
	if (read("uv.lock") !== undefined) return "uv.lock";
	const workspace = findWorkspace(folder, read);
	const name = posix.join(workspace?.root ?? "", "uv.lock");
	return workspace !== undefined && read(name) !== undefined ? name : undefined;
}

/**
 * Reads an app's pyproject.toml, as far as locks depend on it; throws a LockError.
 *
 * @param path from the app's folder, another one's.
 */
export function readProject(folder: string, read: ReadFile, path = ""): Project {
	const name = posix.join(path, "pyproject.toml");
	const file = new LockFile(folder, name, "mend it");
	const project = parseProject(file, read(name) ?? "");
	file.finish();
	return {
		...project,
		sources: [...project.sources, ...workspaceSources(folder, read, path, project)],
	};
}

/** What a project's workspace says of where dependencies are: of those that it says nothing of. */
function workspaceSources(
	folder: string,
	read: ReadFile,
	path: string,
	{ sources }: Project,
): Project["sources"] {
	const workspace = findWorkspace(folder, read, path);
	if (workspace === undefined || workspace.member === "") return [];
	const up = posix.relative(workspace.member, "");
	return workspace.sources
		.filter(({ name }) => !sources.some((own) => own.name === name))
		.map(({ place, ...source }) => ({
			...source,
			place: place && "path" in place ? { path: posix.join(up, place.path) } : place,
		}));
}

/** Reads an app's pylock.build.toml; `undefined` if it has none. Throws a LockError. */
export function readBuildLock(folder: string, read: ReadFile): BuildLock | undefined {
	const text = read(buildLockName);
	if (text === undefined) return undefined;
	const file = new LockFile(folder, buildLockName);
	const pylock = parsePylock(file, text);
	file.finish();
	return { folder, pylock };
}

function readPylock(
	folder: string,
	read: ReadFile,
	text: string,
	project: Project,
	target: Target,
): Lock {
	const file = new LockFile(folder, "pylock.toml");
	const pylock = parsePylock(file, text);
	const { distributions, folders } = selectRuntime(file, pylock, target);
	const others = folders.flatMap(({ name, path }) => {
		const other = read(posix.join(path, "pyproject.toml"));
		// Where there is none, that is told later.
		if (other === undefined) return [];
		return [{ name, path, text: other, project: readProject(folder, read, path) }];
	});
	if (pylock.lockedFrom === undefined)
		for (const each of [project, ...others.map((other) => other.project)])
			refuseUnmet(file, [...distributions, ...folders], each, target);
	else {
		refuseStale(file, pylock.lockedFrom, read, project);
		for (const other of others)
			if (pylock.directories[other.name] !== localDigest(other.project, other.text))
				file.refuse(
					`tool.debian-python.directories.${other.name}`,
					other.path,
					"has other dependencies since: the lock is stale",
				);
	}
	file.finish();
	const names = new Set(pylock.packages.map(({ name }) => name));
	return { folder, name: "pylock.toml", distributions, folders, names };
}

/** Refuses a lock whose source, which it names, has changed since. */
function refuseStale(
	file: LockFile,
	lockedFrom: NonNullable<Pylock["lockedFrom"]>,
	read: ReadFile,
	project: Project,
): void {
	const key = "tool.debian-python.locked-from";
	const { file: source } = lockedFrom;
	if (source === "pyproject.toml") {
		if (projectDigest(project) !== lockedFrom.sha256)
			file.refuse(key, source, "has other dependencies since: the lock is stale");
		return;
	}
	if (!/^\w[\w.-]*$/.test(source) || read(source) === undefined)
		file.refuse(key, source, "is no file of the folder");
	else if (requirementsDigest(source, read) !== lockedFrom.sha256)
		file.refuse(key, source, "has changed since, or what it includes: the lock is stale");
}

/** Refuses a lock of another tool that lacks what the project needs. */
function refuseUnmet(
	file: LockFile,
	distributions: readonly { readonly name: string; readonly version?: string }[],
	project: Project,
	target: Target,
): void {
	// Of a folder, whose version may change with each commit, there is none.
	const versions = new Map(distributions.map(({ name, version = "" }) => [name, version]));
	for (const { name, specifier } of projectRequirements(file, project, markerEnvironment(target))) {
		const version = versions.get(name);
		if (version === undefined)
			file.refuse("packages", name, "of pyproject.toml is not in it: the lock is stale");
		else if (
			specifier !== "" &&
			version !== "" &&
			!satisfies(version, specifier, { prereleases: true })
		)
			file.refuse(
				`packages.${name}.version`,
				version,
				`is not ${specifier}, as pyproject.toml wants it: the lock is stale`,
			);
	}
}

/** Refuses a folder that has a requirements file alone, or nothing. */
function refuseOthers(folder: string, requirements: string | undefined): never {
	const name = requirements === undefined ? "pylock.toml" : "requirements.txt";
	const file = new LockFile(folder, name);
	const remedy = `${file.relock}, which writes pylock.toml from it`;
	if (requirements === undefined)
		file.refuse("the file", undefined, "is there, nor is a uv.lock or a requirements.txt");
	else {
		parseRequirements(file, requirements);
		if (file.problems.length === 0)
			file.refuse("--hash", undefined, "tells which files the hashes are of", remedy);
	}
	file.finish();
	throw new Error("unreachable: there is a problem");
}
