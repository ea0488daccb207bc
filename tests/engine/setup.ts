import daemon from "../local/daemon.ts";
import { hasPulumi, SKIPPED } from "./pulumi.ts";

/** Vitest's global set-up: a Docker daemon for the tests, or one line that says that there are none. */
export default function setup(): (() => void) | undefined {
	if (hasPulumi) return daemon();
	process.stderr.write(`${SKIPPED}\n`);
	return undefined;
}
