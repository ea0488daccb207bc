import { spawnSync } from "node:child_process";

/** Whether Pulumi's command-line tool is there. */
export const hasPulumi = spawnSync("pulumi", ["version"]).status === 0;

/** What is said where it is not. */
export const SKIPPED =
	"SKIPPED tests/engine: pulumi is not on PATH, so the stack was not tried with the real engine. " +
	"Install it (https://www.pulumi.com/docs/install/), then: npx vitest run --project engine";
