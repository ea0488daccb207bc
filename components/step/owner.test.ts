import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { isAlive, isLeftover, temporaryName } from "./owner.ts";

/** A process ID of this machine that no process has any more. */
const gone = spawnSync("true").pid;

describe("isAlive", () => {
	it("takes a killed process that nobody waited for as gone", async () => {
		// The shell becomes sleep, which never waits for the child that it inherits.
		const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"]);
		const [line] = (await once(parent.stdout, "data")) as [Buffer];
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(isAlive(Number(line.toString()))).toBe(false);
		expect(isAlive(parent.pid ?? 0)).toBe(true);
		parent.kill();
	});
});

describe("isLeftover", () => {
	it("spares what a live process of this machine uses", () => {
		expect(isLeftover(temporaryName())).toBe(false);
	});

	it("takes what a process that is gone left", () => {
		expect(isLeftover(temporaryName(gone))).toBe(true);
	});

	it("takes what is left from before the last boot", () => {
		const [, , , boot = ""] = temporaryName().split("-");
		expect(isLeftover(temporaryName().replace(boot, "00000000"))).toBe(true);
	});

	it("takes another machine's after a day, not before", () => {
		const [, , host = ""] = temporaryName().split("-");
		const name = temporaryName(gone).replace(host, "00000000");
		expect(isLeftover(name, new Date(Date.now() - 60_000))).toBe(false);
		expect(isLeftover(name, new Date(Date.now() - 25 * 3_600_000))).toBe(true);
	});

	it.each(["debian-python", "my-container", "debian-python-1", ""])("never takes %j", (name) => {
		expect(isLeftover(name, new Date(0))).toBe(false);
	});
});
