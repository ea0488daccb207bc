/** From apps to what their locks have for a stack. */

import { createHash } from "node:crypto";
import { chooseFiles, chooseOwnBuild } from "../lock/choose.ts";
import { LockError } from "../lock/lock-error.ts";
import { LockFile, lockCommand } from "../lock/lock-file.ts";
import { buildSystemDigest } from "../lock/project.ts";
import {
	buildLockName,
	type Lock,
	type ReadFile,
	readBuildLock,
	readLock,
	readProject,
	uvLockName,
} from "../lock/read-lock.ts";
import { type Target, targetOf } from "../lock/target.ts";
import type { Settings } from "../settings.ts";
import type { App, AppSource, LocalDistribution } from "./app.ts";
import { folderOnDisk, readIfThere } from "./folder.ts";
import { type OpenFolder, readLocal, refuseCircles } from "./local.ts";

/**
 * The apps of a stack with what is to be done for each distribution of their locks, which are read
 * from their folders.
 *
 * @throws LockError with everything that is wrong in any of them.
 */
export function lockedApps(settings: Settings): App[] {
	const errors: LockError[] = [];
	const apps = settings.apps.flatMap((app) => {
		try {
			return lockedApp(app, targetOf(settings, app.python));
		} catch (error) {
			if (!(error instanceof LockError)) throw error;
			errors.push(forStack(error, app.folder, settings.stack));
			return [];
		}
	});
	if (errors.length > 0) throw new LockError(errors.flatMap(({ problems }) => problems));
	return apps;
}

/** The same error, with the stack in the command that mends it: by default that locks for another one. */
function forStack({ problems }: LockError, folder: string, stack: string): LockError {
	const command = lockCommand(folder);
	const named = (remedy: string) => remedy.replace(command, () => `${command} -s ${stack}`);
	return new LockError(problems.map((each) => ({ ...each, remedy: named(each.remedy) })));
}

/**
 * An app with what its locks have for a target.
 *
 * @param read gives the locks and pyproject.toml, of the app's folder by default.
 * @param open opens folders of its distributions; the disk's by default.
 * @throws LockError with everything that is wrong in them.
 */
export function lockedApp(
	app: AppSource,
	target: Target,
	read = readerOf(app),
	open?: OpenFolder,
): App {
	const { folder, name, fromSource, buildPackages, isPackage } = app;
	const lock = readLock(folder, read, target);
	refuseUnknownExceptions(app, lock);
	const options = { fromSource, buildPackages, buildLock: readBuildLock(folder, read) };
	const ownBuild = (of: { name: string; path?: string }) => {
		const digest = buildSystemDigest(readProject(folder, read, of.path));
		return chooseOwnBuild(lock, { ...of, digest }, target, options);
	};
	const locals = readLocals(app, lock, read, open);
	return {
		...app,
		distributions: chooseFiles(lock, target, options),
		buildRequirements: isPackage ? ownBuild({ name }) : [],
		locals: locals.map(
			(local): LocalDistribution => ({ ...local, buildRequirements: ownBuild(local) }),
		),
	};
}

/** The folders that a lock has as distributions. */
function readLocals(app: AppSource, lock: Lock, read: ReadFile, open?: OpenFolder) {
	const { folder, name } = app;
	const file = new LockFile(folder, lock.name);
	const found = lock.folders.flatMap((each) => readLocal(file, folder, each, open) ?? []);
	const all = found.map((each) => ({ ...each, project: readProject(folder, read, each.path) }));
	refuseCircles(file, { name, project: readProject(folder, read) }, all);
	file.finish();
	return found;
}

/** An exception that is none any more, or misspelt, would hide what it was not made for. */
function refuseUnknownExceptions(app: AppSource, lock: Lock): void {
	const file = new LockFile(app.folder, "pyproject.toml");
	for (const name of Object.keys(app.importExceptions))
		if (name !== app.name && !lock.names.has(name))
			file.refuse(
				"tool.debian-python.import-exceptions",
				name,
				`is no distribution of ${lock.name}`,
				"write the name of one, or leave it out",
			);
	file.finish();
}

/**
 * The locks that an app's images follow from, with the SHA-256 of each.
 *
 * @param read gives them, of the app's folder by default.
 */
export function lockDigests(
	app: AppSource,
	read = readerOf(app),
): { name: string; sha256: string }[] {
	const name = read("pylock.toml") === undefined ? uvLockName(app.folder, read) : "pylock.toml";
	return [name, buildLockName].flatMap((each) => {
		const text = each === undefined ? undefined : read(each);
		if (each === undefined || text === undefined) return [];
		return { name: each, sha256: createHash("sha256").update(text).digest("hex") };
	});
}

/** Gives the text of a file of an app's folder. */
export function readerOf({ folder }: AppSource): ReadFile {
	const content = folderOnDisk(folder);
	return (file) => readIfThere(content, file);
}
