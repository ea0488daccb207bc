import { checkConfig } from "../commit/config.ts";
import { findImage, needImage } from "../distribution/daemon.ts";
import { labelled } from "../image.ts";
import {
	fillVolume,
	makePristineContainer,
	mountedScript,
	runContainer,
} from "../step/container.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { imageId, labelChanges, PROJECT_LABEL, tagImage } from "../step/docker.ts";
import { keep } from "../step/file.ts";
import { allOf, runStep, type Step } from "../step/step.ts";
import { CONTEXT, FOLDERS } from "./contexts.ts";
import { passAppGates } from "./gates.ts";
import { layerGroups } from "./groups.ts";
import { highestLayer, layerKeys, readLayers } from "./kept-layers.ts";
import { checkLayer } from "./layer-content.ts";
import { dependenciesStep } from "./step.ts";
import { type HousedWheel, readWheels } from "./wheels.ts";

const inputs = readInputs(dependenciesStep);

/** What the image python has, which docker commit else replaces. */
const CHANGES = ['CMD ["python3"]'];

const LABELS = { ...inputs.LABELS, [PROJECT_LABEL]: "debian-python" };

/** How layers are made, by what the image's key has of that. */
const CONTEXTS = Object.entries(labelled(inputs.LABELS).inputs)
	.filter(([name]) => name.startsWith("context"))
	.map((entry) => entry.join(" "));

await runStep<ResultOf<typeof dependenciesStep>>(async (step) => {
	const { IMAGE: image } = inputs;
	if (!(await findImage(image, step.signal))) await install(step, image);
	return { image };
});

async function install(step: Step, image: string): Promise<void> {
	const { FROM: from, WHEELHOUSE: wheelhouse, PLATFORM } = inputs;
	await needImage(from, step.signal);
	await needImage(wheelhouse, step.signal);
	const volume = await fillVolume(step, {
		image: wheelhouse,
		platform: PLATFORM,
		folder: "/wheels",
		context: CONTEXT,
		folders: FOLDERS,
		caBundle: inputs.CA_BUNDLE,
	});
	const wheels = await readWheels(step, wheelhouse, PLATFORM);
	const groups = layerGroups(wheels);
	step.progress("look for libraries");
	const { container, said } = await runScript(step, from, volume, "packages", inputs.PACKAGES);
	const packages = said.find((line) => line.startsWith("packages: ")) ?? "packages: ";
	const hasPackages = packages !== "packages: ";
	if (hasPackages) step.progress(packages);
	const keys = layerKeys(
		[(await imageId(from)) ?? "", ...CONTEXTS, packages],
		hashesOf(groups, wheels),
	);
	// Not the last, whose labels are the image's.
	const kept = await readLayers(inputs.LAYERS);
	const lower = await highestLayer(kept, keys.slice(0, -1));
	let top = lower?.image ?? from;
	if (lower === undefined && (hasPackages || groups.length === 0))
		top = await addLayer(step, container);
	const above = (lower?.index ?? -1) + 1;
	const layers = Object.fromEntries(keys.slice(0, above).map((key) => [key, kept[key] ?? ""]));
	for (const [index, names] of groups.slice(above).entries()) {
		step.progress(`install ${names.join(" ")}`);
		top = await addLayer(step, (await runScript(step, top, volume, "layer", names)).container);
		layers[keys[above + index] ?? ""] = top;
	}
	await allOf([checkConfig(top, from, CHANGES, LABELS), passAppGates(step, top, volume, inputs)]);
	await tagImage(top, image);
	await keep(inputs.LAYERS, layers);
}

/** Run a script of the context in an image; what it says is shown too. */
async function runScript(
	step: Step,
	image: string,
	volume: string,
	script: string,
	args: readonly string[],
): Promise<{ container: string; said: readonly string[] }> {
	const command = mountedScript(script, ...args);
	const container = await makePristineContainer(step, image, command, [
		`--platform=${inputs.PLATFORM}`,
		`--volume=${volume}:/mnt:ro`,
		// Nothing of it gets into the layer.
		"--tmpfs=/tmp:exec",
	]);
	const said: string[] = [];
	await runContainer(step, container, (line) => {
		said.push(line);
		process.stderr.write(`${line}\n`);
	});
	return { container, said };
}

/** Make a layer of what a container changed; returns the image's ID. */
async function addLayer(step: Step, container: string): Promise<string> {
	// Each has the labels, so that the last is the image.
	const changes = [...CHANGES.flatMap((change) => ["--change", change]), ...labelChanges(LABELS)];
	const id = step.commitContainer(container, changes);
	await allOf([checkLayer(container), id]);
	return id;
}

/** What each group installs. */
function hashesOf(groups: readonly (readonly string[])[], wheels: readonly HousedWheel[]) {
	const hashes = new Map(wheels.map(({ name, sha256 }) => [name, sha256]));
	return groups.map((names) => names.map((name) => `${name} ${hashes.get(name)}`));
}
