/** An app's pyproject.toml: `[project]` and `[tool.debian-python]`, checked. */

import { satisfies, valid, validRange } from "@renovatebot/pep440";
import { distance } from "fastest-levenshtein";
import { parse, TomlError } from "smol-toml";
import { type ConfigProblem, quote } from "../config-error.ts";
import { nearestOf } from "../guess.ts";
import { normalizeName } from "../lock/names.ts";
import { pythonName } from "../variants.ts";
import { type AppPython, type AppPythons, appPythonName, appPythons } from "./app.ts";
import { type AppTable, checkTable, exampleOf, TABLE } from "./table.ts";

/** What an app's pyproject.toml says. */
export interface Pyproject {
	/** Of `[project]`, normalised (PEP 503). */
	readonly name: string;
	/** Of `[project]`; absent where it is dynamic or not there. */
	readonly version?: string;
	/** The one of the stack's that the table names; else the first. */
	readonly python: AppPython;
	/** Whether it has `[build-system]` (PEP 518), and is not said to be no distribution. */
	readonly isPackage: boolean;
	readonly table: AppTable;
}

/** With what stands before and after it in a tag, which has at most 128 characters. */
const LONGEST_NAME = 60;

/**
 * What a pyproject.toml says, or everything that is wrong with it.
 *
 * @param file its path, for the problems.
 * @param pythons the stack's: `requires-python` must allow the one that the app has.
 */
export function readPyproject(
	text: string,
	file: string,
	pythons: AppPythons,
): Pyproject | ConfigProblem[] {
	const document = parseToml(text, file);
	if ("problem" in document) return [document.problem];
	const { project, tool, "build-system": buildSystem } = document.content;
	const read = asTable(project);
	const table = readTable(asTable(tool), file);
	if (Array.isArray(table)) return [...projectProblems(read, file, pythons[0]), ...table];
	const known = appPythons(pythons);
	const { python: wanted = known.map(appPythonName)[0] as string } = table as AppTable;
	// Of a stack that has the image minimal alone, an app need not say so.
	const python =
		known.find((each) => appPythonName(each) === wanted) ??
		known.find((each) => pythonName(each) === wanted);
	const problems = projectProblems(read, file, python);
	if (python === undefined) return [...problems, noPython(wanted, file, known)];
	if (problems.length > 0) return problems;
	const { name, version } = read as { name: string; version?: string };
	return {
		name: normalizeName(name),
		...(version !== undefined && { version }),
		python,
		isPackage: buildSystem !== undefined && !isNoDistribution(asTable(tool)),
		table: table as AppTable,
	};
}

/** Whether by their tables Poetry, uv or PDM would not install the project itself, though it has a `[build-system]`. */
export function isNoDistribution({ poetry, uv, pdm }: Readonly<Record<string, unknown>>): boolean {
	const said = [asTable(poetry)["package-mode"], asTable(uv).package, asTable(pdm).distribution];
	return said.includes(false);
}

/** What is wrong with the name of a Python that is none of the stack's. */
function noPython(name: string, file: string, pythons: readonly AppPython[]): ConfigProblem {
	const known = pythons.map((each) => `"${appPythonName(each)}"`).join(" or ");
	return {
		key: `${file}: ${TABLE}.python`,
		value: quote(name),
		reason: "is the series of no Python that the stack has",
		remedy: `write ${known}, or add one to pythons in the stack file`,
	};
}

function parseToml(
	text: string,
	file: string,
): { content: Record<string, unknown> } | { problem: ConfigProblem } {
	try {
		return { content: parse(text) };
	} catch (error) {
		if (!(error instanceof TomlError)) throw error;
		const [, why = ""] = /: (.*)/.exec(error.message) ?? [];
		const reason = `is not TOML: ${why}`;
		const remedy = "mend it";
		return { problem: { key: file, value: `line ${error.line}`, reason, remedy } };
	}
}

/** The checks of `[project]`'s values, in the order of its keys: undefined for a good one. */
function projectProblems(
	project: Readonly<Record<string, unknown>>,
	file: string,
	python: AppPython | undefined,
): ConfigProblem[] {
	const { name, version, "requires-python": requires } = project;
	const checks = [
		["name", name, nameProblem(name), 'write a name of letters, digits and hyphens: "orders"'],
		["version", version, versionProblem(version), 'write a version of PEP 440: "1.2.0"'],
		[
			"requires-python",
			requires,
			pythonProblem(requires, python),
			`write one that allows it, or another pythonVersion in the stack file`,
		],
	] as const;
	return checks.flatMap(([key, value, reason, remedy]) =>
		reason === undefined
			? []
			: [{ key: `${file}: project.${key}`, value: shown(value), reason, remedy }],
	);
}

/** A name of PEP 508; normalised, every registry takes it. */
function nameProblem(name: unknown): string | undefined {
	if (name === undefined) return "is given, but one is required";
	if (typeof name !== "string" || !/^[A-Z0-9]([A-Z0-9._-]*[A-Z0-9])?$/i.test(name))
		return "is not a name that a Python distribution or a repository may have";
	if (name.length > LONGEST_NAME)
		return `has ${name.length} characters, more than ${LONGEST_NAME}: no tag has room for it`;
	return undefined;
}

function versionProblem(version: unknown): string | undefined {
	if (version === undefined) return undefined;
	if (typeof version === "string" && valid(version) !== null) return undefined;
	return "is not a version";
}

function pythonProblem(requires: unknown, python: AppPython | undefined): string | undefined {
	if (requires === undefined) return undefined;
	if (typeof requires !== "string" || !validRange(requires)) return "is not a version specifier";
	if (python === undefined || satisfies(python.version, requires, { prereleases: true }))
		return undefined;
	return `does not allow the stack's Python ${python.version}`;
}

/** The table of this program, or what is wrong with it. */
function readTable(
	tool: Readonly<Record<string, unknown>>,
	file: string,
): AppTable | ConfigProblem[] {
	const own = TABLE.slice("tool.".length);
	if (tool[own] !== undefined) return checkTable(tool[own], file);
	const keys = Object.keys(tool);
	const near = keys.length > 0 ? nearestOf(keys, own) : "";
	const meant = distance(near, own) <= 3 ? ` in place of [tool.${near}]` : "";
	const remedy = `write [${TABLE}]${meant} with ${exampleOf("command")}`;
	return [
		{
			key: `${file}: ${TABLE}`,
			value: "no table",
			reason: "is given, but one is required",
			remedy,
		},
	];
}

function asTable(value: unknown): Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function shown(value: unknown): string {
	if (value === undefined) return "no value";
	return typeof value === "string" ? quote(value) : quote(JSON.stringify(value));
}
