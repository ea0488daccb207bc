/**
 * A failure that a user can act on: one line that says what is wrong, and what helps.
 */
export class StepError extends Error {
	constructor(problem: string, remedy?: string) {
		super(remedy === undefined ? problem : `${problem}; ${remedy}`);
		this.name = "StepError";
	}
}

/** A fault of a registry in our words. */
export class RegistryError extends StepError {
	/** Whether another try would fail alike. */
	readonly final: boolean;

	constructor(problem: string, remedy: string, final: boolean) {
		super(problem, remedy);
		this.final = final;
	}
}

/** Why a call failed: of fetch's errors, whose own message is "fetch failed", the cause tells. */
export function reasonOf({ message, cause }: Error): string {
	return cause instanceof Error && cause.message !== "" ? cause.message : message;
}
