import { checkConfig } from "../commit/config.ts";
import { passGates } from "../commit/gates.ts";
import { findImage, needImage } from "../distribution/daemon.ts";
import { fillVolume } from "../step/container.ts";
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
	const { FROM: from, FILES, WHEEL, MINIMAL } = inputs;
	await needImage(from, step.signal);
	if (MINIMAL !== undefined) await needImage(MINIMAL.tools, step.signal);
	step.progress(`add ${FILES?.folder ?? WHEEL?.image}`);
	const volume = WHEEL && (await wheelVolume(step, WHEEL.image));
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

/** A volume with the app's own wheel, and with the gates, since that may change what holds. */
async function wheelVolume(step: Step, wheel: string): Promise<string> {
	await needImage(wheel, step.signal);
	return fillVolume(step, {
		image: wheel,
		platform: inputs.PLATFORM,
		folder: "/wheels",
		context: CONTEXT,
		folders: inputs.MINIMAL === undefined ? FOLDERS : MINIMAL_FOLDERS,
	});
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
