import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findImage, needImage } from "../distribution/daemon.ts";
import { downloadPath, fetchFiles, VOLUME } from "../downloads/downloads.ts";
import { copyInto, copyOut, holdImage, makeContainer, runContainer } from "../step/container.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { PROJECT_LABEL, tagImage } from "../step/docker.ts";
import { importImage } from "../step/imported.ts";
import { labelInstructions } from "../step/instructions.ts";
import { runStep, type Step } from "../step/step.ts";
import { CONTEXT, wheelhouseStep } from "./step.ts";

const inputs = readInputs(wheelhouseStep);

/** Where the container has a folder for each layer. */
const LAYERS = "/wheelhouse";

await runStep<ResultOf<typeof wheelhouseStep>>(async (step) => {
	const { IMAGE: image } = inputs;
	if (!(await findImage(image, step.signal))) await gather(step, image);
	return { image };
});

/** Lay out the layers in a container, whose Python knows hashes and wheels, and import them from there. */
async function gather(step: Step, image: string): Promise<void> {
	const { BUILDER: builder, PLATFORM: platform, DOWNLOADED: files, COMPILED: compiled } = inputs;
	await needImage(builder, step.signal);
	await fetchFiles(step, {
		image: builder,
		platform,
		files,
		caBundle: inputs.CA_BUNDLE,
	});
	const command = ["python3", "-I", "-B", "/mnt/gather.py", "/mnt/wheels.json", LAYERS];
	const container = await makeContainer(step, builder, command, [
		`--platform=${platform}`,
		"--network=none",
		"--user=0:0",
		// Where nothing was fetched, there may be no such volume.
		...(files.length === 0 ? [] : [`--volume=${VOLUME}:/downloads:ro`]),
	]);
	await copyInto(container, `${CONTEXT}/.`, "/mnt/");
	for (const { image: wheel } of compiled) {
		await needImage(wheel, step.signal);
		const holder = await holdImage(step, wheel, platform);
		await copyOut(holder, "/wheels", ["cp", "-", `${container}:/srv`]);
	}
	const wheels = [
		...files.map((file) => ({
			distribution: file.distribution,
			version: file.version,
			path: downloadPath(file),
			sha256: file.sha256,
		})),
		...compiled.map(({ distribution, version }) => ({
			distribution,
			version,
			path: "/srv/wheels",
		})),
	];
	const list = join(step.createFolder(), "wheels.json");
	await writeFile(list, JSON.stringify(wheels));
	await copyInto(container, list, "/mnt/wheels.json");
	let count = 0;
	await runContainer(step, container, (line) => {
		count = Number(/^layers: (\d+)$/.exec(line)?.[1] ?? count);
		process.stderr.write(`${line}\n`);
	});
	await tagImage(await importLayers(step, container, count), image);
}

/** Make an image from scratch whose layers are a container's folders. */
async function importLayers(step: Step, container: string, count: number): Promise<string> {
	const { PLATFORM: platform } = inputs;
	const instructions = labelInstructions({ ...inputs.LABELS, [PROJECT_LABEL]: "debian-python" });
	let top = step.unfinishedImage();
	await importImage(top, { platform, instructions }, (command) =>
		copyOut(container, `${LAYERS}/0/.`, command),
	);
	for (let layer = 1; layer < count; layer++) {
		const above = await step.createPristineContainer([`--platform=${platform}`, top, "none"]);
		await copyOut(container, `${LAYERS}/${layer}/.`, ["cp", "-", `${above}:/`]);
		top = await step.commitContainer(above, instructions);
	}
	return top;
}
