import { join } from "node:path";
import { parse } from "smol-toml";
import { StepError } from "../../components/step/error.ts";
import { type ReadFile, readProject, uvLockName } from "../../stacks/lock/read-lock.ts";
import type { LockSource } from "./container.ts";

/** Files that may be locked from, beside pyproject.toml. */
export const REQUIREMENTS = ["requirements.in", "requirements.txt"] as const;

/** Whether an app is locked from a requirements file. */
export function isRequirements(source: LockSource): boolean {
	return (REQUIREMENTS as readonly LockSource[]).includes(source);
}

/**
 * From what an app is locked: uv's own lock, what pyproject.toml lists, or a requirements file.
 *
 * @throws StepError where there is none, or uv would not read it.
 */
export function sourceOf(folder: string, read: ReadFile): LockSource {
	const { project = {} } = parse(read("pyproject.toml") ?? "") as {
		project?: Record<string, unknown>;
	};
	const source = fromProject(folder, project, read);
	if (isRequirements(source)) return source;
	// PEP 621; an app that is locked from elsewhere needs none.
	if (project.version !== undefined || [project.dynamic].flat().includes("version")) return source;
	throw new StepError(
		`${join(folder, "pyproject.toml")}: project.version: no value is given, and uv locks no project without one`,
		'write one, such as version = "0"',
	);
}

function fromProject(
	folder: string,
	project: Readonly<Record<string, unknown>>,
	read: ReadFile,
): LockSource {
	// A build takes pylock.toml where both are.
	if (read("pylock.toml") === undefined && uvLockName(folder, read) !== undefined) return "uv.lock";
	if (project.dependencies !== undefined) return "pyproject.toml";
	const requirements = REQUIREMENTS.find((name) => read(name) !== undefined);
	if (requirements !== undefined) return requirements;
	const { dependencies } = readProject(folder, read);
	if (dependencies !== undefined) return "pyproject.toml";
	throw new StepError(
		`${join(folder, "pyproject.toml")}: the dependencies are dynamic, or Poetry's alone`,
		"list them in dependencies of [project], or in requirements.in",
	);
}
