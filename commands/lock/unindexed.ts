import type { TomlTable } from "smol-toml";
import { Refusal } from "../../stacks/config-values.ts";
import { LockError } from "../../stacks/lock/lock-error.ts";
import { LockFile } from "../../stacks/lock/lock-file.ts";
import {
	evaluateMarker,
	type MarkerEnvironment,
	markerEnvironment,
} from "../../stacks/lock/markers.ts";
import { normalizeName } from "../../stacks/lock/names.ts";
import { parseProject, projectRequirements } from "../../stacks/lock/project.ts";
import type { ReadFile } from "../../stacks/lock/read-lock.ts";
import { parseRequirement } from "../../stacks/lock/requirement.ts";
import { UNINDEXED, withIncluded } from "../../stacks/lock/requirements.ts";
import type { Target } from "../../stacks/lock/target.ts";
import type { LockSource } from "./container.ts";
import { isRequirements } from "./source.ts";

/**
 * Refuses what an app asks for itself and no package index has: folders, archives, repositories. A
 * build would refuse the lock, and uv looks for them first. Throws a LockError with all of them.
 */
export function refuseUnindexed(
	folder: string,
	source: LockSource,
	read: ReadFile,
	target: Target,
): void {
	const environment = markerEnvironment(target);
	const problems = isRequirements(source)
		? withIncluded(source, read).flatMap(({ path, lines }) => {
				const file = new LockFile(folder, path);
				for (const { line, number } of lines)
					if (isUnindexed(line, environment)) file.refuse(`line ${number}`, line, ...UNINDEXED);
				return file.problems;
			})
		: projectProblems(new LockFile(folder, "pyproject.toml", "mend it"), read, environment);
	if (problems.length > 0) throw new LockError(problems);
}

/** Tells it of a line of a requirements file; what is no requirement at all is for uv to refuse. */
function isUnindexed(line: string, environment: MarkerEnvironment): boolean {
	const [place = ""] = line.replace(/^(?:-e|--editable)[ =]\s*/, "").split("[", 1);
	// The app itself, with some of its extras or without.
	if (/^(?:file:)?\.\/?$/.test(place)) return false;
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

/** What [tool.uv.sources] may say in the place of an index. */
const ELSEWHERE = ["path", "workspace", "git", "url"];

function projectProblems(file: LockFile, read: ReadFile, environment: MarkerEnvironment) {
	const text = read("pyproject.toml") ?? "";
	const tool = file.get(file.parseToml(text), "", "tool", "table") ?? {};
	const uv = file.get(tool, "tool.", "uv", "table") ?? {};
	const sources = Object.entries(file.get(uv, "tool.uv.", "sources", "table") ?? {});
	for (const { name, url } of projectRequirements(file, parseProject(file, text), environment)) {
		if (url !== undefined) file.refuse("project.dependencies", `${name} @ ${url}`, ...UNINDEXED);
		for (const [key, value] of sources) {
			const isElsewhere = ([value].flat() as TomlTable[]).some(
				(each) => each.marker === undefined && ELSEWHERE.some((kind) => kind in each),
			);
			if (normalizeName(key) === name && isElsewhere)
				file.refuse(`tool.uv.sources.${key}`, value, ...UNINDEXED);
		}
	}
	return file.problems;
}
