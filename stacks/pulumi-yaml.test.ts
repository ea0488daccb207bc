import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { compatibility } from "./compatibility.ts";
import { cpythonSeries, newestRelease } from "./cpython.ts";
import { readSettings, type Settings } from "./settings.ts";

const root = join(import.meta.dirname, "..");
const project = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8"));
const today = new Date("2026-11-22T00:00:00Z");

const stacks = readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

/** A stack's config as the program gets it: strings, lists as JSON, without the project's name. */
function configOf(stack: string): Record<string, string> {
	const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8"));
	return Object.fromEntries(
		Object.entries(config).map(([key, value]) => {
			expect(key).toMatch(/^debian-python:/);
			const text = typeof value === "object" ? JSON.stringify(value) : String(value);
			return [key.slice("debian-python:".length), text];
		}),
	);
}

function settingsOf(stack: string): Settings {
	return readSettings(configOf(stack), {
		project: "debian-python",
		stack,
		today,
		fileExists: () => true,
	});
}

/** What Pulumi takes a default for. */
function pulumiType(value: unknown): string {
	if (Array.isArray(value)) return "array";
	return Number.isInteger(value) ? "integer" : typeof value;
}

describe("Pulumi.yaml", () => {
	it("runs the entry of package.json by type stripping", () => {
		expect(project.name).toBe("debian-python");
		expect(project.runtime.options).toEqual({
			typescript: false,
			packagemanager: "npm",
			nodeargs: "--import ./infra/compile-cache.js",
		});
		expect(project).not.toHaveProperty("main");
	});

	// Else every command of Pulumi ends with that (ValidateConfigValue, sdk/go/common/workspace/project.go).
	it("has defaults of their keys' types", () => {
		const keys = Object.entries(
			project.config as Record<string, { type: string; default?: unknown }>,
		);
		for (const [key, { type, default: value }] of keys)
			if (value !== undefined) expect([key, pulumiType(value)]).toEqual([key, type]);
	});

	it("has Node keep what it compiles in the checkout", () => {
		const folder = mkdtempSync(join(tmpdir(), "checkout-"));
		try {
			for (const path of ["package.json", "infra", "stacks"])
				cpSync(join(root, path), join(folder, path), { recursive: true });
			const args = [...project.runtime.options.nodeargs.split(" "), "stacks/cpython.ts"];
			execFileSync("node", args, { cwd: folder, stdio: "pipe" });
			expect(readdirSync(join(folder, "node_modules/.cache/node"))).toHaveLength(1);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});

it("the stacks are the five production ones and local", () => {
	expect(stacks.sort()).toEqual(["bookworm", "bullseye", "jessie", "local", "stretch", "trixie"]);
});

it.each(stacks)("Pulumi.%s.yaml is accepted, with every version in quotes", (stack) => {
	expect(settingsOf(stack).stack).toBe(stack);
	const text = readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8");
	expect(text).toMatch(/pythonVersion: "[^"]+"$/m);
});

describe.each(stacks.filter((stack) => stack !== "local"))("production stack %s", (stack) => {
	const settings = settingsOf(stack);
	const [python] = settings.pythons;

	it("is optimized, of its own release, with the newest Python that the release supports", () => {
		expect(settings.debian.codename).toBe(stack);
		expect(python.profile).toBe("optimized");
		expect(python.compatibility.status).toBe("supported");
		const supported = cpythonSeries
			.map((series) => newestRelease(series).version)
			.filter((version) => compatibility(version, settings.debian.codename).status === "supported");
		expect(python.version).toBe(supported.at(-1));
	});

	it("allows what is unsupported only where it must", () => {
		const { allowUnsupported: _, ...values } = configOf(stack);
		const context = { project: "debian-python", stack, today };
		if (settings.allowUnsupported) expect(() => readSettings(values, context)).toThrow("LTS");
		else expect(() => readSettings(values, context)).not.toThrow();
	});

	it("pins its base wherever the catalog knows a digest", () => {
		const pinned = settings.debian.baseImage.includes("@");
		expect(settings.base).toHaveProperty("kind", "image");
		expect("digest" in settings.base).toBe(pinned);
	});
});

it("local is what one machine alone can build", () => {
	expect(settingsOf("local")).toMatchObject({
		debian: { codename: "bookworm" },
		base: { kind: "archive" },
		pythons: [{ version: "3.13.5", profile: "quick" }],
		registry: { kind: "none" },
		caBundle: "/etc/ssl/certs/ca-certificates.crt",
	});
});
