import { checkConfig } from "../commit/config.ts";
import { passGates } from "../commit/gates.ts";
import { findImage, needImage } from "../distribution/daemon.ts";
import { FROM_SCRATCH, readLayers } from "../sizes/layers.ts";
import { ownFolders, sumFolders, totalBytes } from "../sizes/ledger.ts";
import { copyOut, fillVolume, makeContainer, runContainer } from "../step/container.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { DEB_SUM, imageLabel, inspectImage, PROJECT_LABEL, tagImage } from "../step/docker.ts";
import { StepError } from "../step/error.ts";
import { fixImage } from "../step/fixed-image.ts";
import { importImage } from "../step/imported.ts";
import { labelInstructions } from "../step/instructions.ts";
import { runStep, type Step } from "../step/step.ts";
import { CONTEXT, FOLDERS } from "./contexts.ts";
import { minimalStep } from "./step.ts";

const inputs = readInputs(minimalStep);

/** Where the container has the image's root. */
const ROOT = "/minimal";

await runStep<ResultOf<typeof minimalStep>>(async (step) => {
	const { IMAGE: image, ALIASES } = inputs;
	if (!(await findImage(image, step.signal))) await make(step, image);
	for (const alias of ALIASES) await tagImage(image, alias);
	return { image };
});

async function make(step: Step, image: string): Promise<void> {
	const { FROM: from, PLATFORM: platform, CHANGES: changes } = inputs;
	await needImage(from, step.signal);
	const volume = await fillVolume(step, {
		image: from,
		platform,
		folder: "/mnt",
		context: CONTEXT,
		folders: FOLDERS,
	});
	const container = await assemble(step, from, volume);
	const labels = {
		...inputs.LABELS,
		[DEB_SUM]: (await imageLabel(from, DEB_SUM)) ?? "",
		[PROJECT_LABEL]: "debian-python",
	};
	const id = await importRoot(step, container, labels);
	await checkConfig(id, undefined, changes, labels);
	await passGates(step, id, volume, { ...inputs, TOOLS: from });
	await keepBudget(id);
	await tagImage(id, image);
}

/** Have the root of the image in a container of the image python. */
async function assemble(step: Step, from: string, volume: string): Promise<string> {
	step.progress(`run ${CONTEXT}/assemble.py`);
	const command = ["/venv/bin/python", "-B", "/mnt/assemble.py", ROOT, ...inputs.ARGUMENTS];
	const container = await makeContainer(step, from, command, [
		`--platform=${inputs.PLATFORM}`,
		"--network=none",
		"--user=0:0",
		`--volume=${volume}:/mnt:ro`,
	]);
	await runContainer(step, container);
	return container;
}

/** Make an image of one layer, of the moment that python is of; returns its ID. */
async function importRoot(
	step: Step,
	container: string,
	labels: Readonly<Record<string, string>>,
): Promise<string> {
	const committed = step.unfinishedImage();
	const instructions = [...inputs.CHANGES, ...labelInstructions(labels)];
	const made = { platform: inputs.PLATFORM, instructions, message: FROM_SCRATCH };
	await importImage(committed, made, (command) => copyOut(container, `${ROOT}/.`, command));
	const { Created = "" } = (await inspectImage(inputs.FROM)) ?? {};
	return fixImage({ committed, name: step.unfinishedImage(), created: new Date(Created) });
}

/** Refuse an image that has more bytes than its budget. */
async function keepBudget(id: string): Promise<void> {
	const { BUDGET } = inputs;
	if (BUDGET === undefined) return;
	const size = totalBytes(sumFolders(ownFolders(await readLayers(id))));
	if (size <= Number(BUDGET)) return;
	const [has, may] = [size, Number(BUDGET)].map((bytes) => `${(bytes / 1e6).toFixed(2)} MB`);
	throw new StepError(
		`the image has ${has}, and its budget is ${may}`,
		`take out what is not needed (${CONTEXT}/tree.py), or raise the budget in stacks/minimal.ts`,
	);
}
