import { spawnSync } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { withLock } from "./lock.ts";
import { temporaryName } from "./owner.ts";

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

/** A name that a process of another container, which nobody sees from here, could have. */
const foreign = temporaryName().replace(/-[0-9a-f]{8}-/, "-00000000-");

it("does not count one of another container once it shows no life", async () => {
	mkdirSync(dirname(path));
	writeFileSync(path, foreign);
	const work = async () => readFileSync(path, "utf8");
	expect(await withLock(path, () => {}, never, work, 100)).not.toBe(foreign);
	expect(readdirSync(dirname(path))).toEqual([]);
});

it("counts one of another container as long as it shows life", async () => {
	mkdirSync(dirname(path));
	writeFileSync(path, foreign);
	const beat = setInterval(() => utimesSync(path, new Date(), new Date()), 200);
	const abort = new AbortController();
	setTimeout(() => abort.abort(), 2_500);
	const waiting = withLock(
		path,
		() => {},
		abort.signal,
		async () => "in",
		1_000,
	);
	await expect(waiting).rejects.toThrow(/abort/i);
	clearInterval(beat);
	expect(readFileSync(path, "utf8")).toBe(foreign);
});

it("is shown to live while the work goes on", async () => {
	const shown = async () => {
		const before = statSync(path).mtimeMs;
		await sleep(2_500);
		return statSync(path).mtimeMs - before;
	};
	expect(await withLock(path, () => {}, never, shown)).toBeGreaterThan(0);
});

it("leaves one that another took over meanwhile", async () => {
	await withLock(
		path,
		() => {},
		never,
		async () => writeFileSync(path, foreign),
	);
	expect(readFileSync(path, "utf8")).toBe(foreign);
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
