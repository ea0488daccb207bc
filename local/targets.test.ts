import { expect, it } from "vitest";
import type { App } from "../stacks/apps/app.ts";
import { wantedArtefacts } from "./targets.ts";

const app = (name: string) =>
	({ name, distributions: [], buildRequirements: [] }) as Partial<App> as App;
const apps = [app("orders"), app("mail")];

it.each([
	["debbase", ["base", "debbase"]],
	["package", ["base", "debbase", "pybuild", "package"]],
])("%s needs what stands before it", (target, wanted) => {
	expect([...wantedArtefacts(target, apps)]).toEqual(wanted);
});

it("an app needs no other", () => {
	const wanted = wantedArtefacts("app-mail", apps);
	expect([...wanted].slice(-3)).toEqual(["wheelhouse-mail", "dependencies-mail", "app-mail"]);
	expect(wanted.has("wheelbuild")).toBe(true);
	expect(wanted.has("app-orders")).toBe(false);
});

it("without a target it is everything", () => {
	const wanted = wantedArtefacts(undefined, apps);
	for (const artefact of ["base", "wheelbuild", "app-orders", "app-mail"])
		expect(wanted.has(artefact)).toBe(true);
});

it.each(["nothing", "base", "app-none", "orders"])("%s is none", (target) => {
	expect(() => wantedArtefacts(target, apps)).toThrow(
		/^--target "\w.*": there is no such artefact; known: debbase, .*, app-orders, app-mail$/,
	);
});
