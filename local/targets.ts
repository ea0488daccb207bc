import { StepError } from "../components/step/error.ts";
import { artefactsOf } from "../infra/apps.ts";
import type { App } from "../stacks/apps/app.ts";

/** What every stack makes, in the order in which it is needed. */
export const ARTEFACTS = ["base", "debbase", "pybuild", "package", "python", "wheelbuild"];

/**
 * The artefacts that a run makes for a target: this and what it needs; all of them without a target.
 *
 * @param target one of {@link ARTEFACTS} but the base, or `app-<name>`.
 * @throws StepError where there is no such artefact, with those that there are.
 */
export function wantedArtefacts(target: string | undefined, apps: readonly App[]): Set<string> {
	if (target === undefined) return new Set([...ARTEFACTS, ...apps.flatMap(artefactsOf)]);
	const app = apps.find(({ name }) => `app-${name}` === target);
	if (app !== undefined) return new Set([...ARTEFACTS, ...artefactsOf(app)]);
	if (ARTEFACTS.indexOf(target) > 0)
		return new Set(ARTEFACTS.slice(0, ARTEFACTS.indexOf(target) + 1));
	const known = [...ARTEFACTS.slice(1), ...apps.map(({ name }) => `app-${name}`)];
	throw new StepError(
		`--target ${JSON.stringify(target)}: there is no such artefact`,
		`known: ${known.join(", ")}`,
	);
}
