import { ConfigError } from "../../stacks/config-error.ts";
import { LockError } from "../../stacks/lock/lock-error.ts";
import { explainDocker } from "./docker-error.ts";
import { StepError } from "./error.ts";

/** End this process with an error: one line on standard error, and exit status 1. */
export function fail(error: unknown): void {
	process.stderr.write(`error: ${errorLine(error)}\n`);
	process.exitCode = 1;
}

/** What a person is told of an error: its message, and where in the program only if it is a defect. */
export function errorLine(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	if (isExpected(error)) return error.message;
	return explainDocker(error.message)?.message ?? error.stack ?? error.message;
}

const EXPECTED = [StepError, ConfigError, LockError];

/** Whether an error is about what the user can change, not about this program. */
export function isExpected(error: Error): boolean {
	// RunError is what Pulumi too shows without a stack trace. It is known by its mark, as Pulumi has it
	// (RunError.isInstance): loading the SDK takes longer than all else that a step loads.
	return EXPECTED.some((kind) => error instanceof kind) || "__pulumiRunError" in error;
}
