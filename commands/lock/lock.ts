import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../../components/step/file.ts";
import type { Step } from "../../components/step/step.ts";
import type { App, AppSource } from "../../stacks/apps/app.ts";
import { lockedApp, readerOf } from "../../stacks/apps/locked.ts";
import { LockFile } from "../../stacks/lock/lock-file.ts";
import { buildSystemDigest, projectDigest } from "../../stacks/lock/project.ts";
import { buildLockName, type ReadFile, readProject } from "../../stacks/lock/read-lock.ts";
import {
	type PinnedRequirement,
	readPinned,
	requirementsDigest,
} from "../../stacks/lock/requirements.ts";
import { type Target, targetOf } from "../../stacks/lock/target.ts";
import { perPlatform } from "../../stacks/platforms.ts";
import type { Settings } from "../../stacks/settings.ts";
import { uv } from "../../stacks/uv.ts";
import { buildLockText, groupLocks } from "./build-lock.ts";
import {
	type LockRequest,
	type LockResult,
	type LockSource,
	lockInContainer,
} from "./container.ts";
import { type Package, packagesOf, pylockText } from "./pylock-file.ts";
import { isRequirements, REQUIREMENTS, sourceOf } from "./source.ts";
import { refuseUnindexed } from "./unindexed.ts";

/** What is locked, and how. */
export interface LockArgs {
	readonly settings: Settings;
	readonly app: AppSource;
	/** The stack's image wheelbuild, which is there. */
	readonly image: string;
	/** Whether the newest versions are taken. */
	readonly upgrade: boolean;
	/** Whether the locks say where files are. */
	readonly urls: boolean;
}

/**
 * Lock an app: write its lock, and pylock.build.toml where something is compiled. What is written was
 * read as a build reads it.
 *
 * @throws StepError, or LockError where a build would refuse the locks. Nothing is written then.
 */
export async function lockApp(step: Step, args: LockArgs): Promise<App> {
	const { app, settings } = args;
	const { platform, caBundle } = settings;
	const read = readerOf(app);
	const source = sourceOf(app.folder, read);
	refuseUnindexed(app.folder, source, read, targetsOf(args)[0]);
	const pinned = isRequirements(source) ? readPinned(app.folder, source, read) : undefined;
	const place = {
		image: args.image,
		platform,
		caBundle,
		folder: app.folder,
		files: filesOf(app, read),
	};
	const result = await lockInContainer(step, place, requestOf(args, source, read));
	const texts = lockTexts(args, { source, pinned }, result, read);
	const readNew: ReadFile = (name) => (name in texts ? texts[name] : read(name));
	const [locked] = targetsOf(args).map((target) => lockedApp(app, target, readNew)) as [App];
	for (const [name, text] of Object.entries(texts)) {
		const file = join(app.folder, name);
		if (text === undefined) await rm(file, { force: true });
		else if (text !== read(name)) await writeWhole(file, text);
	}
	return locked;
}

/** What uv and build backends may look at: the app's files, and the locks, which are none of them. */
function filesOf(app: AppSource, read: ReadFile): string[] {
	const locks = ["pylock.toml", "uv.lock", ...REQUIREMENTS];
	const there = locks.filter((name) => read(name) !== undefined);
	return [...new Set(["pyproject.toml", ...app.files, ...there])];
}

function requestOf(
	{ app, settings, upgrade }: LockArgs,
	source: LockSource,
	read: ReadFile,
): LockRequest {
	return {
		source,
		upgrade,
		uv: { version: uv.version, sha256: uv.sha256[settings.architecture] },
		fromSource: app.fromSource,
		packages: [...new Set(Object.values(app.buildPackages).flat())].sort(),
		machines: targetsOf({ settings, app }).map(({ machine }) => machine),
		app: app.isPackage ? app.name : null,
		preferences: groupLocks(read(buildLockName)),
	};
}

/** For what an app is locked: the stack's first platform comes first. */
function targetsOf({ settings, app }: Pick<LockArgs, "settings" | "app">): [Target, ...Target[]] {
	const [first, ...others] = perPlatform(settings);
	const of = (each: Settings) => targetOf(each, app.python);
	return [of(first), ...others.map(of)];
}

/** From what an app is locked. */
interface From {
	readonly source: LockSource;
	/** Of a requirements file with hashes, what these pin. */
	readonly pinned: readonly PinnedRequirement[] | undefined;
}

/** The files that are to be written, by name; undefined: it is to go. */
function lockTexts(
	args: LockArgs,
	{ source, pinned }: From,
	{ lock, uvLock, groups }: LockResult,
	read: ReadFile,
): Record<string, string | undefined> {
	const { app, urls } = args;
	const targets = targetsOf(args);
	const project = readProject(app.folder, read);
	const requires = Object.fromEntries(
		Object.entries(groups).map(([name, { sdists }]) => [
			name,
			name === app.name ? [buildSystemDigest(project)] : sdists,
		]),
	);
	const hasBuilds = Object.keys(groups).length > 0;
	const build = hasBuilds ? buildLockText({ targets, groups, requires, urls }) : undefined;
	if (source === "uv.lock")
		return { ...(uvLock !== null && { "uv.lock": uvLock }), [buildLockName]: build };
	const sha256 = isRequirements(source) ? requirementsDigest(source, read) : projectDigest(project);
	const locked = packagesOf(lock, urls);
	const packages =
		pinned === undefined ? locked : withHashesOf(new LockFile(app.folder, source), pinned, locked);
	const tool = { "locked-from": { file: source, sha256 } };
	return {
		"pylock.toml": pylockText({ targets, packages, tool }),
		[buildLockName]: build,
	};
}

/** Of a requirements file with hashes only the files that these name, as pip would have it. */
function withHashesOf(
	file: LockFile,
	pinned: readonly PinnedRequirement[],
	packages: readonly Package[],
): readonly Package[] {
	const restricted = packages.map((entry) => {
		const own = pinned.filter(({ name }) => name === entry.name);
		const hashes = new Set(own.flatMap(({ sha256 }) => sha256));
		return { ...entry, rest: withHashes(entry.rest, hashes) };
	});
	for (const { name, version, rest } of restricted)
		if (rest.sdist === undefined && rest.wheels === undefined)
			file.refuse(
				name,
				version,
				"has no file in the package index that a hash of it names",
				"write the hashes of a release that the index has",
			);
	file.finish();
	return restricted;
}

function withHashes(rest: Package["rest"], known: ReadonlySet<string>): Package["rest"] {
	const { sdist, wheels, ...others } = rest;
	const isKnown = (file: unknown) =>
		known.has((file as { hashes: { sha256: string } }).hashes.sha256);
	const fitting = Array.isArray(wheels) ? wheels.filter(isKnown) : [];
	return {
		...others,
		...(sdist !== undefined && isKnown(sdist) && { sdist }),
		...(fitting.length > 0 && { wheels: fitting }),
	};
}
