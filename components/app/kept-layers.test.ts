import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type * as docker from "../step/docker.ts";
import { keep } from "../step/file.ts";
import { highestLayer, layerKeys, readLayers } from "./kept-layers.ts";

const { id } = vi.hoisted(() => ({ id: vi.fn() }));
vi.mock(import("../step/docker.ts"), async (original) => ({
	...(await original()),
	imageId: id as typeof docker.imageId,
}));

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "layers-"));
	id.mockImplementation(async (name: string) => name);
});
afterEach(() => rmSync(folder, { recursive: true }));

it("a layer's key follows from what it and those below it have", () => {
	const keys = layerKeys(["python"], [["a 1"], ["b 1", "c 1"], ["d 1"]]);
	expect(new Set(keys).size).toBe(3);
	expect(layerKeys(["python"], [["a 1"], ["b 2", "c 1"], ["d 1"]])[0]).toBe(keys[0]);
	const other = layerKeys(["python"], [["a 1"], ["b 2", "c 1"], ["d 1"]]);
	expect(other.filter((key) => keys.includes(key))).toEqual([keys[0]]);
	expect(layerKeys(["another"], [["a 1"]])[0]).not.toBe(keys[0]);
});

it("the highest that is kept and still there is taken", async () => {
	const kept = { a: "sha256:1", b: "sha256:2", d: "sha256:4" };
	expect(await highestLayer(kept, ["a", "b", "c"])).toEqual({ index: 1, image: "sha256:2" });
	id.mockImplementation(async (name: string) => (name === "sha256:2" ? undefined : name));
	expect(await highestLayer(kept, ["a", "b", "c"])).toEqual({ index: 0, image: "sha256:1" });
	expect(await highestLayer(kept, ["c"])).toBeUndefined();
});

it("what was kept last is read; a file that was cut short has none", async () => {
	const file = join(folder, "stack", ".layers-orders.json");
	expect(await readLayers(file)).toEqual({});
	await keep(file, { a: "sha256:1" });
	expect(await readLayers(file)).toEqual({ a: "sha256:1" });
	writeFileSync(file, '{"a": "sha2');
	expect(await readLayers(file)).toEqual({});
});
