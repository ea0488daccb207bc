import { linkSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeFolder } from "./file.ts";
import { ownerState, temporaryName } from "./owner.ts";

/** How often who has a lock shows that it lives, in ms. */
const BEAT = 2_000;

/** How long a lock shows nothing before its owner, whom nobody sees from here, counts as gone, in ms. */
const SILENCE = 30_000;

/**
 * Do something that must not happen twice at once, such as a run of one stack in one checkout. A
 * lock that a killed process left does not count: one of another container, or another machine, after
 * half a minute.
 *
 * @param path the lock's file.
 * @param onWait is called once, where somebody else has the lock and this has to wait.
 */
export async function withLock<T>(
	path: string,
	onWait: () => void,
	signal: AbortSignal,
	work: () => Promise<T>,
	silence: number = SILENCE,
): Promise<T> {
	const owner = await lock(path, onWait, signal, silence);
	const beat = setInterval(() => touch(path), BEAT);
	try {
		return await work();
	} finally {
		clearInterval(beat);
		// It is another's if this process was stopped for so long that it counted as gone.
		if (readOwner(path) === owner) rmSync(path, { force: true });
	}
}

async function lock(
	path: string,
	onWait: () => void,
	signal: AbortSignal,
	silence: number,
): Promise<string> {
	makeFolder(dirname(path));
	const owner = temporaryName();
	const own = `${path}.${owner}`;
	writeFileSync(own, owner);
	const isGone = watchOwners(silence);
	try {
		for (let waited = false; !acquire(own, path, isGone); waited = true) {
			if (!waited) onWait();
			await sleep(500, undefined, { signal });
		}
		return owner;
	} finally {
		rmSync(own, { force: true });
	}
}

/** A link is made or not, whole: nobody ever sees a lock without its owner. */
function acquire(own: string, path: string, isGone: (path: string) => boolean): boolean {
	try {
		linkSync(own, path);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	}
	const owner = readOwner(path);
	if (owner === undefined || !isGone(path)) return false;
	// Of those who see this, one alone may remove the lock: the next would remove its successor.
	const removal = `${path}.${owner}.gone`;
	if (acquire(own, removal, isGone)) {
		if (readOwner(path) === owner) rmSync(path, { force: true });
		rmSync(removal, { force: true });
	}
	return false;
}

/** Tells whether a lock's owner is gone: by its process, or else by this one's own clock. */
function watchOwners(silence: number): (path: string) => boolean {
	const seen = new Map<string, { readonly sign: string; readonly since: number }>();
	return (path) => {
		const owner = readOwner(path);
		const state = ownerState(owner ?? "");
		if (state === "alive" || state === "gone") return state === "gone";
		const sign = `${owner} ${statSync(path, { throwIfNoEntry: false })?.mtimeMs}`;
		const last = seen.get(path);
		if (last?.sign === sign) return performance.now() - last.since > silence;
		seen.set(path, { sign, since: performance.now() });
		return false;
	};
}

/** Undefined where there is no lock, or no more. */
function readOwner(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return undefined;
	}
}

function touch(path: string): void {
	try {
		utimesSync(path, new Date(), new Date());
	} catch {
		// Gone with its folder: somebody cleans up.
	}
}
