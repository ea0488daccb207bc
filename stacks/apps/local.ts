/** Distributions of an app that are folders: each is built as the app's own wheel is. */

import { posix } from "node:path";
import { parse } from "smol-toml";
import type { LockedFolder } from "../lock/lock.ts";
import { LockFile } from "../lock/lock-file.ts";
import { normalizeName } from "../lock/names.ts";
import { type Project, parseProject } from "../lock/project.ts";
import { type AppFolder, folderOnDisk, listFiles, readIfThere } from "./folder.ts";
import { isNoDistribution } from "./pyproject.ts";

/** A folder with a distribution, checked. */
export interface LocalFolder {
	/** Normalised. */
	readonly name: string;
	/** Of its pyproject.toml; absent where it is dynamic. */
	readonly version?: string;
	/** As the stack has the app's: from the project root. */
	readonly folder: string;
	/** From the app's folder: the same wherever the checkout is. */
	readonly path: string;
	/** Its own files, by paths from it, in byte order: what its `.dockerignore` leaves. */
	readonly files: readonly string[];
}

/** Opens a folder, by its path from the project root. */
export type OpenFolder = (folder: string) => AppFolder;

/**
 * The distribution in a folder; undefined, and a problem of `file`, where it cannot be built.
 *
 * @param app the app's folder.
 */
export function readLocal(
	file: LockFile,
	app: string,
	{ name, path, key }: LockedFolder,
	open: OpenFolder = folderOnDisk,
): LocalFolder | undefined {
	const refuse = (reason: string, remedy: string) => file.refuse(key, path, reason, remedy);
	if (posix.isAbsolute(path)) {
		refuse(
			"is the path of one machine",
			`write it from the app's folder, such as ${name} = { path = "../${name}" } in [tool.uv.sources]`,
		);
		return undefined;
	}
	const folder = posix.join(app, path);
	const content = open(folder);
	const text = readText(content, refuse);
	if (text === undefined) return undefined;
	const own = new LockFile(app, posix.join(path, "pyproject.toml"), "mend it");
	const project = parseProject(own, text);
	file.problems.push(...own.problems);
	const table = document(text);
	if (own.problems.length > 0) return undefined;
	if (project.buildRequires === undefined || isNoDistribution(table.tool))
		refuse(
			project.buildRequires === undefined
				? "has no [build-system] in its pyproject.toml, so that nothing can be installed of it"
				: "is said to be no distribution by its pyproject.toml (package-mode, package or distribution)",
			'write one, such as [build-system] with requires = ["hatchling"] and build-backend = "hatchling.build"',
		);
	else if (project.name !== undefined && project.name !== name)
		refuse(`has ${project.name}, and not ${name}`, file.relock);
	const { files, problems } = listFiles(content, folder);
	for (const problem of problems)
		file.refuse(key, `${path}: ${problem.value}`, problem.reason, problem.remedy);
	const { version } = table.project;
	return {
		name: normalizeName(name),
		...(typeof version === "string" && { version }),
		...{ folder, path, files },
	};
}

/** The text of a folder's pyproject.toml. */
function readText(
	content: AppFolder,
	refuse: (reason: string, remedy: string) => void,
): string | undefined {
	const remedy = "write the folder that has it, or check it out";
	try {
		content.list("");
		const text = readIfThere(content, "pyproject.toml");
		if (text === undefined)
			refuse(
				"has no pyproject.toml, and so no [build-system]",
				'write one, with [build-system], requires = ["setuptools"] and build-backend = "setuptools.build_meta"',
			);
		return text;
	} catch (error) {
		const { code = "" } = error as NodeJS.ErrnoException;
		const reasons: Readonly<Record<string, string>> = {
			ENOENT: "is not there",
			ENOTDIR: "is not a folder",
			EACCES: "cannot be read by you",
		};
		refuse(reasons[code] ?? `cannot be read: ${code}`, remedy);
		return undefined;
	}
}

interface Document {
	readonly project: Readonly<Record<string, unknown>>;
	readonly tool: Readonly<Record<string, unknown>>;
}

/** What is read of it beside; one that is no TOML is told already. */
function document(text: string): Document {
	try {
		const { project = {}, tool = {} } = parse(text) as Partial<Document>;
		return { tool, project: project.version === undefined ? poetryOf(tool) : project };
	} catch {
		return { project: {}, tool: {} };
	}
}

function poetryOf({ poetry }: Document["tool"]): Document["project"] {
	return typeof poetry === "object" && poetry !== null ? (poetry as Document["project"]) : {};
}

/**
 * Refuses folders that need themselves, through others or not, or the app, and what an app or a folder
 * has as a folder to be built with: only an index has that.
 *
 * @param app its name, and what its pyproject.toml says.
 */
export function refuseCircles(
	file: LockFile,
	app: { readonly name: string; readonly project: Project },
	folders: readonly (Pick<LocalFolder, "name" | "path"> & { readonly project: Project })[],
): void {
	const projects = new Map([app, ...folders].map(({ name, project }) => [name, project]));
	const needs = (name: string) => {
		const { requirements = [], sources = [] } = projects.get(name) ?? {};
		// Of what is dynamic Poetry's table alone is known.
		const all = [
			...requirements,
			...sources.filter(({ place }) => place && requirements.length === 0),
		];
		return [...new Set(all.map((each) => each.name))].filter((each) => projects.has(each));
	};
	for (const { name, path } of folders) {
		const chain = circleOf(name, needs);
		// Each circle once.
		const first = folders.find((each) => chain?.includes(each.name));
		if (chain !== undefined && first?.name === name)
			file.refuse(
				`packages.${name}`,
				path,
				`needs itself: ${chain.join(" needs ")}`,
				"take one of these dependencies out",
			);
	}
	for (const [name, { buildRequires = [], sources }] of projects)
		for (const line of buildRequires) {
			const [, needed = ""] = /^\s*([\w.-]+)/.exec(line) ?? [];
			const source = sources.find((each) => each.name === normalizeName(needed));
			if (source !== undefined || projects.has(normalizeName(needed)))
				file.refuse(
					`build-system.requires of ${name}`,
					line,
					"is a folder, and a build has only what is locked of a package index",
					"publish it in one, or build without it",
				);
		}
}

/** The shortest way from a name to itself; undefined: there is none. */
function circleOf(name: string, needs: (name: string) => string[]): string[] | undefined {
	const seen = new Set<string>();
	const open = [[name]];
	for (let chain = open.shift(); chain !== undefined; chain = open.shift())
		for (const next of needs(chain.at(-1) as string)) {
			if (next === name) return [...chain, name];
			if (seen.has(next)) continue;
			seen.add(next);
			open.push([...chain, next]);
		}
	return undefined;
}
