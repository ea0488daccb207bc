/** What a pyproject.toml says that a lock depends on. */

import { createHash } from "node:crypto";
import { holds } from "./checks.ts";
import type { LockFile } from "./lock-file.ts";
import type { MarkerEnvironment } from "./markers.ts";
import { normalizeName } from "./names.ts";
import { parseRequirement, type Requirement } from "./requirement.ts";
import { parseSources, type Source } from "./sources.ts";

/** What a lock of a project is made from (PEP 621, PEP 518). */
export interface Project {
	/** Normalised; absent where neither `[project]` nor Poetry has it. */
	readonly name?: string;
	/** As they stand there; absent where they are dynamic: known to the build system or Poetry alone. */
	readonly dependencies?: readonly string[];
	/** The dependencies, parsed. */
	readonly requirements: readonly Requirement[];
	readonly requiresPython?: string;
	/** `requires` of `[build-system]`; absent where there is none. */
	readonly buildRequires?: readonly string[];
	/** Where dependencies are that no index has: its own, then those of its workspace. */
	readonly sources: readonly Source[];
}

/** Reads a pyproject.toml; its problems are collected in `file`. */
export function parseProject(file: LockFile, text: string): Project {
	const root = file.parseToml(text);
	const project = file.get(root, "", "project", "table") ?? {};
	const buildSystem = file.get(root, "", "build-system", "table");
	const requiresPython = file.get(project, "project.", "requires-python", "text");
	const tool = file.get(root, "", "tool", "table") ?? {};
	const poetry = file.get(tool, "tool.", "poetry", "table") ?? {};
	const name =
		file.get(project, "project.", "name", "text") ??
		file.get(poetry, "tool.poetry.", "name", "text");
	const isDynamic =
		file.get(project, "project.", "dynamic", "texts")?.includes("dependencies") ||
		(project.dependencies === undefined && poetry.dependencies !== undefined);
	const dependencies = file.get(project, "project.", "dependencies", "texts") ?? [];
	return {
		...(name !== undefined && { name: normalizeName(name) }),
		...(!isDynamic && { dependencies }),
		requirements: dependencies.flatMap(
			(text) => file.check("project.dependencies", text, () => parseRequirement(text)) ?? [],
		),
		...(requiresPython !== undefined && { requiresPython }),
		...(buildSystem !== undefined && {
			buildRequires: file.get(buildSystem, "build-system.", "requires", "texts") ?? [],
		}),
		sources: parseSources(file, tool),
	};
}

/** The dependencies of a project that apply in an environment; what is wrong is told of `file`. */
export function projectRequirements(
	file: LockFile,
	{ requirements }: Project,
	environment: MarkerEnvironment,
): Requirement[] {
	return requirements.filter(({ marker }) =>
		holds(file, "dependencies of pyproject.toml", marker, environment),
	);
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/**
 * SHA-256 of what a lock of a project is made from: its dependencies, in whichever order,
 * requires-python, and where those dependencies are that no index has. Nothing else of pyproject.toml
 * makes a lock stale.
 */
export function projectDigest({
	dependencies = [],
	requiresPython,
	...rest
}: Pick<Project, "dependencies" | "requiresPython"> &
	Partial<Pick<Project, "requirements" | "sources">>): string {
	const { requirements = [], sources = [] } = rest;
	const used = sources
		.filter((source) => requirements.some(({ name }) => name === source.name))
		.map(({ name, place, marker }) => JSON.stringify([name, place, marker]));
	const said = [[...dependencies].sort(), requiresPython ?? null];
	return sha256(JSON.stringify(used.length === 0 ? said : [...said, used.sort()]));
}

/**
 * The same of a project whose folder an app has as a dependency. Where the build system or Poetry alone
 * knows what it depends on, its whole pyproject.toml counts.
 */
export function localDigest(project: Project, text: string): string {
	return project.dependencies === undefined ? sha256(text) : projectDigest(project);
}

/** SHA-256 of what the lock of a project's own build is made from: `requires` of `[build-system]`. */
export function buildSystemDigest({ buildRequires = [] }: Pick<Project, "buildRequires">): string {
	return sha256(JSON.stringify([...buildRequires].sort()));
}
