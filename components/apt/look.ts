import type { PublishInputs } from "./inputs.ts";
import { openStore } from "./store.ts";
import { type Due, dueOf, readSuite } from "./suite.ts";

/**
 * What the step that publishes would do. Nothing is changed, and no signature is looked at: who only
 * previews need not have the keys.
 *
 * @throws StepError where the repository cannot be read.
 */
export async function lookAtSuite(inputs: PublishInputs): Promise<Due> {
	const store = await openStore(inputs.PLACE, { region: inputs.REGION });
	return dueOf(await readSuite(store, inputs.SUITE, (inRelease) => inRelease.toString()), inputs);
}

/** What is due, in words, such as `bookworm: cpython3.13 3.13.5-1+deb12 (amd64)`; empty where nothing is. */
export function dueText({ missing, toSign }: Due, { SUITE }: Pick<PublishInputs, "SUITE">): string {
	if (missing.length > 0) return `${SUITE}: ${missing.map(({ title }) => title).join(", ")}`;
	return toSign === undefined ? "" : `${SUITE}, signed anew: ${toSign}`;
}

/** What publishing would do. */
export interface AptLook {
	/** In words; empty where it would do nothing. */
	readonly due: string;
	/** Why nobody can tell. */
	readonly problem?: string;
}

/** Look what publishing would do. Nothing is changed, and nothing fails. */
export async function lookAtApt(inputs: PublishInputs): Promise<AptLook> {
	try {
		return { due: dueText(await lookAtSuite(inputs), inputs) };
	} catch (error) {
		return { due: "", problem: (error as Error).message };
	}
}

/** The same in a line of a plan, behind the artefact. */
export function aptText({ due, problem }: AptLook): string {
	if (problem !== undefined) return `unknown: ${problem}`;
	return due === "" ? "reused" : `publish: ${due}`;
}
