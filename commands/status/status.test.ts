import { describe, expect, it } from "vitest";
import type { Plan } from "../../infra/plan.ts";
import { catalogFacts, nextUp } from "./status.ts";

const plan = (artefact: string, fate: Plan["fate"], why = ""): Plan => ({
	artefact,
	key: "0123456789ab",
	fate,
	why,
});

describe("the next up", () => {
	it.each([
		["reused", [plan("debbase", "reused"), plan("package", "reused")]],
		["build", [plan("debbase", "build and push", "changed"), plan("package", "reused")]],
		["compile", [plan("debbase", "reused"), plan("package", "build", "changed")]],
		["compile", [plan("debbase", "unknown", "why"), plan("package", "build and push", "changed")]],
		["unknown", [plan("debbase", "build", "changed"), plan("package", "unknown", "why")]],
		["unknown", [plan("debbase", "unknown", "why"), plan("package", "reused")]],
	] as const)("%s", (verdict, plans) => {
		expect(nextUp({ plans, compile: "" }).verdict).toBe(verdict);
	});

	it("says the same fate with the same reason once, and the compile last", () => {
		const plans = [
			plan("base", "reused"),
			plan("debbase", "build", "libraries changed"),
			plan("pybuild", "build", "debbase changed"),
			plan("package", "reused"),
			plan("python", "build", "debbase changed"),
		];
		expect(nextUp({ plans, compile: "nothing will be compiled" }).lines).toEqual([
			"base, package: reused",
			"debbase: build: libraries changed",
			"pybuild, python: build: debbase changed",
			"nothing will be compiled",
		]);
	});

	it("takes a registry's failure as one reason, whatever image was asked for", () => {
		const failure = (artefact: string) => {
			const name = `reg.example/team:${artefact}-0123456789ab`;
			return plan(artefact, "unknown", `docker manifest ${name}: the registry reg.example failed`);
		};
		const { lines } = nextUp({ plans: [failure("debbase"), failure("package")], compile: "c" });
		expect(lines).toEqual([
			"debbase, package: unknown: docker manifest: the registry reg.example failed",
			"c",
		]);
	});

	it("is unknown, with the reason, where the program could not be asked", () => {
		expect(nextUp({ problem: "two lines\n  of a problem" })).toEqual({
			verdict: "unknown",
			lines: ["two lines", "  of a problem"],
		});
	});
});

describe("the catalogs' facts", () => {
	const facts = (config: Record<string, string>) =>
		catalogFacts({
			project: "p",
			config: Object.fromEntries(Object.entries(config).map(([key, value]) => [`p:${key}`, value])),
		});

	it("are there of what the stack file says", () => {
		const { debian, pythons } = facts({
			release: "buster",
			pythonVersion: "3.11.2",
			packageRelease: "4",
		});
		expect(debian?.number).toBe(10);
		expect(pythons).toMatchObject([
			{ version: "3.11.2", series: { series: "3.11" }, packageRelease: "4" },
		]);
	});

	it("are there of each Python of a list", () => {
		const list = [
			{ version: "3.13.15" },
			{ version: "3.12.14", packageRelease: 3, patches: "patches/3.12" },
			{ version: "3.13.15", variant: "free-threaded" },
			{ version: "3.13.15", variant: "minimal" },
		];
		const { pythons } = facts({ packageRelease: "1", pythons: JSON.stringify(list) });
		expect(pythons).toMatchObject([
			{ version: "3.13.15", packageRelease: "1" },
			{ version: "3.12.14", packageRelease: "3", patches: "patches/3.12" },
			{ version: "3.13.15", variant: "free-threaded" },
			{ version: "3.13.15", image: "minimal" },
		]);
		expect(facts({ pythons: "no list", pythonVersion: "3.13.15" }).pythons).toHaveLength(1);
	});

	it("are absent of what no catalog has", () => {
		expect(facts({ release: "constructor", pythonVersion: "3.99.1" })).toEqual({ pythons: [] });
		expect(facts({})).toEqual({ pythons: [] });
	});
});
