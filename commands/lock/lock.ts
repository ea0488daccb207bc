import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeWhole } from "../../components/step/file.ts";
import type { Step } from "../../components/step/step.ts";
import type { App, AppSource } from "../../stacks/apps/app.ts";
import { lockedApp, readerOf } from "../../stacks/apps/locked.ts";
import { LockFile } from "../../stacks/lock/lock-file.ts";
import { buildSystemDigest, localDigest, projectDigest } from "../../stacks/lock/project.ts";
import {
	buildLockName,
	type ReadFile,
	readProject,
	uvLockName,
} from "../../stacks/lock/read-lock.ts";
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
	placeOf,
} from "./container.ts";
import { foldersOf, type LockedWith } from "./folders.ts";
import { type Package, packagesOf, pylockText } from "./pylock-file.ts";
import { isRequirements, REQUIREMENTS, sourceOf } from "./source.ts";

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
	const found = foldersOf(app, source, read, targetsOf(args));
	const pinned = isRequirements(source) ? readPinned(app.folder, source, read) : undefined;
	const place = {
		image: args.image,
		platform,
		caBundle,
		folder: app.folder,
		folders: found.map((each) => ({ ...each, files: filesOf(app, each, read) })),
	};
	const request = requestOf(args, source, found, read);
	const result = await lockInContainer(step, place, request);
	const texts = lockTexts(args, { source, pinned, request }, result, read);
	const readNew: ReadFile = (name) => (name in texts ? texts[name] : read(name));
	const [locked] = targetsOf(args).map((target) => lockedApp(app, target, readNew)) as [App];
	for (const [name, text] of Object.entries(texts)) {
		const file = join(app.folder, name);
		if (text === undefined) await rm(file, { force: true });
		else if (text !== read(name)) await writeWhole(file, text);
	}
	return locked;
}

/**
 * What uv and build backends may look at: a folder's files, and the locks, which are none of them. Of what
 * is not the app only that of a workspace is looked at.
 */
function filesOf(app: AppSource, { path, files }: LockedWith, read: ReadFile): string[] {
	const isApp = path === ".";
	const locks = isApp ? ["pylock.toml", "uv.lock", ...REQUIREMENTS] : ["uv.lock"];
	const there = locks.filter((name) => read(join(path, name)) !== undefined);
	return [...new Set(["pyproject.toml", ...(isApp ? app.files : files), ...there])];
}

function requestOf(
	{ app, settings, upgrade }: LockArgs,
	source: LockSource,
	folders: readonly LockedWith[],
	read: ReadFile,
): LockRequest {
	// As many folders above the app's as the paths lead up.
	const up = Math.max(...folders.map(({ path }) => path.split("/").lastIndexOf("..") + 1));
	return {
		source,
		upgrade,
		folder: up === 0 ? "" : resolve(app.folder).split("/").slice(-up).join("/"),
		uvLock: uvLockName(app.folder, read) ?? "uv.lock",
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
	readonly request: LockRequest;
}

/** The files that are to be written, by name; undefined: it is to go. */
function lockTexts(
	args: LockArgs,
	{ source, pinned, request }: From,
	{ lock, uvLock, groups }: LockResult,
	read: ReadFile,
): Record<string, string | undefined> {
	const { app, urls } = args;
	const targets = targetsOf(args);
	const project = readProject(app.folder, read);
	const locked = packagesOf(lock, urls, placeOf(request));
	const paths = new Map(
		locked.flatMap(({ name, path }) => (path === undefined || path === "." ? [] : [[name, path]])),
	);
	const requires = Object.fromEntries(
		Object.entries(groups).map(([name, { sdists }]) => {
			const path = name === app.name ? "" : paths.get(name);
			const own =
				path === undefined ? [] : [buildSystemDigest(readProject(app.folder, read, path))];
			return [name, [...own, ...sdists]];
		}),
	);
	const hasBuilds = Object.keys(groups).length > 0;
	const build = hasBuilds ? buildLockText({ targets, groups, requires, urls }) : undefined;
	if (source === "uv.lock")
		return { ...(uvLock !== null && { [request.uvLock]: uvLock }), [buildLockName]: build };
	const sha256 = isRequirements(source) ? requirementsDigest(source, read) : projectDigest(project);
	const packages =
		pinned === undefined ? locked : withHashesOf(new LockFile(app.folder, source), pinned, locked);
	const directories = Array.from(paths, ([name, path]) => {
		const text = read(join(path, "pyproject.toml")) ?? "";
		return [name, localDigest(readProject(app.folder, read, path), text)];
	});
	const tool = {
		"locked-from": { file: source, sha256 },
		...(directories.length > 0 && { directories: Object.fromEntries(directories) }),
	};
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
		// What changes with the code has none.
		if (entry.path !== undefined) return entry;
		const own = pinned.filter(({ name }) => name === entry.name);
		const hashes = new Set(own.flatMap(({ sha256 }) => sha256));
		return { ...entry, rest: withHashes(entry.rest, hashes) };
	});
	for (const { name, version, rest, path } of restricted)
		if (path === undefined && rest.sdist === undefined && rest.wheels === undefined)
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
