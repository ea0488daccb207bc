import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { temporaryName } from "../components/step/owner.ts";
import { withLock } from "./lock.ts";

let folder: string;
let path: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "lock-"));
	path = join(folder, "stack", "lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;

it("lets one in at a time, tells the other that it waits, and leaves nothing", async () => {
	const order: string[] = [];
	const enter = (name: string) =>
		withLock(
			path,
			() => order.push(`${name} waits`),
			never,
			async () => {
				order.push(`${name} in`);
				await sleep(50);
				order.push(`${name} out`);
			},
		);
	await Promise.all([enter("a"), enter("b")]);
	expect(order.filter((event) => !event.endsWith("waits"))).toEqual([
		"a in",
		"a out",
		"b in",
		"b out",
	]);
	expect(order.filter((event) => event.endsWith("waits"))).toEqual(["b waits"]);
	expect(readdirSync(join(folder, "stack"))).toEqual([]);
});

it("does not count the lock of a process that is gone", async () => {
	await withLock(
		path,
		() => {},
		never,
		async () => {
			writeFileSync(path, temporaryName(spawnSync("true").pid));
			expect(
				await withLock(
					path,
					() => {},
					never,
					async () => "in",
				),
			).toBe("in");
		},
	);
});

it("is given back after a failure", async () => {
	const work = () => Promise.reject(new Error("failed"));
	await expect(withLock(path, () => {}, never, work)).rejects.toThrow("failed");
	expect(existsSync(path)).toBe(false);
});

it("stops waiting when the run is stopped", async () => {
	const abort = new AbortController();
	await withLock(
		path,
		() => {},
		never,
		async () => {
			const waiting = withLock(
				path,
				() => abort.abort(),
				abort.signal,
				async () => "in",
			);
			await expect(waiting).rejects.toThrow(/abort/i);
		},
	);
});
