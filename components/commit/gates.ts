import { makeContainer, runContainer } from "../step/container.ts";
import { engine } from "../step/engine.ts";
import { StepError } from "../step/error.ts";
import type { Step } from "../step/step.ts";

/*
 * What an image is held to before it gets its name: Gates of commit.ts, in the step that makes it.
 */

/**
 * See that the script changed nothing but the declared paths, in an image that has gates.
 *
 * @param container the one that the script ran in.
 * @throws StepError with the first path that is not declared.
 */
export async function checkPaths(
	step: Step,
	container: string,
	{ PATHS: paths, CONTEXT }: { readonly PATHS: readonly string[]; readonly CONTEXT: string },
): Promise<void> {
	if (paths.length === 0) return;
	const [path, ...others] = undeclaredPaths(await (await engine()).changes(step, container), paths);
	if (path === undefined) return;
	const more = others.length === 0 ? "" : ` and ${others.length} more`;
	throw new StepError(
		`gate paths: ${CONTEXT}/install changes ${path}${more}, which is not declared`,
		"correct the script, or add it to the paths of the component's gates",
	);
}

/** What {@link passGates} runs. */
export interface GatesRun {
	/** The command; an empty one is none. */
	readonly GATES: readonly string[];
	readonly PLATFORM: string;
	/** Name of the image whose programs are mounted, where the image has no shell. */
	readonly TOOLS?: string | undefined;
}

/**
 * Run the gates in an image, with the least that it must run with: nothing but Docker's own /dev/shm
 * can be written.
 *
 * @param image its ID; it has no name yet.
 * @param volume the one with the packages and the context; undefined: nothing is mounted.
 * @param onLine gets each line of output; without it all lines are shown.
 * @throws StepError with the gate that fails, what it found, and the remedy.
 */
export async function passGates(
	step: Step,
	image: string,
	volume: string | undefined,
	{ GATES: command, PLATFORM, TOOLS }: GatesRun,
	onLine?: (line: string) => void,
): Promise<void> {
	if (command.length === 0) return;
	step.progress("gates");
	const options = [
		`--platform=${PLATFORM}`,
		...(await engine()).leastRights,
		"--network=none",
		...(volume === undefined ? [] : [`--volume=${volume}:/mnt:ro`]),
	];
	const container = await makeContainer(step, image, command, options, TOOLS);
	await runContainer(step, container, onLine);
}

/**
 * What docker diff tells beyond the paths that may change; of a folder only what is in it.
 *
 * @param diff lines such as `A /venv/bin`. The folders that a path is in are listed as changed too.
 */
export function undeclaredPaths(diff: string, paths: readonly string[]): string[] {
	const isDeclared = (path: string) =>
		paths.some(
			(declared) =>
				path === declared ||
				declared.startsWith(`${path}/`) ||
				(declared.endsWith("/") && path.startsWith(declared)),
		);
	const found = diff
		.split("\n")
		.map((line) => line.slice(2))
		.filter((path) => path !== "" && !isDeclared(path))
		// Docker tells them in any order.
		.sort();
	return found.filter((path) => !found.some((other) => other.startsWith(`${path}/`)));
}
