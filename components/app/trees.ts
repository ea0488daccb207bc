import { copyOut } from "../step/container.ts";
import { sha256 } from "../step/file.ts";
import type { Step } from "../step/step.ts";
import { unwantedPath } from "./layer-content.ts";
import { runScript, type ScriptSite } from "./script.ts";
import { type HousedWheel, wheelLayers } from "./wheels.ts";

/**
 * The volume that keeps trees of installed distributions, on purpose: a cache, which may be removed at
 * any time. What nobody used for a month goes by itself.
 */
export const VOLUME = "debian-python-layers";

/**
 * The distribution that the image python has, so that a new one replaces it: a tree, which can only add,
 * is not for it.
 */
const PREINSTALLED = "pip";

/** What goes into a layer. */
export interface Group {
	/** Names of its distributions. */
	readonly names: readonly string[];
	/** Whether it is installed in a tree, and not in its layer. */
	readonly hasTree: boolean;
	/** The key of its tree: of all that decides its bytes. */
	readonly tree: string;
}

/**
 * The groups of an app's layers, in their order.
 *
 * @param made what installs them, and how.
 * @param hasPip whether what they come onto has one.
 */
export function groupsOf(
	made: readonly string[],
	wheels: readonly HousedWheel[],
	hasPip: boolean,
): Group[] {
	return wheelLayers(wheels).map((group) => ({
		names: group.map(({ name }) => name),
		hasTree: !hasPip || !group.some(({ name }) => name === PREINSTALLED),
		tree: sha256(JSON.stringify([made, group.map(({ name, sha256 }) => [name, sha256])])),
	}));
}

/**
 * Install groups of distributions in trees, side by side: each has its paths and its bytes whatever
 * else is installed. Those that are there from an earlier run are not made again.
 *
 * @param image the one python.
 * @returns the container that has them, for {@link copyTree}.
 */
export async function makeTrees(
	step: Step,
	image: string,
	site: ScriptSite,
	groups: readonly Group[],
): Promise<string> {
	const lines = groups.flatMap(({ hasTree, tree, names }) =>
		hasTree ? [[tree, ...names].join(" ")] : [],
	);
	const { container } = await runScript(step, image, site, {
		script: "trees",
		args: lines,
		options: [`--volume=${VOLUME}:/layers`],
		onLine: (line) => line.startsWith("install ") && step.progress(line),
	});
	return container;
}

/**
 * Copy a tree into a container that need not be started.
 *
 * @param trees the container of {@link makeTrees}.
 * @throws StepError where it has what no layer may have.
 */
export async function copyTree(trees: string, { tree }: Group, container: string): Promise<void> {
	const paths = await copyOut(trees, `/layers/${tree}/venv`, ["cp", "-", `${container}:/`]);
	const problem = unwantedPath(paths.map((path) => `/${path}`));
	if (problem !== undefined) throw problem;
}
