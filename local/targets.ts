import { StepError } from "../components/step/error.ts";
import { artefactsOf } from "../infra/apps.ts";
import type { App } from "../stacks/apps/app.ts";
import { hasMinimal, MINIMAL } from "../stacks/minimal.ts";
import { isCross } from "../stacks/platforms.ts";
import type { Platform, StackPython } from "../stacks/settings.ts";

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
 * not the first, as in `python-3.12`; or `app-<name>`; either with the architecture of a platform that is
 * not the first, as in `python-arm64`.
 * @throws StepError where there is no such artefact, with those that there are.
 */
export function wantedArtefacts(target: string, platforms: readonly TargetPlatform[]): Set<string> {
	const chains = platforms.flatMap(chainsOf);
	const known = new Set(chains.flat().filter(isTarget));
	const chain = known.has(target) && chains.find((artefacts) => artefacts.includes(target));
	if (chain) return new Set(chain.slice(0, chain.indexOf(target) + 1));
	throw new StepError(
		`--target ${JSON.stringify(target)}: there is no such artefact`,
		`known: ${[...known].join(", ")}`,
	);
}

/** What there is to be made for one of a stack's platforms. */
interface TargetPlatform {
	readonly pythons: readonly TargetPython[];
	readonly apps: readonly App[];
	/** What the names of its artefacts end with. */
	readonly suffix: string;
	/** The platform whose compiler some of its Pythons need; absent: none does. */
	readonly compiledOn?: Platform;
}

type TargetPython = Pick<StackPython, "suffix" | "profile" | "images">;

/** What each Python and each app needs, in the order in which it is made. */
function chainsOf({ pythons, apps, suffix, ...settings }: TargetPlatform): string[][] {
	const sharedBy = (python: TargetPython) =>
		isCross(settings, python)
			? [...SHARED, ...["base", "debbase", "crossbuild"].map((artefact) => artefact + suffix)]
			: SHARED.map((artefact) => artefact + suffix);
	// Settings have no app without one.
	const pythonOf = (app: App) =>
		pythons.find((python) => python.suffix === app.python.suffix) as TargetPython;
	const chainOf = (python: TargetPython) => [
		...sharedBy(python),
		...OF_PYTHON.map((artefact) => artefact + python.suffix + suffix),
	];
	const minimalOf = (python: Pick<StackPython, "suffix">) => MINIMAL + python.suffix + suffix;
	return [
		...pythons.map(chainOf),
		...pythons.filter(hasMinimal).map((each) => [...chainOf(each).slice(0, -1), minimalOf(each)]),
		...apps.map((app) => [
			...chainOf(pythonOf(app)),
			...(app.python.image === MINIMAL ? [minimalOf(app.python)] : []),
			...artefactsOf(app, suffix),
		]),
	];
}

/** Only what a stack always makes, and apps: a wheel may be one of several. */
function isTarget(artefact: string): boolean {
	return !/^base(-|$)/.test(artefact) && !/^(wheel|wheelhouse|dependencies)-/.test(artefact);
}
