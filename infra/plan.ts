import { imageLabels, type StackImage } from "../components/image.ts";
import { isInDaemon, registryHost, remoteDigest } from "../components/step/registry.ts";
import { whyBuild } from "../components/step/why.ts";
import type { Profile } from "../stacks/settings.ts";

/** How long a compile takes on two cores, in minutes, as measured for 3.13.5 on bookworm. */
const COMPILE_MINUTES: Readonly<Record<Profile, number>> = {
	quick: 4,
	optimized: 6,
	hardened: 6,
};

/**
 * What a reviewer wants to know of a preview, in a few lines: for each artefact whether it is reused
 * or built and why, and whether that compiles. The daemon and the registry are asked; nothing is
 * changed. Where they do not answer, the lines say so: a preview does not fail for that.
 */
export async function planLines(
	images: readonly StackImage[],
	profile: Profile,
): Promise<string[]> {
	const planned = await plans(images);
	return [...planned.map(planLine), compileLine(planned, profile)];
}

/** What becomes of an artefact. */
export interface Plan {
	readonly artefact: string;
	/** The key of what is wanted. */
	readonly key: string;
	readonly fate: "reused" | "build" | "build and push" | "unknown";
	/** Why it is built, or why its fate is unknown; empty where it is reused. */
	readonly why: string;
	/** Of a package that is built: whether a former compile is there, which is only packaged again. */
	readonly isCompiled?: boolean;
}

/** The plan of each image. The daemon and the registry are asked; nothing is changed, and nothing fails. */
export function plans(images: readonly StackImage[]): Promise<Plan[]> {
	return Promise.all(images.map(plan));
}

/** What of a plan tells whether there is a compile. */
type PackagePlan = Pick<Plan, "artefact" | "fate" | "isCompiled">;

/** Whether CPython is compiled, by the plan of the package; undefined where nobody can tell. */
export function compiles(planned: readonly PackagePlan[]): boolean | undefined {
	const { fate = "unknown", isCompiled = false } = packagePlan(planned) ?? {};
	return fate === "unknown" ? undefined : fate !== "reused" && !isCompiled;
}

/** The same in words, and how long that takes. */
export function compileLine(planned: readonly PackagePlan[], profile: Profile): string {
	const time = `about ${COMPILE_MINUTES[profile]} minutes on two cores`;
	switch (compiles(planned)) {
		case undefined:
			return `CPython may have to be compiled: ${time}`;
		case true:
			return `CPython will be compiled: ${time}`;
		case false: {
			const again = packagePlan(planned)?.isCompiled ? ": a former compile is packaged again" : "";
			return `nothing will be compiled${again}`;
		}
	}
}

function packagePlan(planned: readonly PackagePlan[]): PackagePlan | undefined {
	return planned.find(({ artefact }) => artefact === "package");
}

function planLine({ artefact, key, fate, why }: Plan): string {
	const known = fate === "unknown" ? "" : ` (${key})`;
	return `${artefact}: ${fate}${known}${why === "" ? "" : `: ${why}`}`;
}

async function plan(image: StackImage): Promise<Plan> {
	const { artefact, name, key } = image;
	try {
		if (await isThere(name)) return { artefact, key, fate: "reused", why: "" };
		const fate = registryHost(name) === undefined ? "build" : "build and push";
		const why = await whyBuild(name, imageLabels(image));
		const isCompiled = image.compiled !== undefined && (await isThere(image.compiled));
		return { artefact, key, fate, why, isCompiled };
	} catch (error) {
		return { artefact, key, fate: "unknown", why: (error as Error).message };
	}
}

async function isThere(name: string): Promise<boolean> {
	if (registryHost(name) !== undefined) return (await remoteDigest(name)) !== undefined;
	return isInDaemon(name);
}
