import { isatty } from "node:tty";
import { isAlive } from "./owner.ts";

/** Whether this process has a terminal; nohup leaves none. */
export const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));

/**
 * Is aborted when this process is told to stop, or when the process that wants its result is gone: it
 * must not outlive a parent that was killed, since nobody else stops it then.
 *
 * A hangup stops only what has a terminal. That SIGHUP was ignored at the start, as under nohup, cannot
 * be known: Node gives every signal its default at its own start, and npm is Node too.
 *
 * @param parent its process ID; undefined where nobody waits for a result.
 */
export function stopController(parent: number | undefined): AbortController {
	const abort = new AbortController();
	let hungUp = false;
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => abort.abort());
	process.on("SIGHUP", () => {
		if (hasTerminal) abort.abort();
		hungUp = true;
	});
	if (parent === undefined) return abort;
	let gone = false;
	setInterval(() => {
		// A hangup ends npm, which is no reason to stop; seen twice, since the signal may come second.
		if (gone && !hungUp) abort.abort();
		gone = !isAlive(parent);
	}, 500).unref();
	return abort;
}
