import { stackOf } from "./stack.ts";

/** What is wrong with a resource. */
export interface Problem {
	/** The config key that decides it, or, where none does, the input. */
	readonly key: string;
	/** What stands behind the key in a sentence. No secret is in it. */
	readonly reason: string;
	/** What to do. */
	readonly remedy: string;
}

/** Where a problem is: a resource by its URN and its name. */
export interface Where {
	readonly urn: string;
	readonly name: string;
}

/** The line that a violation is told with. */
export function violation({ urn, name }: Where, { key, reason, remedy }: Problem): string {
	return `stack ${stackOf(urn)}, resource ${name}: ${key} ${reason}; ${remedy}`;
}
