import { expect, it } from "vitest";
import type { App } from "../stacks/apps/app.ts";
import { type CPythonSeries, seriesOf } from "../stacks/cpython.ts";
import { wantedArtefacts } from "./targets.ts";

const python = (version: string, suffix: string) => ({
	version,
	series: seriesOf(version) as CPythonSeries,
	suffix,
	profile: "quick" as const,
});
const PYTHONS = [python("3.13.5", ""), python("3.12.14", "-3.12")] as const;
const app = (name: string) =>
	({
		name,
		python: PYTHONS[0],
		distributions: [],
		buildRequirements: [],
		locals: [],
	}) as Partial<App> as App;
const apps = [app("orders"), { ...app("mail"), python: PYTHONS[1] }];
const ALL = [{ pythons: PYTHONS, apps, suffix: "" }];

it.each([
	["debbase", ["base", "debbase"]],
	["package", ["base", "debbase", "pybuild", "package"]],
	["python-3.12", ["base", "debbase", "pybuild", "package-3.12", "python-3.12"]],
])("%s needs what stands before it", (target, wanted) => {
	expect([...wantedArtefacts(target, ALL)]).toEqual(wanted);
});

it("another platform needs nothing of the first", () => {
	const both = [...ALL, { pythons: PYTHONS, apps, suffix: "-arm64" }];
	const wanted = wantedArtefacts("python-3.12-arm64", both);
	const chain = ["base", "debbase", "pybuild", "package-3.12", "python-3.12"];
	expect([...wanted]).toEqual(chain.map((artefact) => `${artefact}-arm64`));
	expect(wantedArtefacts("python-3.12", both)).toEqual(new Set(chain));
	expect(() => wantedArtefacts("base-arm64", both)).toThrow(/no such artefact/);
});

it("what another platform compiles needs that one's pybuild", () => {
	const cross = { pythons: PYTHONS, apps, suffix: "-arm64", compiledOn: "linux/amd64" } as const;
	const wanted = wantedArtefacts("package-arm64", [...ALL, cross]);
	expect([...wanted]).toEqual([
		...["base", "debbase", "pybuild"],
		...["base-arm64", "debbase-arm64", "crossbuild-arm64", "package-arm64"],
	]);
});

it("the image minimal needs python, and its apps need it", () => {
	const pythons = [{ ...PYTHONS[0], images: ["python", "minimal"] as const }, PYTHONS[1]];
	const before = ["base", "debbase", "pybuild", "package", "python"];
	expect([...wantedArtefacts("minimal", [{ pythons, apps, suffix: "" }])]).toEqual([
		...before,
		"minimal",
	]);
	const small = { ...app("small"), python: { ...PYTHONS[0], image: "minimal" as const } };
	const wanted = wantedArtefacts("app-small", [{ pythons, apps: [small], suffix: "" }]);
	expect([...wanted].slice(0, -3)).toEqual([...before, "wheelbuild", "minimal"]);
	expect(() => wantedArtefacts("minimal-3.12", [{ pythons, apps, suffix: "" }])).toThrow(
		"no such artefact",
	);
});

it("an app needs no other", () => {
	const wanted = wantedArtefacts("app-mail", ALL);
	expect([...wanted].slice(-3)).toEqual(["wheelhouse-mail", "dependencies-mail", "app-mail"]);
	expect(wanted.has("wheelbuild-3.12")).toBe(true);
	expect(wanted.has("wheelbuild")).toBe(false);
	expect(wanted.has("app-orders")).toBe(false);
});

it.each(["nothing", "base", "app-none", "orders"])("%s is none", (target) => {
	expect(() => wantedArtefacts(target, ALL)).toThrow(
		/^--target "\w.*": there is no such artefact; known: debbase, .*, app-orders, app-mail$/,
	);
});
