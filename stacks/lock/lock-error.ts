import type { ConfigProblem } from "../config-error.ts";

/** One thing that is wrong in a file of an app. */
export interface LockProblem extends ConfigProblem {
	/** The file, as the user would name it: `../orders/uv.lock`. */
	readonly file: string;
}

/** Everything that is wrong in the files of an app; the message has one line for each problem. */
export class LockError extends Error {
	override readonly name = "LockError";
	readonly problems: readonly LockProblem[];

	constructor(problems: readonly LockProblem[]) {
		super(
			problems
				.map(
					({ file, key, value, reason, remedy }) =>
						`${file}: ${key}: ${value} ${reason}; ${remedy}`,
				)
				.join("\n"),
		);
		this.problems = problems;
	}
}
