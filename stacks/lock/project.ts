/** What a pyproject.toml says that a lock depends on. */

import { createHash } from "node:crypto";
import { holds } from "./checks.ts";
import type { LockFile } from "./lock-file.ts";
import type { MarkerEnvironment } from "./markers.ts";
import { normalizeName } from "./names.ts";
import { parseRequirement, type Requirement } from "./requirement.ts";

/** What a lock of a project is made from (PEP 621, PEP 518). */
export interface Project {
	/** Normalised; absent where there is no `[project]`. */
	readonly name?: string;
	/** As they stand there; absent where they are dynamic: known to the build system or Poetry alone. */
	readonly dependencies?: readonly string[];
	/** The dependencies, parsed. */
	readonly requirements: readonly Requirement[];
	readonly requiresPython?: string;
	/** `requires` of `[build-system]`; absent where there is none. */
	readonly buildRequires?: readonly string[];
}

/** Reads a pyproject.toml; its problems are collected in `file`. */
export function parseProject(file: LockFile, text: string): Project {
	const root = file.parseToml(text);
	const project = file.get(root, "", "project", "table") ?? {};
	const buildSystem = file.get(root, "", "build-system", "table");
	const name = file.get(project, "project.", "name", "text");
	const requiresPython = file.get(project, "project.", "requires-python", "text");
	const tool = file.get(root, "", "tool", "table") ?? {};
	const poetry = file.get(tool, "tool.", "poetry", "table") ?? {};
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
 * SHA-256 of what a lock of a project is made from: its dependencies, in whichever order, and
 * requires-python. Nothing else of pyproject.toml makes a lock stale.
 */
export function projectDigest({
	dependencies = [],
	requiresPython,
}: Pick<Project, "dependencies" | "requiresPython">): string {
	return sha256(JSON.stringify([[...dependencies].sort(), requiresPython ?? null]));
}

/** SHA-256 of what the lock of a project's own build is made from: `requires` of `[build-system]`. */
export function buildSystemDigest({ buildRequires = [] }: Pick<Project, "buildRequires">): string {
	return sha256(JSON.stringify([...buildRequires].sort()));
}
