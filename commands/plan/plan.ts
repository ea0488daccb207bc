import { type AptLook, lookAtApt } from "../../components/apt/look.ts";
import { imagePlace } from "../../components/distribution/presence.ts";
import type { StackImage } from "../../components/image.ts";
import { onDaemon } from "../../components/step/daemon.ts";
import { isExpected } from "../../components/step/failure.ts";
import { inputChanges } from "../../components/step/why.ts";
import { stackImages } from "../../infra/images.ts";
import {
	compiles,
	fateOf,
	type Plan,
	type PlannedPython,
	plannedPythons,
} from "../../infra/plan.ts";
import { configuredApt, configuredImages } from "../../local/images.ts";
import { patchesText, type Rotation, rotation, type Side } from "../../stacks/rotation.ts";
import type { StackPython } from "../../stacks/settings.ts";
import { pythonName } from "../../stacks/variants.ts";
import { type Planned, type Plans, readPlans } from "./config.ts";

/** What a change of a stack would do. `--json` prints it as it is. */
export interface StackPlan {
	readonly stack: string;
	/** What changes in the config; an empty text stands for no value. */
	readonly edits: Plans["edits"];
	readonly artefacts: readonly ArtefactPlan[];
	/** What would be published for apt, for each platform; empty where the stack publishes nothing. */
	readonly apt: readonly AptPlan[];
	/** Whether CPython is compiled, which is what takes long; null where nobody could tell. */
	readonly compiles: boolean | null;
	/** In the order of the stack file. */
	readonly pythons: readonly PythonPlan[];
	/** What the stack would warn of. */
	readonly warnings: readonly string[];
}

/** What would become of a Python. */
export interface PythonPlan extends PlannedPython {
	/** What changes for users; null where nothing does, or where it, or the stack file, is not there before. */
	readonly rotation: Rotation | null;
}

/** What would be published for apt. */
export interface AptPlan extends AptLook {
	/** `apt`, with the suffix of a platform. */
	readonly artefact: string;
}

/** What would become of one artefact. */
export interface ArtefactPlan extends Omit<Plan, "why"> {
	/** In what it differs from the stack's as it is; empty where it does not. */
	readonly changes: string;
	/** Why its fate is unknown; absent where it is known. */
	readonly problem?: string;
}

/**
 * Tell what a change of a stack would do, and do nothing.
 *
 * @param sets `key=value`, in place of the stack file's values.
 * @throws StepError where there is no such stack; ConfigError where the values are refused.
 */
export async function planStack(stack: string, sets: readonly string[]): Promise<StackPlan> {
	const { before, after, edits } = readPlans(stack, sets);
	const former = before && stackImages(before.settings, "");
	const { images, problem } = await imagesOrKeys(after);
	const artefacts = await Promise.all(
		images.map((image) => planArtefact(image, former ?? [], problem)),
	);
	return {
		stack,
		edits,
		artefacts,
		apt: await aptPlans(after, images),
		compiles: compiles(artefacts) ?? null,
		pythons: plannedPythons(after.settings).map((planned, index) => {
			// Of several platforms the first one tells.
			const python = after.settings.pythons[index];
			return { ...planned, rotation: python ? pythonRotation(before, after, python) : null };
		}),
		warnings: after.settings.warnings,
	};
}

/** What changes from the Python of a series; the first one may have come in the place of another series. */
function pythonRotation(
	before: Planned | undefined,
	after: Planned,
	python: StackPython,
): Rotation | null {
	const same = before?.settings.pythons.find((other) => pythonName(other) === pythonName(python));
	const former = same ?? (python.suffix === "" ? before?.settings.pythons[0] : undefined);
	const change = before && former && rotation(sideOf(before, former), sideOf(after, python));
	return change ?? null;
}

/** The side of a rotation that a Python of a stack is on, all of it known from the settings. */
export function sideOf(
	{ settings: { debian, architecture } }: Pick<Planned, "settings">,
	python: StackPython,
): Side {
	const patches = patchesText(python.patches?.patches);
	return { debian, python, patches, pip: python.series.pip.version, architecture };
}

/** The images; where their registry cannot be used from here, their keys, and why. */
async function imagesOrKeys({
	settings,
	config,
}: Planned): Promise<{ images: StackImage[]; problem?: string }> {
	try {
		return { images: await configuredImages(settings, config) };
	} catch (error) {
		if (!(error instanceof Error && isExpected(error))) throw error;
		return { images: stackImages(settings, ""), problem: error.message };
	}
}

async function aptPlans(
	{ settings, config }: Planned,
	images: readonly StackImage[],
): Promise<AptPlan[]> {
	try {
		const all = await configuredApt(settings, config, images);
		return await Promise.all(
			all.map(async ([artefact, inputs]) => ({ artefact, ...(await lookAtApt(inputs)) })),
		);
	} catch (error) {
		if (!(error instanceof Error && isExpected(error))) throw error;
		return [{ artefact: "apt", due: "", problem: error.message }];
	}
}

async function planArtefact(
	image: StackImage,
	former: readonly StackImage[],
	problem: string | undefined,
): Promise<ArtefactPlan> {
	const { artefact, key, name, daemon } = image;
	const before = former.find((other) => other.artefact === artefact);
	const changes =
		before === undefined || before.key === key ? "" : inputChanges(before.inputs, image.inputs);
	const plan = { artefact, key, changes };
	if (problem !== undefined) return { ...plan, fate: "unknown", problem };
	try {
		const look = async () => fateOf(image, await imagePlace(name));
		return { ...plan, ...(await onDaemon(daemon, look)) };
	} catch (error) {
		return { ...plan, fate: "unknown", problem: (error as Error).message };
	}
}
