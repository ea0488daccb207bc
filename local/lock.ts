import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isLeftover, temporaryName } from "../components/step/owner.ts";
import type { Run } from "./handlers.ts";

/**
 * Do something that must not happen twice at once, such as a run of one stack in one checkout. A
 * lock that a killed process left does not count.
 *
 * @param path the lock's file.
 * @param onWait is called once, where somebody else has the lock and this has to wait.
 */
export async function withLock<T>(
	path: string,
	onWait: () => void,
	signal: AbortSignal,
	work: () => Promise<T>,
): Promise<T> {
	await lock(path, onWait, signal);
	try {
		return await work();
	} finally {
		rmSync(path, { force: true });
	}
}

/** Do something with a stack that no other run in this checkout does meanwhile; say where it waits. */
export function withStackLock<T>(
	stack: string,
	{ report, signal }: Pick<Run, "report" | "signal">,
	work: () => Promise<T>,
): Promise<T> {
	const onWait = () =>
		report.line(`another run of the stack ${stack} is under way here: waiting for its end`);
	return withLock(`packages/${stack}/.lock`, onWait, signal, work);
}

async function lock(path: string, onWait: () => void, signal: AbortSignal): Promise<void> {
	mkdirSync(dirname(path), { recursive: true });
	const owner = temporaryName();
	const own = `${path}.${owner}`;
	writeFileSync(own, owner);
	try {
		for (let waited = false; !acquire(own, path); waited = true) {
			if (!waited) onWait();
			await sleep(500, undefined, { signal });
		}
	} finally {
		rmSync(own, { force: true });
	}
}

/** A link is made or not, whole: nobody ever sees a lock without its owner. */
function acquire(own: string, path: string): boolean {
	try {
		linkSync(own, path);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	}
	if (isLeftover(readOwner(path))) rmSync(path, { force: true });
	return false;
}

/** Empty where the lock went away just now. */
function readOwner(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}
