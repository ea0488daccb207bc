import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/*
 * Every container, volume, unfinished image and temporary folder of a step has a name that says which
 * process it belongs to, so that what a killed process left can be told from what another run is using.
 */

const PREFIX = "debian-python";

const NAME = new RegExp(`^${PREFIX}-([0-9a-f]{8})-(\\d+)-[0-9a-f]{8}$`);

/** How long what may be another machine's stays on a shared daemon: longer than any build, in ms. */
const FOREIGN_MAX_AGE = 24 * 60 * 60 * 1000;

/** What is known of the process that a name belongs to. */
export type OwnerState = "alive" | "gone" | "unknown";

/** A name for something temporary of this process: `debian-python-<processes>-<pid>-<random>`. */
export function temporaryName(pid: number = process.pid): string {
	return [PREFIX, processSpace(), pid, randomBytes(4).toString("hex")].join("-");
}

/**
 * What is known of the process that a {@link temporaryName} belongs to: unknown where it runs, or ran,
 * where its ID means nothing here. Undefined for any other name.
 */
export function ownerState(name: string): OwnerState | undefined {
	const [, space, pid] = NAME.exec(name) ?? [];
	if (space === undefined) return undefined;
	if (space !== processSpace()) return "unknown";
	return isAlive(Number(pid)) ? "alive" : "gone";
}

/**
 * Whether what bears this name was left by a process that is gone. Where that cannot be known, it
 * counts as left when it is older than a day.
 *
 * @param created when the thing was made; unknown counts as just now.
 */
export function isLeftover(name: string, created: Date = new Date()): boolean {
	const owner = ownerState(name);
	if (owner !== "unknown") return owner === "gone";
	return Date.now() - created.getTime() > FOREIGN_MAX_AGE;
}

/** Whether a process of this machine runs. */
export function isAlive(pid: number): boolean {
	// A /proc that was not mounted for this process namespace has other processes' IDs.
	const status = isOwnProc() ? read(() => readFileSync(`/proc/${pid}/status`, "utf8")) : undefined;
	// A killed process is there until somebody waits for it (state Z), and a thread's ID is not a
	// process's: kill(2) takes both for alive.
	if (status !== undefined)
		return !/^State:\s[ZX]/m.test(status) && status.includes(`\nTgid:\t${pid}\n`);
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// EPERM: it runs, as another user.
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

/**
 * Where this process's ID is the same one's for everybody: a boot of a machine, and in that a process
 * namespace (pid_namespaces(7)), of which each container has its own, host name or not. Where the system
 * is not Linux, the machine's name has to do.
 */
function processSpace(): string {
	const boot = read(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")) ?? "";
	const namespace = read(() => readlinkSync("/proc/self/ns/pid")) ?? "";
	return createHash("sha256")
		.update([hostname(), boot, namespace].join("\n"))
		.digest("hex")
		.slice(0, 8);
}

function isOwnProc(): boolean {
	return read(() => readlinkSync("/proc/self")) === String(process.pid);
}

/** What Linux's /proc tells; undefined where there is none. */
function read(from: () => string): string | undefined {
	try {
		return from();
	} catch {
		return undefined;
	}
}
