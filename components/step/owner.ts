import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/*
 * Every container, volume and temporary folder of a step has a name that says which process it
 * belongs to, so that what a killed process left can be told from what another run is using.
 */

const PREFIX = "debian-python";

/** How long another machine's leftovers stay on a shared daemon: longer than any build, in ms. */
const FOREIGN_MAX_AGE = 24 * 60 * 60 * 1000;

/** A name for something temporary of this process: `debian-python-<host>-<boot>-<pid>-<random>`. */
export function temporaryName(pid: number = process.pid): string {
	return [PREFIX, hostId(), bootId(), pid, randomBytes(4).toString("hex")].join("-");
}

/**
 * Whether what bears this name was left by a process that is gone. A name of another machine counts
 * as left when it is older than a day, since that machine's processes cannot be seen from here.
 *
 * @param created when the thing was made; unknown counts as just now.
 */
export function isLeftover(name: string, created: Date = new Date()): boolean {
	const match = /^debian-python-([0-9a-f]{8})-([0-9a-f]{8})-(\d+)-[0-9a-f]{8}$/.exec(name);
	if (match === null) return false;
	const [, host, boot, pid] = match;
	if (host !== hostId()) return Date.now() - created.getTime() > FOREIGN_MAX_AGE;
	return boot !== bootId() || !isAlive(Number(pid));
}

/** Whether a process of this machine runs. */
export function isAlive(pid: number): boolean {
	const status = readOptional(`/proc/${pid}/status`);
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

function hostId(): string {
	return shortHash(hostname());
}

/** Process IDs start again at each boot. Linux tells boots apart; elsewhere the ID alone has to do. */
function bootId(): string {
	return shortHash(readOptional("/proc/sys/kernel/random/boot_id") ?? "");
}

/** A file of Linux's /proc; undefined where there is none. */
function readOptional(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return undefined;
	}
}

function shortHash(text: string): string {
	return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
