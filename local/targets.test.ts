import { expect, it } from "vitest";
import type { App } from "../stacks/apps/app.ts";
import { type CPythonSeries, seriesOf } from "../stacks/cpython.ts";
import { wantedArtefacts } from "./targets.ts";

const python = (version: string, suffix: string) => ({
	version,
	series: seriesOf(version) as CPythonSeries,
	suffix,
});
const PYTHONS = [python("3.13.5", ""), python("3.12.14", "-3.12")] as const;
const app = (name: string) =>
	({ name, python: PYTHONS[0], distributions: [], buildRequirements: [] }) as Partial<App> as App;
const apps = [app("orders"), { ...app("mail"), python: PYTHONS[1] }];

it.each([
	["debbase", ["base", "debbase"]],
	["package", ["base", "debbase", "pybuild", "package"]],
	["python-3.12", ["base", "debbase", "pybuild", "package-3.12", "python-3.12"]],
])("%s needs what stands before it", (target, wanted) => {
	expect([...wantedArtefacts(target, PYTHONS, apps)]).toEqual(wanted);
});

it("the image minimal needs python, and its apps need it", () => {
	const pythons = [{ ...PYTHONS[0], images: ["python", "minimal"] as const }, PYTHONS[1]];
	const before = ["base", "debbase", "pybuild", "package", "python"];
	expect([...wantedArtefacts("minimal", pythons, apps)]).toEqual([...before, "minimal"]);
	const small = { ...app("small"), python: { ...PYTHONS[0], image: "minimal" as const } };
	const wanted = wantedArtefacts("app-small", pythons, [small]);
	expect([...wanted].slice(0, -3)).toEqual([...before, "wheelbuild", "minimal"]);
	expect(() => wantedArtefacts("minimal-3.12", pythons, apps)).toThrow("no such artefact");
});

it("an app needs no other", () => {
	const wanted = wantedArtefacts("app-mail", PYTHONS, apps);
	expect([...wanted].slice(-3)).toEqual(["wheelhouse-mail", "dependencies-mail", "app-mail"]);
	expect(wanted.has("wheelbuild-3.12")).toBe(true);
	expect(wanted.has("wheelbuild")).toBe(false);
	expect(wanted.has("app-orders")).toBe(false);
});

it.each(["nothing", "base", "app-none", "orders"])("%s is none", (target) => {
	expect(() => wantedArtefacts(target, PYTHONS, apps)).toThrow(
		/^--target "\w.*": there is no such artefact; known: debbase, .*, app-orders, app-mail$/,
	);
});
