import { keyInputs } from "../components/distribution/inputs.ts";
import { imagePlace, lacksPush, type Place } from "../components/distribution/presence.ts";
import type { StackImage } from "../components/image.ts";
import { repositoryOf } from "../components/image-name.ts";
import { onDaemon } from "../components/step/daemon.ts";
import { inputChanges, whyBuild } from "../components/step/why.ts";
import { compileMinutes } from "../stacks/compile-times.ts";
import { suffixOf } from "../stacks/platforms.ts";
import type { Platform, Profile, Settings } from "../stacks/settings.ts";
import { pythonName } from "../stacks/variants.ts";
import type { DeployedImage, DeployedState } from "./former.ts";

/**
 * What a reviewer wants to know of a preview, in a few lines: for each artefact whether it is reused
 * or built and why, and whether that compiles. The daemon and the registry are asked; nothing is
 * changed. Where they do not answer, the lines say so: a preview does not fail for that.
 */
export async function planLines(
	images: readonly StackImage[],
	pythons: readonly PlannedPython[],
	former?: Former,
): Promise<string[]> {
	const planned = await plans(images, former);
	return [...planned.map(planLine), compileLine(planned, pythons)];
}

/** What was deployed last, by artefact, and what there is of it now. */
export interface Former extends DeployedState {
	readonly deployed: ReadonlyMap<string, DeployedImage>;
}

/** What becomes of an artefact. */
export interface Plan {
	readonly artefact: string;
	/** The key of what is wanted. */
	readonly key: string;
	readonly fate: "reused" | "push" | "build" | "build and push" | "unknown";
	/**
	 * Why it is built or pushed, or why its fate is unknown. Of one that is reused: in what it differs
	 * from what is deployed; empty where it does not.
	 */
	readonly why: string;
	/** Of a wheel that is built: what that compiles, and why. */
	readonly compiles?: string;
	/** Of a package that is built: whether a former compile is there, which is only packaged again. */
	readonly isCompiled?: boolean;
}

/** The plan of each image. The daemon and the registry are asked; nothing is changed, and nothing fails. */
export function plans(images: readonly StackImage[], former?: Former): Promise<Plan[]> {
	return Promise.all(images.map((image) => onDaemon(image.daemon, () => plan(image, former))));
}

/** What of a plan tells whether there is a compile. */
type PackagePlan = Pick<Plan, "artefact" | "fate" | "isCompiled" | "compiles">;

/** Whether CPython is compiled, by the plans of the packages; undefined where nobody can tell. */
export function compiles(planned: readonly PackagePlan[]): boolean | undefined {
	const all = planned.filter(({ artefact }) => /^package(-|$)/.test(artefact)).map(isCompile);
	if (all.includes(true)) return true;
	return all.includes(undefined) || all.length === 0 ? undefined : false;
}

/** Whether a package's CPython is compiled; undefined where nobody can tell. */
export function isCompile({ fate, isCompiled = false }: PackagePlan): boolean | undefined {
	return fate === "unknown" ? undefined : fate.startsWith("build") && !isCompiled;
}

/** What tells of a Python whether and how long it compiles. */
export interface PlannedPython {
	/** Such as 3.13, or 3.13t of a variant. */
	readonly series: string;
	readonly profile: Profile;
	/** The artefact that is its package. */
	readonly package: string;
	/** What that is for, where a stack has several platforms. */
	readonly platform?: Platform;
	/** How long its compile takes; see {@link compileMinutes}. */
	readonly minutes: number;
}

/** That of each of a stack's Pythons, for its first platform, then for the next. */
export function plannedPythons(
	settings: Pick<Settings, "debian" | "pythons" | "platforms">,
): PlannedPython[] {
	const { debian, pythons, platforms } = settings;
	return platforms.flatMap((platform, index) =>
		pythons.map((python) => ({
			series: pythonName(python),
			profile: python.profile,
			package: `package${python.suffix}${suffixOf(platform, index)}`,
			...(platforms.length > 1 && { platform }),
			minutes: compileMinutes({
				release: debian.codename,
				series: python.series.series,
				profile: python.profile,
			}),
		})),
	);
}

/** Whether CPython is compiled, in words, and how long that takes. */
export function compileLine(
	planned: readonly PackagePlan[],
	pythons: readonly PlannedPython[],
): string {
	const packages = pythons.map((python) => {
		const plan = planned.find(({ artefact }) => artefact === python.package);
		return { ...python, plan, compiles: plan && isCompile(plan) };
	});
	const certain = packages.filter((each) => each.compiles);
	const uncertain = packages.filter((each) => each.compiles === undefined);
	const name = (some: readonly PlannedPython[]) =>
		pythons.length === 1 ? "CPython" : `CPython ${some.map(nameOf).join(", ")}`;
	if (certain.length > 0) return `${name(certain)} will be compiled: ${duration(certain)}`;
	if (uncertain.length > 0)
		return `${name(uncertain)} may have to be compiled: ${duration(uncertain)}`;
	const again = packages.some(({ plan }) => plan?.isCompiled);
	const wheels = planned.filter((plan) => plan.compiles !== undefined).length;
	const what =
		wheels === 0 ? "nothing" : `no CPython, but ${wheels} wheel${wheels === 1 ? "" : "s"}`;
	return `${what} will be compiled${again ? ": a former compile is packaged again" : ""}`;
}

function nameOf({ series, platform }: PlannedPython): string {
	return platform === undefined ? series : `${series} for ${platform}`;
}

function duration(pythons: readonly PlannedPython[]): string {
	const minutes = pythons.reduce((sum, python) => sum + python.minutes, 0);
	return `about ${minutes} minutes on two cores`;
}

function planLine({ artefact, key, fate, why, compiles }: Plan): string {
	const known = fate === "unknown" ? "" : ` (${key})`;
	const compile = compiles === undefined ? "" : `; compiles ${compiles}`;
	return `${artefact}: ${fate}${known}${why === "" ? "" : `: ${why}`}${compile}`;
}

async function plan(image: StackImage, former?: Former): Promise<Plan> {
	const { artefact, name, key } = image;
	try {
		const place = former?.places.get(name) ?? (await imagePlace(name));
		const deployed = former && deployedAs(image, former);
		const why =
			deployed === undefined
				? await whyAlone(image, place)
				: (await whyNow(image, place, deployed)) || whySigned(image, former);
		return { artefact, key, why, ...(await fateOf(image, place)) };
	} catch (error) {
		return { artefact, key, fate: "unknown", why: (error as Error).message };
	}
}

/** What is deployed of an image: itself, where that is there, since its artefact may be there in versions. */
function deployedAs({ artefact, name }: StackImage, { deployed }: Former) {
	return [...deployed.values()].find((each) => each.name === name) ?? deployed.get(artefact);
}

/** What becomes of an image, by where it is. */
export async function fateOf(
	{ name, kind, compiled, compiles }: StackImage,
	place: Place,
): Promise<Pick<Plan, "fate" | "isCompiled" | "compiles">> {
	const push = lacksPush(name, place);
	// An index is made of what is pushed already.
	if (kind === "index" && push) return { fate: "push" };
	if (place !== "nowhere") return { fate: push ? "push" : "reused" };
	const fate = push ? "build and push" : "build";
	if (compiles !== undefined) return { fate, compiles };
	if (compiled === undefined) return { fate };
	return { fate, isCompiled: (await imagePlace(compiled)) !== "nowhere" };
}

/** Why something becomes of an image, where nobody can tell what was deployed. */
async function whyAlone(image: StackImage, place: Place): Promise<string> {
	if (place === "nowhere" && image.kind !== "index") return whyBuild(image);
	return lacksPush(image.name, place) ? "the registry does not have it" : "";
}

/** Of an image that is what was deployed: whether it is signed again. */
function whySigned({ name }: StackImage, former: Former | undefined): string {
	return former?.unsigned.has(name) ? "signed again: the registry has lost its signature" : "";
}

/** Why something becomes of an image, by what was deployed; or what differs, of one that is reused. */
async function whyNow(image: StackImage, place: Place, deployed: DeployedImage): Promise<string> {
	if (deployed.name === image.name) {
		if (place === "nowhere") return "it was deployed, and is lost";
		return lacksPush(image.name, place) ? "the registry has lost it" : "";
	}
	if (deployed.key === image.key)
		return `${repositoryOf(deployed.name)} -> ${repositoryOf(image.name)}`;
	const before = await keyInputs(deployed.name);
	return before === undefined
		? `${deployed.key} is deployed, which is not here to compare with`
		: inputChanges(before, image.inputs);
}
