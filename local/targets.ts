import { StepError } from "../components/step/error.ts";
import { artefactsOf } from "../infra/apps.ts";
import type { App } from "../stacks/apps/app.ts";
import { hasMinimal, MINIMAL } from "../stacks/minimal.ts";
import type { StackPython } from "../stacks/settings.ts";

/** What every stack makes once, in the order in which it is needed. */
const SHARED = ["base", "debbase", "pybuild"];

/** What it makes once for each of its Pythons, in the order in which it is needed. */
const OF_PYTHON = ["package", "python", "wheelbuild"];

/** What every stack makes. */
export const ARTEFACTS = [...SHARED, ...OF_PYTHON];

/**
 * The artefacts that a run makes for a target: this and what it needs.
 *
 * @param target one of {@link ARTEFACTS} but the base, or `minimal`, with the series of a Python that is
 * not the first, as in `python-3.12`; or `app-<name>`.
 * @throws StepError where there is no such artefact, with those that there are.
 */
export function wantedArtefacts(
	target: string,
	pythons: readonly Pick<StackPython, "suffix" | "images">[],
	apps: readonly App[],
): Set<string> {
	const chainOf = ({ suffix }: Pick<StackPython, "suffix">) => [
		...SHARED,
		...OF_PYTHON.map((artefact) => artefact + suffix),
	];
	const minimalChainOf = ({ suffix }: Pick<StackPython, "suffix">) => [
		...chainOf({ suffix }).slice(0, -1),
		MINIMAL + suffix,
	];
	const chains = [
		...pythons.map(chainOf),
		...pythons.filter(hasMinimal).map(minimalChainOf),
		...apps.map((app) => [
			...chainOf(app.python),
			...(app.python.image === MINIMAL ? [MINIMAL + app.python.suffix] : []),
			...artefactsOf(app),
		]),
	];
	const known = new Set(chains.flat().filter(isTarget));
	const chain = known.has(target) && chains.find((artefacts) => artefacts.includes(target));
	if (chain) return new Set(chain.slice(0, chain.indexOf(target) + 1));
	throw new StepError(
		`--target ${JSON.stringify(target)}: there is no such artefact`,
		`known: ${[...known].join(", ")}`,
	);
}

/** Only what a stack always makes, and apps: a wheel may be one of several. */
function isTarget(artefact: string): boolean {
	return artefact !== "base" && !/^(wheel|wheelhouse|dependencies)-/.test(artefact);
}
