import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { InputsOf } from "../step/definition.ts";
import type { Step } from "../step/step.ts";
import type { Root } from "./gather.ts";
import { keptRoot } from "./kept-root.ts";
import type { describeStep } from "./step.ts";

const { id } = vi.hoisted(() => ({ id: vi.fn() }));
vi.mock(import("../step/docker.ts"), async (original) => ({
	...(await original()),
	imageId: id as typeof import("../step/docker.ts").imageId,
}));
vi.mock(import("../distribution/daemon.ts"), async (original) => ({
	...(await original()),
	needImage: async () => {},
}));

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "kept-root-"));
	id.mockImplementation(async (name: string) => `sha256:${name}`);
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = vi.fn(async () => ({ installed: [] }) as Partial<Root> as Root);

/** Ask for a root, and tell how often it was read. */
async function ask(ROOT: string | undefined): Promise<number> {
	read.mockClear();
	const inputs = { ROOT, PACKAGE: "a/b:package-1", SBOM: join(folder, "stack", "x.cdx.json") };
	expect(await keptRoot({} as Step, inputs as InputsOf<typeof describeStep>, read)).toEqual({
		installed: [],
	});
	return read.mock.calls.length;
}

it("is read once, beside the SBOMs", async () => {
	expect(await ask("a/b:dependencies-1")).toBe(1);
	expect(await ask("a/b:dependencies-1")).toBe(0);
	expect(await ask("a/b:dependencies-2")).toBe(1);
	expect(readdirSync(join(folder, "stack"))).toEqual([
		".dependencies-1.json",
		".dependencies-2.json",
	]);
});

it("is read again where the image is another one, or the file was cut short", async () => {
	await ask("a/b:dependencies-1");
	id.mockResolvedValue("sha256:0");
	expect(await ask("a/b:dependencies-1")).toBe(1);
	const file = join(folder, "stack", ".dependencies-1.json");
	writeFileSync(file, readFileSync(file).subarray(0, -5));
	expect(await ask("a/b:dependencies-1")).toBe(1);
	expect(await ask("a/b:dependencies-1")).toBe(0);
});

it("is not kept where there is none", async () => {
	expect(await ask(undefined)).toBe(1);
	expect(readdirSync(folder)).toEqual([]);
});
