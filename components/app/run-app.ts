import { checkConfig } from "../commit/config.ts";
import { passGates } from "../commit/gates.ts";
import { findImage, needImage } from "../distribution/daemon.ts";
import { copyOut, fillVolume, holdImage } from "../step/container.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { PROJECT_LABEL, tagImage } from "../step/docker.ts";
import { StepError } from "../step/error.ts";
import { labelInstructions } from "../step/instructions.ts";
import { allOf, runStep, type Step } from "../step/step.ts";
import { addApp } from "./add-app.ts";
import { CONTEXT, FOLDERS, MINIMAL_FOLDERS, STOP_SIGNAL } from "./contexts.ts";
import { passAppGates } from "./gates.ts";
import { checkLayer } from "./layer-content.ts";
import { appStep } from "./step.ts";

const inputs = readInputs(appStep);

await runStep<ResultOf<typeof appStep>>(async (step) => {
	const { IMAGE: image, ALIASES } = inputs;
	if (!(await findImage(image, step.signal))) await add(step, image);
	for (const alias of ALIASES) await tagImage(image, alias);
	return { image };
});

async function add(step: Step, image: string): Promise<void> {
	const { FROM: from, FILES, WHEEL, LOCALS, MINIMAL } = inputs;
	await needImage(from, step.signal);
	if (MINIMAL !== undefined) await needImage(MINIMAL.tools, step.signal);
	step.progress(`add ${FILES?.folder ?? WHEEL?.image}`);
	const wheels = [...LOCALS, ...(WHEEL === undefined ? [] : [WHEEL])].map((wheel) => wheel.image);
	const volume = await wheelVolume(step, wheels);
	const { container, said } = await addApp(step, inputs, volume);
	const changes = [...inputs.CHANGES, `USER ${userOf(said)}`, `STOPSIGNAL ${STOP_SIGNAL}`];
	const labels = { ...inputs.LABELS, [PROJECT_LABEL]: "debian-python" };
	const id = await step.commitContainer(container, [...changes, ...labelInstructions(labels)]);
	await allOf([
		checkLayer(container),
		checkConfig(id, from, changes, labels),
		...(volume === undefined ? [] : [passAppGates(step, id, volume, inputs)]),
		smoke(step, id),
	]);
	await tagImage(id, image);
}

/**
 * A volume with the app's own wheels, and with the gates, since these may change what holds; undefined: it
 * has none.
 *
 * @param wheels names of the images that have them.
 */
async function wheelVolume(step: Step, wheels: readonly string[]): Promise<string | undefined> {
	const [first, ...others] = wheels;
	if (first === undefined) return undefined;
	for (const wheel of wheels) await needImage(wheel, step.signal);
	const { PLATFORM: platform } = inputs;
	const folder = "/wheels";
	const volume = await fillVolume(step, {
		...{ image: first, platform, folder },
		context: CONTEXT,
		folders: inputs.MINIMAL === undefined ? FOLDERS : MINIMAL_FOLDERS,
	});
	if (others.length === 0) return volume;
	const holder = await holdImage(step, first, platform, `--volume=${volume}:${folder}`);
	for (const wheel of others)
		await copyOut(await holdImage(step, wheel, platform), `${folder}/.`, [
			...["cp", "-", `${holder}:${folder}`],
		]);
	return volume;
}

/** `UID:GID` of the script's line `user: UID GID`: Kubernetes tells by a number that it is not root. */
function userOf(said: readonly string[]): string {
	const [, uid = "0", gid = "0"] =
		said.map((line) => /^user: (\d+) (\d+)$/.exec(line)).find((match) => match !== null) ?? [];
	if (uid !== "0") return `${uid}:${gid}`;
	throw new StepError(
		`the user ${inputs.USER} is root in ${inputs.FROM}`,
		"name another one in user of [tool.debian-python], or none",
	);
}

async function smoke(step: Step, image: string): Promise<void> {
	const { SMOKE: command, PLATFORM, MINIMAL } = inputs;
	const said: string[] = [];
	try {
		const run = { GATES: command, PLATFORM, TOOLS: MINIMAL?.tools };
		await passGates(step, image, undefined, run, (line) => {
			said.push(line);
			process.stderr.write(`${line}\n`);
		});
	} catch (error) {
		if (step.signal.aborted) throw error;
		throw new StepError(
			`gate smoke: ${command.join(" ")}: ${said.at(-1) ?? (error as Error).message}`,
			"it runs read-only, without a network, as a user without a name: correct the app, or smoke in [tool.debian-python]",
		);
	}
}
