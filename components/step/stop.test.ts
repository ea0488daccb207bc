import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";

/** Start what waits to be told to stop, without a terminal; tells its exit code, or that it goes on. */
async function send(signal: NodeJS.Signals, parent = "undefined"): Promise<number | "goes on"> {
	const script = `
		const { stopController } = await import("./components/step/stop.ts");
		stopController(${parent}).signal.addEventListener("abort", () => process.exit(3));
		setInterval(() => {}, 1000);
		console.log("ready");`;
	const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
		stdio: ["ignore", "pipe", "ignore"],
	});
	await once(child.stdout, "data");
	child.kill(signal);
	const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
	const [code] = (await once(child, "exit")) as [number | null];
	clearTimeout(timer);
	return code ?? "goes on";
}

// Each waits for a process of its own.
describe.concurrent("a process that is to stop", () => {
	it.each(["SIGINT", "SIGTERM"] as const)("%s stops it", async (signal) => {
		expect(await send(signal)).toBe(3);
	});

	it("a hangup does not stop what has no terminal, as under nohup", async () => {
		expect(await send("SIGHUP")).toBe("goes on");
	});

	// No process has this ID: PID_MAX_LIMIT of proc(5) is 2^22.
	it.each([
		["SIGCONT", 3],
		["SIGHUP", "goes on"],
	] as const)(
		"the end of its parent stops it, unless a hangup was why: %s",
		async (signal, end) => {
			expect(await send(signal, "4194305")).toBe(end);
		},
	);
});
