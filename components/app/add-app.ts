import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AppFiles } from "../app-files.ts";
import { packFiles } from "../app-files.ts";
import { copyOut, makeContainer, makePristineContainer, runContainer } from "../step/container.ts";
import type { InputsOf } from "../step/definition.ts";
import { docker } from "../step/docker.ts";
import type { Step } from "../step/step.ts";
import { tarOf } from "../step/tar.ts";
import { CONTEXT, LOCALS_CONTEXT, MINIMAL_FOLDERS, STOP_SIGNAL, UID } from "./contexts.ts";
import type { appStep } from "./step.ts";

type Inputs = InputsOf<typeof appStep>;

/** A container of the dependencies to which an app was added, and what its script said. */
export interface AddedApp {
	readonly container: string;
	readonly said: readonly string[];
}

/** Where an app on the image minimal is laid out, in a container of the image python. */
const ROOT = "/layer";

/**
 * Add an app to its dependencies.
 *
 * @param volume the one with its own wheels, where it has some.
 */
export function addApp(step: Step, inputs: Inputs, volume: string | undefined): Promise<AddedApp> {
	return inputs.MINIMAL === undefined
		? addInside(step, inputs, volume)
		: addBeside(step, inputs, inputs.MINIMAL.tools, volume);
}

async function addInside(
	step: Step,
	inputs: Inputs,
	volume: string | undefined,
): Promise<AddedApp> {
	const command = appCommand(inputs, join(CONTEXT, "app"));
	const options = appOptions(inputs, volume);
	const container = await makePristineContainer(step, inputs.FROM, command, options);
	if (inputs.FILES !== undefined) await giveFiles(container, "/", inputs.FILES);
	return { container, said: await lines(step, container) };
}

/** The dependencies have no shell: what is added is made in the image python, and copied. */
async function addBeside(
	step: Step,
	inputs: Inputs,
	tools: string,
	volume: string | undefined,
): Promise<AddedApp> {
	const command = appCommand(inputs, join(MINIMAL_FOLDERS.minimal, "app"), `root=${ROOT}\n`);
	const options = appOptions(inputs, volume);
	const container = await makePristineContainer(step, inputs.FROM, command, options);
	const maker = await makeContainer(step, tools, command, options);
	const etc = `${ROOT}/etc`;
	const folders = [ROOT, etc].map((name) => [{ name: name.slice(1), type: "directory" }] as const);
	await docker(["cp", "-", `${maker}:/`], { input: await tarOf(folders) });
	for (const file of ["passwd", "group"])
		await copyOut(container, `/etc/${file}`, ["cp", "-", `${maker}:${etc}`]);
	if (inputs.FILES !== undefined) await giveFiles(maker, ROOT, inputs.FILES);
	const said = await lines(step, maker);
	await copyOut(maker, `${ROOT}/.`, ["cp", "-", `${container}:/`]);
	return { container, said };
}

/** Not from a volume: the image's history then says all that was done. */
function appCommand({ USER, WHEEL, LOCALS }: Inputs, app: string, start = ""): readonly string[] {
	const names = LOCALS.map(({ name }) => name).join(" ");
	const paths = [
		join(CONTEXT, "clamp"),
		...(names === "" ? [] : [join(LOCALS_CONTEXT, "locals")]),
		app,
	];
	const scripts = paths.map((path) => readFileSync(path, "utf8"));
	const script = start + (names && `locals='${names}'\n`) + scripts.join("\n");
	const command = ["/bin/sh", "-c", script, "app", USER, UID];
	return WHEEL === undefined ? command : [...command, WHEEL.name];
}

function appOptions({ PLATFORM }: Inputs, volume: string | undefined): readonly string[] {
	return [
		`--platform=${PLATFORM}`,
		"--network=none",
		"--tmpfs=/tmp:exec",
		`--stop-signal=${STOP_SIGNAL}`,
		...(volume === undefined ? [] : [`--volume=${volume}:/mnt:ro`]),
	];
}

async function giveFiles(container: string, folder: string, files: AppFiles): Promise<void> {
	await docker(["cp", "-", `${container}:${folder}`], { input: await packFiles(files, "app") });
}

/** Run a container, and return what it says. */
async function lines(step: Step, container: string): Promise<string[]> {
	const said: string[] = [];
	await runContainer(step, container, (line) => said.push(line));
	return said;
}
