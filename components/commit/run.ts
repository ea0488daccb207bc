import { findImage, needImage } from "../distribution/daemon.ts";
import {
	fillVolume,
	makePristineContainer,
	mountedScript,
	runContainer,
} from "../step/container.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { DEB_SUM, imageLabel, PROJECT_LABEL, tagImage } from "../step/docker.ts";
import { labelInstructions } from "../step/instructions.ts";
import { runStep, type Step } from "../step/step.ts";
import { keepBudget } from "./budget.ts";
import { checkConfig } from "./config.ts";
import { checkPaths, passGates } from "./gates.ts";
import { commitStep } from "./step.ts";

const inputs = readInputs(commitStep);

await runStep<ResultOf<typeof commitStep>>(async (step) => {
	const { IMAGE: image, ALIASES } = inputs;
	if (!(await findImage(image, step.signal))) await commit(step, image);
	for (const alias of ALIASES) await tagImage(image, alias);
	return { image };
});

async function commit(step: Step, image: string): Promise<void> {
	const { FROM: from, PACKAGES: packages, CONTEXT, VARIANT, PLATFORM, CHANGES: changes } = inputs;
	await needImage(from, step.signal);
	await needImage(packages, step.signal);
	const volume = await fillVolume(step, {
		image: packages,
		platform: PLATFORM,
		folder: "/packages",
		context: CONTEXT,
		...(VARIANT !== undefined && { folders: { variant: VARIANT } }),
		caBundle: inputs.CA_BUNDLE,
	});
	step.progress(`run ${VARIANT ?? CONTEXT}/install`);
	const script = VARIANT === undefined ? "install" : "variant/install";
	const install = mountedScript(script, ...inputs.ARGUMENTS);
	const container = await makePristineContainer(step, from, install, [
		`--platform=${PLATFORM}`,
		// /mnt is in every Debian root: a mount point of our own would stay behind as an empty folder.
		`--volume=${volume}:/mnt:ro`,
	]);
	let created: Date | undefined;
	await runContainer(step, container, (line) => {
		const seconds = /^created: (\d+)$/.exec(line)?.[1];
		if (seconds !== undefined) created = new Date(Number(seconds) * 1000);
		process.stderr.write(`${line}\n`);
	});
	await checkPaths(step, container, inputs);
	const labels = await imageLabels(packages);
	const instructions = [...changes, ...labelInstructions(labels)];
	const id = await step.commitContainer(container, instructions, created);
	await checkConfig(id, from, changes, labels);
	// The name is what everything else looks for: only an image that is fit for use gets it.
	await passGates(step, id, volume, inputs);
	const { BUDGET, LEDGER = "", ARTEFACT = "python" } = inputs;
	if (BUDGET !== undefined)
		await keepBudget(id, Number(BUDGET), { file: LEDGER, artefact: ARTEFACT });
	await tagImage(id, image);
}

async function imageLabels(packages: string): Promise<Record<string, string>> {
	return {
		...inputs.LABELS,
		[DEB_SUM]: (await imageLabel(packages, DEB_SUM)) ?? "",
		[PROJECT_LABEL]: "debian-python",
	};
}
