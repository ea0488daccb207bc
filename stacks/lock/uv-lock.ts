/** uv.lock: the lock of uv's projects, of which a target has a part. */

import { clean } from "@renovatebot/pep440";
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
import { type MarkerEnvironment, markerEnvironment } from "./markers.ts";
import { byName, normalizeName } from "./names.ts";
import { type Project, projectRequirements } from "./project.ts";
import { folderFrom, sourceOf } from "./sources.ts";
import { describeTarget, type Target } from "./target.ts";

/** What uv has written, uv writes again. */
const relock = "run uv lock in its folder";

/** A folder is this, a member of the workspace or not, and with a build system or not. */
const FOLDERS = ["editable", "directory", "virtual"] as const;

/** A `[[package]]`. */
interface UvPackage {
	readonly name: string;
	readonly version: string;
	readonly table: TomlTable;
	readonly source: TomlTable;
	/** For messages. */
	readonly key: string;
}

/** What uv.lock is read with. */
interface Walk {
	readonly file: LockFile;
	readonly packages: readonly UvPackage[];
	readonly environment: MarkerEnvironment;
}

/** What a target has of a uv.lock. */
export interface UvSelection {
	/** In the order of names. */
	readonly distributions: readonly LockedDistribution[];
	/** Those that are folders. */
	readonly folders: readonly LockedFolder[];
	/** Names of all distributions of the lock, for whichever target. */
	readonly names: ReadonlySet<string>;
}

/** Whose lock is read. */
export interface UvProject {
	/** What the app's pyproject.toml says. */
	readonly project: Project;
	/** The same of a folder's, by its path from the app's; undefined where it has none. */
	readonly projectOf: (path: string) => Project | undefined;
	/** The lock's folder, from the app's: `../..`; empty: the same. */
	readonly root: string;
}

/**
 * What of a uv.lock an app on a target is to have, in the order of names: what its dependencies
 * need, not its extras and dependency groups. Its problems are collected in `file`: a stale one, one
 * for another Python or platform, what is not in an index, what has no hash.
 */
export function readUvLock(
	file: LockFile,
	text: string,
	{ project, projectOf, root: rootPath }: UvProject,
	target: Target,
): UvSelection {
	const nothing = { distributions: [], folders: [], names: new Set<string>() };
	const root = file.parseToml(text);
	if (file.problems.length > 0) return nothing;
	const environment = markerEnvironment(target);
	const version = file.need(root, "", "version", "number");
	if (version !== undefined && version !== 1)
		file.refuse("version", version, "is not 1, the version of uv.lock that is known here");
	if (file.problems.length > 0) return nothing;
	refuseOtherPython(file, "requires-python", file.get(root, "", "requires-python", "text"), target);
	const supported = file.get(root, "", "supported-markers", "texts") ?? [];
	refuseOtherPlatforms(file, "supported-markers", supported, environment, target);
	const packages = (file.get(root, "", "package", "tables") ?? []).map((table, index) =>
		parsePackage(file, table, index),
	);
	const walk = { file, packages, environment };
	const folderOf = ({ source }: UvPackage) => {
		const [path] = FOLDERS.flatMap((kind) => textOf(source[kind]) ?? []);
		return path === undefined ? undefined : folderFrom(file.folder, rootPath, path);
	};
	const app = findApp(walk, project, folderOf);
	if (file.problems.length > 0 || app === undefined) return nothing;
	refuseStale(walk, app, project);
	const reached = reach(walk, app);
	refuseTwice(file, reached, describeTarget(target));
	const folders = reached.flatMap((entry): LockedFolder[] => {
		const path = folderOf(entry);
		if (path === undefined) return [];
		const other = projectOf(path);
		if (other !== undefined) refuseStale(walk, entry, other);
		return [{ name: entry.name, path, key: `${entry.key}.source` }];
	});
	const others = reached.filter((entry) => folderOf(entry) === undefined);
	return {
		distributions: others.map((entry) => distributionOf(file, entry)).sort(byName),
		folders: folders.sort(byName),
		names: new Set(packages.map(({ name }) => name)),
	};
}

function parsePackage(file: LockFile, table: TomlTable, index: number): UvPackage {
	const name = normalizeName(file.need(table, `package[${index}].`, "name", "text") ?? "");
	const key = `package.${name}`;
	return {
		name,
		// A project's own version may be dynamic
		version: file.get(table, `${key}.`, "version", "text") ?? "",
		source: file.need(table, `${key}.`, "source", "table") ?? {},
		table,
		key,
	};
}

/** The package that the app's folder is. */
function findApp(
	{ file, packages }: Walk,
	{ name }: Project,
	folderOf: (entry: UvPackage) => string | undefined,
): UvPackage | undefined {
	const app = packages.find((entry) => folderOf(entry) === "." && entry.name === name);
	if (app === undefined)
		file.refuse("package", name, "of pyproject.toml is no package of it", relock);
	return app;
}

/** Refuses a lock of other dependencies than a project has. Compared is what applies. */
function refuseStale(walk: Walk, entry: UvPackage, project: Project): void {
	const { file, environment } = walk;
	if (project.dependencies === undefined) return;
	const metadata = file.get(entry.table, `${entry.key}.`, "metadata", "table") ?? {};
	const prefix = `${entry.key}.metadata.`;
	const locked = (file.get(metadata, prefix, "requires-dist", "tables") ?? [])
		.filter((entry) => holds(file, `${prefix}requires-dist`, textOf(entry.marker), environment))
		.map(({ name, extras, specifier, ...rest }) => {
			const isFolder = FOLDERS.some((kind) => kind in rest);
			const range = isFolder ? FOLDER : (textOf(specifier) ?? "");
			return canonical(textOf(name) ?? "", [extras ?? []].flat().map(String), range);
		});
	const wanted = projectRequirements(file, project, environment).map((requirement) => {
		const isFolder = sourceOf(file, project.sources, requirement, environment)?.place;
		const range = isFolder ? FOLDER : requirement.specifier;
		return canonical(requirement.name, requirement.extras, range);
	});
	const refuse = (requirements: ReadonlySet<string>, what: string) => {
		for (const requirement of requirements)
			file.refuse(`${prefix}requires-dist`, requirement, `${what}: the lock is stale`, relock);
	};
	const [now, then] = [new Set(wanted), new Set(locked)];
	refuse(now.difference(then), "of pyproject.toml is not in it");
	refuse(then.difference(now), "is not in pyproject.toml any more");
}

/** In the place of a version specifier, which uv leaves out of what is a folder. */
const FOLDER = " (a folder)";

/** `name[extra,other]<2,>=1`: the same for requirements that mean the same. */
function canonical(name: string, extras: readonly string[], specifier: string): string {
	const sortedExtras = extras.map(normalizeName).sort().join(",");
	if (specifier === FOLDER)
		return normalizeName(name) + (sortedExtras && `[${sortedExtras}]`) + FOLDER;
	const specifiers = specifier.split(",").map((part) => {
		const [, operator = "", version = ""] = /^\s*([<>=!~]*)\s*(\S*)/.exec(part) ?? [];
		// uv writes 1.0-beta.2 as 1.0b2; what ends with .* is no version.
		return operator + (clean(version) ?? version);
	});
	return `${normalizeName(name)}${sortedExtras && `[${sortedExtras}]`}${specifiers.sort().join(",")}`;
}

const textOf = (value: unknown): string | undefined =>
	typeof value === "string" ? value : undefined;

/** All packages that an app needs, through the dependencies that apply, each once. */
function reach(walk: Walk, app: UvPackage): UvPackage[] {
	const reached = new Set<UvPackage>();
	const seen = new Set<string>();
	const open: { entry: UvPackage; extra?: string }[] = [{ entry: app }];
	for (let next = open.pop(); next !== undefined; next = open.pop()) {
		const { entry, extra } = next;
		const id = JSON.stringify([walk.packages.indexOf(entry), extra]);
		if (seen.has(id)) continue;
		seen.add(id);
		reached.add(entry);
		open.push(...dependenciesOf(walk, entry, extra));
	}
	reached.delete(app);
	return [...reached];
}

/** What a package needs itself, or for an extra, as far as it applies. */
function dependenciesOf(
	walk: Walk,
	{ table, key }: UvPackage,
	extra: string | undefined,
): { entry: UvPackage; extra?: string }[] {
	const { file, environment } = walk;
	const optional = file.get(table, `${key}.`, "optional-dependencies", "table") ?? {};
	const place = extra === undefined ? `${key}.` : `${key}.optional-dependencies.`;
	const dependencies =
		extra === undefined
			? file.get(table, place, "dependencies", "tables")
			: file.get(optional, place, extra, "tables");
	return (dependencies ?? []).flatMap((dependency) => {
		const at = `${place}${extra ?? "dependencies"}`;
		if (!holds(file, at, file.get(dependency, `${at}.`, "marker", "text"), environment)) return [];
		const entry = findDependency(walk, dependency, at);
		if (entry === undefined) return [];
		const extras = file.get(dependency, `${at}.`, "extra", "texts") ?? [];
		return [{ entry }, ...extras.map((name) => ({ entry, extra: name }))];
	});
}

/** The package that a dependency means: by its name and, where that is not enough, its version. */
function findDependency({ file, packages }: Walk, dependency: TomlTable, at: string) {
	const name = file.need(dependency, `${at}.`, "name", "text");
	if (name === undefined) return undefined;
	const { version, source } = dependency;
	const found = packages.filter(
		(entry) =>
			entry.name === normalizeName(name) &&
			(version === undefined || entry.version === version) &&
			(source === undefined || JSON.stringify(entry.source) === JSON.stringify(source)),
	);
	if (found.length !== 1) file.refuse(at, name, `is locked ${found.length} times`, relock);
	return found[0];
}

function distributionOf(file: LockFile, entry: UvPackage): LockedDistribution {
	const { name, version, source, key } = entry;
	if (typeof source.registry !== "string")
		refuseSource(file, `${key}.source.${Object.keys(source).join(".")}`, name);
	else if (version === "") file.refuse(`${key}.version`, undefined, "is given, but it is required");
	return { name, version, files: typeof source.registry === "string" ? filesOf(file, entry) : [] };
}

function filesOf(file: LockFile, { name, table, key }: UvPackage): LockedFile[] {
	const sdist = file.get(table, `${key}.`, "sdist", "table");
	const wheels = file.get(table, `${key}.`, "wheels", "tables") ?? [];
	return [
		...(sdist === undefined ? [] : [{ entry: sdist, key: `${key}.sdist`, isWheel: false }]),
		...wheels.map((entry, index) => ({ entry, key: `${key}.wheels[${index}]`, isWheel: true })),
	].flatMap(({ entry, key, isWheel }) => {
		const found = lockedFile(file, {
			key,
			distribution: name,
			isWheel,
			name: file.get(entry, `${key}.`, "filename", "text"),
			url: file.get(entry, `${key}.`, "url", "text"),
			path: file.get(entry, `${key}.`, "path", "text"),
			size: file.get(entry, `${key}.`, "size", "number"),
			sha256: file.get(entry, `${key}.`, "hash", "text")?.replace(/^sha256:/, ""),
		});
		return found === undefined ? [] : [found];
	});
}
