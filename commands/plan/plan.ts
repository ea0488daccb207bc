import { imagePlace } from "../../components/distribution/presence.ts";
import type { StackImage } from "../../components/image.ts";
import { isExpected } from "../../components/step/failure.ts";
import { inputChanges } from "../../components/step/why.ts";
import { stackImages } from "../../infra/images.ts";
import { compiles, fateOf, type Plan } from "../../infra/plan.ts";
import { configuredImages } from "../../local/images.ts";
import { type Rotation, rotation, type Side } from "../../stacks/rotation.ts";
import type { Profile } from "../../stacks/settings.ts";
import { type Planned, type Plans, readPlans } from "./config.ts";

/** What a change of a stack would do. `--json` prints it as it is. */
export interface StackPlan {
	readonly stack: string;
	/** What changes in the config; an empty text stands for no value. */
	readonly edits: Plans["edits"];
	readonly artefacts: readonly ArtefactPlan[];
	/** Whether CPython is compiled, which is what takes long; null where nobody could tell. */
	readonly compiles: boolean | null;
	/** What changes for users; null where nothing does, or where the stack file itself is refused. */
	readonly rotation: Rotation | null;
	/** How CPython would be compiled. */
	readonly profile: Profile;
	/** What the stack would warn of. */
	readonly warnings: readonly string[];
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
		compiles: compiles(artefacts) ?? null,
		rotation: (before && rotation(sideOf(before), sideOf(after))) ?? null,
		profile: after.settings.profile,
		warnings: after.settings.warnings,
	};
}

/** A stack's side of a rotation, all of it known from its settings. */
export function sideOf({ settings: { debian, python, architecture } }: Planned): Side {
	return { debian, python, pip: python.series.pip.version, architecture };
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

async function planArtefact(
	image: StackImage,
	former: readonly StackImage[],
	problem: string | undefined,
): Promise<ArtefactPlan> {
	const { artefact, key, name } = image;
	const before = former.find((other) => other.artefact === artefact);
	const changes =
		before === undefined || before.key === key ? "" : inputChanges(before.inputs, image.inputs);
	const plan = { artefact, key, changes };
	if (problem !== undefined) return { ...plan, fate: "unknown", problem };
	try {
		return { ...plan, ...(await fateOf(image, await imagePlace(name))) };
	} catch (error) {
		return { ...plan, fate: "unknown", problem: (error as Error).message };
	}
}
