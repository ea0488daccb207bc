/**
 * A failure that a user can act on: one line that says what is wrong, and what helps.
 */
export class StepError extends Error {
	constructor(problem: string, remedy?: string) {
		super(remedy === undefined ? problem : `${problem}; ${remedy}`);
		this.name = "StepError";
	}
}
