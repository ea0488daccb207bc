import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { temporaryName } from "../step/owner.ts";
import { openStore, type Store } from "./store.ts";

let folder: string;
let store: Store;
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "store-"));
	store = await openStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const text = async (path: string) => (await store.read(path))?.content.toString();

it("has what was written, until it is removed", async () => {
	expect(await store.read("a/b")).toBeUndefined();
	await store.write("a/b", Buffer.from("1"));
	await store.write("a/c/d", Buffer.from("2"));
	expect(await text("a/b")).toBe("1");
	expect((await store.list("a")).map(({ path }) => path).sort()).toEqual(["a/b", "a/c/d"]);
	await store.remove("a/b");
	expect(await text("a/b")).toBeUndefined();
	expect(await store.list("none")).toEqual([]);
});

it("replaces what was read alone", async () => {
	expect(await store.replace("a", Buffer.from("1"), undefined)).toBe(true);
	expect(await store.replace("a", Buffer.from("2"), undefined)).toBe(false);
	const version = (await store.read("a"))?.version;
	expect(await store.replace("a", Buffer.from("2"), version)).toBe(true);
	expect(await store.replace("a", Buffer.from("3"), version)).toBe(false);
	expect(await text("a")).toBe("2");
});

it("lets one of several replace it, who do it at once", async () => {
	const tries = Array.from({ length: 10 }, (_, index) =>
		store.replace("a", Buffer.from(String(index)), undefined),
	);
	const done = await Promise.all(tries);
	expect(done.filter(Boolean)).toHaveLength(1);
	expect(await text("a")).toBe(String(done.indexOf(true)));
	expect(readdirSync(join(folder, ".unfinished"))).toEqual([]);
});

it("sweeps what a killed one was writing, and nothing of one that lives", async () => {
	await store.write("a", Buffer.from("1"));
	const gone = temporaryName(spawnSync("true").pid);
	const alive = temporaryName();
	for (const name of [gone, `a.lock.${gone}`, alive])
		writeFileSync(join(folder, ".unfinished", name), "");
	await store.replace("b", Buffer.from("1"), undefined);
	expect(readdirSync(join(folder, ".unfinished"))).toEqual([alive]);
});
