import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { isAlive, isLeftover, ownerState, temporaryName } from "./owner.ts";

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

	it("takes another machine's, or another container's, after a day, not before", () => {
		const [, , processes = ""] = temporaryName().split("-");
		const name = temporaryName(gone).replace(processes, "00000000");
		expect(isLeftover(name, new Date(Date.now() - 60_000))).toBe(false);
		expect(isLeftover(name, new Date(Date.now() - 25 * 3_600_000))).toBe(true);
	});

	it("takes a process of another process namespace for one that it does not know", () => {
		const script = `
			const { temporaryName } = await import("./components/step/owner.ts");
			console.log(temporaryName());`;
		const namespace = ["--user", "--map-root-user", "--pid", "--fork"];
		const { status, stdout, stderr } = spawnSync(
			"unshare",
			[...namespace, process.execPath, "--input-type=module", "--eval", script],
			{ encoding: "utf8" },
		);
		// Not every machine lets its users make one.
		if (status !== 0) return expect(stderr).toMatch(/unshare|not permitted/);
		expect(ownerState(stdout.trim())).toBe("unknown");
	});

	it.each(["debian-python", "my-container", "debian-python-1", "debian-python-web-1", ""])(
		"never takes %j",
		(name) => {
			expect(isLeftover(name, new Date(0))).toBe(false);
		},
	);
});
