import { imageLabels, type StackImage } from "../components/image.ts";
import { imageId } from "../components/step/docker.ts";
import { registryHost, remoteDigest } from "../components/step/registry.ts";
import { whyBuild } from "../components/step/why.ts";
import type { Profile } from "../stacks/settings.ts";

/** How long a compile takes on two cores, in minutes, as measured for 3.13.5 on bookworm. */
const COMPILE_MINUTES: Readonly<Record<Profile, number>> = { quick: 4, optimized: 13 };

/**
 * What a reviewer wants to know of a preview, in a few lines: for each artefact whether it is reused
 * or built and why, and whether that compiles. The daemon and the registry are asked; nothing is
 * changed. Where they do not answer, the lines say so: a preview does not fail for that.
 */
export async function planLines(
	images: readonly StackImage[],
	profile: Profile,
): Promise<string[]> {
	const plans = await Promise.all(images.map(plan));
	const lines = plans.map(({ artefact, fate, detail }) => `${artefact}: ${fate}${detail}`);
	return [
		...lines,
		compileLine(plans.find(({ artefact }) => artefact === "package")?.fate, profile),
	];
}

/** What becomes of an artefact. */
interface Plan {
	readonly artefact: string;
	readonly fate: "reused" | "build" | "unknown";
	readonly detail: string;
}

function compileLine(fate: Plan["fate"] | undefined, profile: Profile): string {
	if (fate === "reused") return "nothing will be compiled";
	const time = `about ${COMPILE_MINUTES[profile]} minutes on two cores`;
	return fate === "build"
		? `CPython will be compiled: ${time}`
		: `CPython may have to be compiled: ${time}`;
}

async function plan(image: StackImage): Promise<Plan> {
	const { artefact, name, key } = image;
	try {
		if (await isThere(name)) return { artefact, fate: "reused", detail: ` (${key})` };
		const pushed = registryHost(name) === undefined ? "" : " and push";
		const why = await whyBuild(name, imageLabels(image));
		return { artefact, fate: "build", detail: `${pushed} (${key}): ${why}` };
	} catch (error) {
		return { artefact, fate: "unknown", detail: `: ${(error as Error).message}` };
	}
}

async function isThere(name: string): Promise<boolean> {
	if (registryHost(name) !== undefined) return (await remoteDigest(name)) !== undefined;
	return (await imageId(name)) !== undefined;
}
