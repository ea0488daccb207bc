import { expect, it } from "vitest";
import { sourceOf } from "./source.ts";

/** From what an app is locked, or why from nothing. */
function sourceIn(project: string, files: Readonly<Record<string, string>> = {}): string {
	const all: Record<string, string> = { "pyproject.toml": `[project]\n${project}`, ...files };
	try {
		return sourceOf("../orders", (name) => all[name]);
	} catch (error) {
		return (error as Error).message;
	}
}

const listed = 'version = "1"\ndependencies = []';

it.each([
	[listed, {}, "pyproject.toml"],
	[listed, { "requirements.txt": "" }, "pyproject.toml"],
	[listed, { "uv.lock": "" }, "uv.lock"],
	[listed, { "uv.lock": "", "pylock.toml": "" }, "pyproject.toml"],
	['dynamic = ["version"]\ndependencies = []', {}, "pyproject.toml"],
	['version = "1"', {}, "pyproject.toml"],
	["", { "requirements.txt": "" }, "requirements.txt"],
	["", { "requirements.txt": "", "requirements.in": "" }, "requirements.in"],
])("%j with %j is locked from %s", (project, files, source) => {
	expect(sourceIn(project, files)).toBe(source);
});

it.each([
	["dependencies = []", {}],
	["dependencies = []", { "uv.lock": "" }],
])("refuses a project without a version, which uv does not read: %j with %j", (project, files) => {
	expect(sourceIn(project, files)).toBe(
		'../orders/pyproject.toml: project.version: no value is given, and uv locks no project without one; write one, such as version = "0"',
	);
});

it.each(['version = "1"\ndynamic = ["dependencies"]', "[tool.poetry.dependencies]\nflask = '^3'"])(
	"refuses dependencies that uv does not see: %j",
	(project) => {
		expect(sourceIn(project)).toBe(
			"../orders/pyproject.toml: the dependencies are dynamic, or Poetry's alone; list them in dependencies of [project], or in requirements.in",
		);
	},
);
