/** Finds the locks in an app's folder, and reads them. */

import { satisfies } from "@renovatebot/pep440";
import type { LockedDistribution } from "./lock.ts";
import { LockFile } from "./lock-file.ts";
import { markerEnvironment } from "./markers.ts";
import { type Project, parseProject, projectDigest, projectRequirements } from "./project.ts";
import { type Pylock, parsePylock, selectPackages } from "./pylock.ts";
import { parseRequirements, requirementsDigest } from "./requirements.ts";
import type { Target } from "./target.ts";
import { readUvLock } from "./uv-lock.ts";

/** Gives the text of a file of an app's folder, by its name; `undefined` if it is not there. */
export type ReadFile = (name: string) => string | undefined;

/** What an app is to have at run time. */
export interface Lock {
	/** The app's folder, as the stack has it. */
	readonly folder: string;
	/** `pylock.toml` or `uv.lock`. */
	readonly name: string;
	/** What the target is to have, in the order of names. */
	readonly distributions: readonly LockedDistribution[];
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
	const uvLock = read("uv.lock");
	if (uvLock !== undefined) {
		const file = new LockFile(folder, "uv.lock");
		const { distributions, names } = readUvLock(file, uvLock, project, target);
		file.finish();
		return { folder, name: "uv.lock", distributions, names };
	}
	return refuseOthers(folder, read("requirements.txt"));
}

/** Reads an app's pyproject.toml, as far as locks depend on it; throws a LockError. */
export function readProject(folder: string, read: ReadFile): Project {
	const file = new LockFile(folder, "pyproject.toml", "mend it");
	const project = parseProject(file, read("pyproject.toml") ?? "");
	file.finish();
	return project;
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
	const distributions = selectPackages(file, pylock, target);
	if (pylock.lockedFrom === undefined) refuseUnmet(file, distributions, project, target);
	else refuseStale(file, pylock.lockedFrom, read, project);
	file.finish();
	const names = new Set(pylock.packages.map(({ name }) => name));
	return { folder, name: "pylock.toml", distributions, names };
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
	distributions: readonly LockedDistribution[],
	project: Project,
	target: Target,
): void {
	const versions = new Map(distributions.map(({ name, version }) => [name, version]));
	for (const { name, specifier } of projectRequirements(file, project, markerEnvironment(target))) {
		const version = versions.get(name);
		if (version === undefined)
			file.refuse("packages", name, "of pyproject.toml is not in it: the lock is stale");
		else if (specifier !== "" && !satisfies(version, specifier, { prereleases: true }))
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
