import { globSync } from "node:fs";
import { posix } from "node:path";
import { folderOnDisk, listFiles, readIfThere } from "../../stacks/apps/folder.ts";
import { type LocalFolder, readLocal, refuseCircles } from "../../stacks/apps/local.ts";
import { Refusal } from "../../stacks/config-values.ts";
import { LockError } from "../../stacks/lock/lock-error.ts";
import { LockFile } from "../../stacks/lock/lock-file.ts";
import {
	evaluateMarker,
	type MarkerEnvironment,
	markerEnvironment,
} from "../../stacks/lock/markers.ts";
import { type Project, projectRequirements } from "../../stacks/lock/project.ts";
import { type ReadFile, readProject } from "../../stacks/lock/read-lock.ts";
import { parseRequirement } from "../../stacks/lock/requirement.ts";
import { folderOfLine, isApp, UNINDEXED, withIncluded } from "../../stacks/lock/requirements.ts";
import { folderFrom, type Source, sourceOf } from "../../stacks/lock/sources.ts";
import type { Target } from "../../stacks/lock/target.ts";
import { findWorkspace, isMember, type Workspace } from "../../stacks/lock/workspace.ts";
import type { LockSource } from "./container.ts";
import { isRequirements } from "./source.ts";

/** A folder that an app is locked with, beside its own. */
export interface LockedWith {
	/** From the app's folder. */
	readonly path: string;
	/** Its files that uv and build backends may look at. */
	readonly files: readonly string[];
	/** What is added to its pyproject.toml: Poetry's paths, for uv. */
	readonly sources: string;
}

/** What is looked at. */
interface Search {
	readonly folder: string;
	readonly read: ReadFile;
	/** What was looked into, by name. */
	readonly files: Map<string, LockFile>;
}

/** A dependency that is a folder. */
interface Found {
	/** Absent where only the folder says it. */
	readonly name?: string;
	readonly path: string;
	/** The file that names it, and where. */
	readonly file: LockFile;
	readonly key: string;
}

/**
 * The folders that an app is locked with: of its distributions, theirs in turn, and of the workspaces that
 * these are in.
 *
 * What an app or a folder asks for itself that no package index has, and is no folder that can be built,
 * is refused: a build would refuse the lock, and uv looks for it first.
 *
 * @param app its folder and its name.
 * @throws LockError with all of that.
 */
export function foldersOf(
	app: { readonly folder: string; readonly name: string },
	source: LockSource,
	read: ReadFile,
	targets: readonly Target[],
): LockedWith[] {
	const search: Search = { folder: app.folder, read, files: new Map() };
	const needed = new Map<string, LocalFolder>();
	for (const environment of targets.map((target) => markerEnvironment(target))) {
		const seen = new Set(["."]);
		const open = isRequirements(source)
			? inRequirements(search, source, environment)
			: inProject(search, "", environment);
		for (let next = open.pop(); next !== undefined; next = open.pop()) {
			const { path, file, key } = next;
			if (seen.has(path)) continue;
			seen.add(path);
			const name = next.name ?? nameOf(search, path);
			const local = readLocal(file, app.folder, { name, path, key });
			if (local === undefined || file.problems.length > 0) continue;
			needed.set(path, local);
			open.push(...inProject(search, path, environment));
		}
	}
	finish(search);
	const projectOf = (path: string) => readProject(app.folder, read, path);
	refuseCircles(
		fileOf(search, "pyproject.toml"),
		{ name: app.name, project: projectOf("") },
		[...needed.values()].map((local) => ({ ...local, project: projectOf(local.path) })),
	);
	finish(search);
	return copied(search, [...needed.values()]);
}

/** A file of the app's folder, from there, with what is wrong in it. */
function fileOf({ folder, files }: Search, name: string): LockFile {
	const file = files.get(name) ?? new LockFile(folder, name, "mend it");
	files.set(name, file);
	return file;
}

/** Throws all that is wrong, if anything is. */
function finish({ files }: Search): void {
	const problems = [...files.values()].flatMap((each) => each.problems);
	if (problems.length > 0) throw new LockError(problems);
}

/** What a folder is called by its own pyproject.toml. */
function nameOf({ folder, read }: Search, path: string): string {
	const text = read(posix.join(path, "pyproject.toml"));
	const { name } = text === undefined ? {} : readProject(folder, read, path);
	return name ?? posix.basename(path);
}

function inRequirements(
	search: Search,
	source: LockSource,
	environment: MarkerEnvironment,
): Found[] {
	const { folder, read } = search;
	return withIncluded(source, read).flatMap(({ path, lines }) => {
		const file = fileOf(search, path);
		return lines.flatMap(({ line, number }): Found[] => {
			const key = `line ${number}`;
			const place = folderOfLine(line);
			if (place !== undefined) return [{ path: folderFrom(folder, place), file, key }];
			if (isUnindexed(line, environment)) file.refuse(key, line, ...UNINDEXED);
			return [];
		});
	});
}

/** Tells it of a line of a requirements file; what is no requirement at all is for uv to refuse. */
function isUnindexed(line: string, environment: MarkerEnvironment): boolean {
	const [place = ""] = line.replace(/^(?:-e|--editable)[ =]\s*/, "").split("[", 1);
	// With some of its extras or without.
	if (isApp(place)) return false;
	if (line.startsWith("-e") || line.startsWith("--editable")) return true;
	if (/^(?:\.{0,2}\/|[a-z+]+:)/.test(line)) return true;
	try {
		const { url, marker } = parseRequirement(line.replace(/\s--.*$/, ""));
		return url !== undefined && (marker === undefined || evaluateMarker(marker, environment));
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		return false;
	}
}

/** What the project in a folder, or the app, depends on. */
function inProject(search: Search, path: string, environment: MarkerEnvironment): Found[] {
	const { folder, read } = search;
	const file = fileOf(search, posix.join(path, "pyproject.toml"));
	const project = readProject(folder, read, path);
	const sources =
		project.dependencies === undefined
			? // Of Poetry's alone, where these are the dependencies.
				project.sources.filter(({ key }) => key.startsWith("tool.poetry."))
			: projectRequirements(file, project, environment).flatMap(
					(requirement) => sourceOf(file, project.sources, requirement, environment) ?? [],
				);
	return sources.flatMap((source): Found[] => {
		const { name, key, value, place } = source;
		if (place !== undefined && "path" in place)
			return [{ name, path: folderFrom(folder, path, place.path), file, key }];
		if (place === undefined) {
			file.refuse(key, value, ...UNINDEXED);
			return [];
		}
		const member = memberOf(search, path, name);
		if (member !== undefined) return [{ name, path: member, file, key }];
		file.refuse(
			key,
			value,
			"is no member of the workspace, or there is none that this folder is a member of",
			"name both folders in members of [tool.uv.workspace], in the pyproject.toml of a folder above",
		);
		return [];
	});
}

/** The folder, from the app's, of a member of the workspace that a project is in. */
function memberOf({ folder, read }: Search, path: string, name: string): string | undefined {
	const workspace = findWorkspace(folder, read, path);
	if (workspace === undefined) return undefined;
	return membersOf(folder, read, workspace).find(
		(member) => readProject(folder, read, member).name === name,
	);
}

/** The folders of a workspace's members, its root among them, from the app's. */
function membersOf(folder: string, read: ReadFile, workspace: Workspace): string[] {
	const root = posix.join(folder, workspace.root);
	const found = workspace.members.flatMap((pattern) => globSync(pattern, { cwd: root }));
	return ["", ...new Set(found)]
		.filter((member) => isMember(workspace, member))
		.map((member) => folderFrom(folder, workspace.root, member))
		.filter((member) => read(posix.join(member, "pyproject.toml")) !== undefined)
		.sort();
}

/**
 * The folders that uv reads: those that are needed whole, and of others what says what they are. It wants
 * all members of a workspace, and what any of them depends on for tests too.
 */
function copied(search: Search, needed: readonly LocalFolder[]): LockedWith[] {
	const { folder, read } = search;
	const result = new Map<string, LockedWith>();
	const open = [".", ...needed.map(({ path }) => path)];
	// One that an extra asks for is built too, which is known once it is locked.
	const named = new Set(
		open.flatMap((path) => readProject(folder, read, path).sources.map(({ name }) => name)),
	);
	for (let path = open.pop(); path !== undefined; path = open.pop()) {
		if (result.has(path)) continue;
		const local = needed.find((each) => each.path === path);
		const project = readProject(folder, read, path);
		result.set(path, {
			path,
			files: local?.files ?? (path === "." ? [] : describing(search, path, named)),
			sources: sourcesForUv(project),
		});
		const workspace = findWorkspace(folder, read, path);
		const members = workspace === undefined ? [] : membersOf(folder, read, workspace);
		const others = project.sources.flatMap(({ place }) =>
			place !== undefined && "path" in place ? folderFrom(folder, path ?? "", place.path) : [],
		);
		const root = workspace === undefined ? [] : [folderFrom(folder, workspace.root, "")];
		open.push(
			...[...root, ...members, ...others].filter(
				(each) => !posix.isAbsolute(each) && isProject(folder, each),
			),
		);
	}
	return [...result.values()];
}

function isProject(folder: string, path: string): boolean {
	try {
		return readIfThere(folderOnDisk(posix.join(folder, path)), "pyproject.toml") !== undefined;
	} catch {
		return false;
	}
}

/**
 * Of a folder that is not installed its pyproject.toml, and all files where that alone does not say what it
 * is, or where it may be installed: it is one of these.
 */
function describing(
	{ folder, read }: Search,
	path: string,
	named: ReadonlySet<string>,
): readonly string[] {
	const text = read(posix.join(path, "pyproject.toml")) ?? "";
	const { name = "" } = readProject(folder, read, path);
	const isStatic = !/^\s*(?:\[tool\.poetry\]|dynamic\s*=)/m.test(text);
	if (isStatic && !named.has(name)) return ["pyproject.toml"];
	const at = posix.join(folder, path);
	return [...new Set(["pyproject.toml", ...listFiles(folderOnDisk(at), at).files])];
}

/** Poetry's paths of what `[project]` depends on, which uv would look for in an index. */
function sourcesForUv({ requirements, sources }: Project): string {
	const isOfPoetry = ({ key, place, name }: Source) =>
		key.startsWith("tool.poetry.") &&
		place !== undefined &&
		requirements.some((requirement) => requirement.name === name);
	return sources
		.filter(isOfPoetry)
		.map(({ name, place, marker }) => {
			const path = place !== undefined && "path" in place ? place.path : "";
			const when = marker === undefined ? "" : `marker = ${JSON.stringify(marker)}\n`;
			return `\n[tool.uv.sources.${name}]\npath = ${JSON.stringify(path)}\n${when}`;
		})
		.join("");
}
