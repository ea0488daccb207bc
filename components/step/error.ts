/**
 * A failure that a user can act on: one line that says what is wrong, and what helps.
 */
export class StepError extends Error {
	constructor(problem: string, remedy?: string) {
		super(remedy === undefined ? problem : `${problem}; ${remedy}`);
		this.name = "StepError";
	}
}

/** Why a call failed: of fetch's errors, whose own message is "fetch failed", the cause tells. */
export function reasonOf({ message, cause }: Error): string {
	return cause instanceof Error && cause.message !== "" ? cause.message : message;
}
