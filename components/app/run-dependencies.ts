import { checkConfig } from "../commit/config.ts";
import { findImage, needImage } from "../distribution/daemon.ts";
import { labelled } from "../image.ts";
import { fillVolume } from "../step/container.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { imageId, labelChanges, PROJECT_LABEL, tagImage } from "../step/docker.ts";
import { keep } from "../step/file.ts";
import { allOf, runStep, type Step } from "../step/step.ts";
import { CONTEXT, FOLDERS } from "./contexts.ts";
import { passAppGates } from "./gates.ts";
import { highestLayer, layerKeys, readLayers } from "./kept-layers.ts";
import { checkLayer } from "./layer-content.ts";
import { makeScriptContainer, runScript, type ScriptSite } from "./script.ts";
import { dependenciesStep } from "./step.ts";
import { copyTree, type Group, groupsOf, hasTree, makeTrees } from "./trees.ts";
import { readWheels } from "./wheels.ts";

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
	const { FROM: from, WHEELHOUSE: wheelhouse, PLATFORM: platform } = inputs;
	await needImage(from, step.signal);
	await needImage(wheelhouse, step.signal);
	const [volume, wheels] = await allOf([
		wheelsVolume(step, wheelhouse),
		readWheels(step, wheelhouse, platform),
	]);
	const site = { platform, volume };
	const made = [(await imageId(from)) ?? "", ...CONTEXTS];
	const groups = groupsOf(made, wheels);
	const [search, trees] = await allOf([
		findPackages(step, from, site),
		makeTrees(step, from, site, groups),
	]);
	const keys = layerKeys(
		[...made, search.packages],
		groups.map(({ tree }) => [tree]),
	);
	// Not the last, whose labels are the image's.
	const kept = await readLayers(inputs.LAYERS);
	const lower = await highestLayer(kept, keys.slice(0, -1));
	const ids = keys.slice(0, (lower?.index ?? -1) + 1).map((key) => kept[key] ?? "");
	let top = lower?.image ?? from;
	if (lower === undefined && (search.hasFound || groups.length === 0))
		top = await addLayer(step, search.container, checkLayer(search.container));
	for (const group of groups.slice(ids.length)) {
		top = await addGroup(step, top, site, group, trees);
		ids.push(top);
	}
	await allOf([checkConfig(top, from, CHANGES, LABELS), passAppGates(step, top, volume, inputs)]);
	await tagImage(top, image);
	await keep(inputs.LAYERS, Object.fromEntries(keys.map((key, index) => [key, ids[index]])));
}

/** A volume with the wheels and the scripts. */
function wheelsVolume(step: Step, wheelhouse: string): Promise<string> {
	return fillVolume(step, {
		image: wheelhouse,
		platform: inputs.PLATFORM,
		folder: "/wheels",
		context: CONTEXT,
		folders: FOLDERS,
		caBundle: inputs.CA_BUNDLE,
	});
}

/** Install the Debian packages that the app names, and those of libraries. */
async function findPackages(step: Step, from: string, site: ScriptSite) {
	step.progress("look for libraries");
	const script = { script: "packages", args: inputs.PACKAGES };
	const { container, said } = await runScript(step, from, site, script);
	const packages = said.find((line) => line.startsWith("packages: ")) ?? "packages: ";
	const hasFound = packages !== "packages: ";
	if (hasFound) step.progress(packages);
	return { container, packages, hasFound };
}

/** Make a layer with a group of distributions. */
async function addGroup(
	step: Step,
	top: string,
	site: ScriptSite,
	group: Group,
	trees: string,
): Promise<string> {
	const script = { script: "layer", args: ["/", ...group.names] };
	if (!hasTree(group)) {
		step.progress(`install ${group.names.join(" ")}`);
		const { container } = await runScript(step, top, site, script);
		return addLayer(step, container, checkLayer(container));
	}
	const container = await makeScriptContainer(step, top, site, script);
	await copyTree(trees, group, container);
	return addLayer(step, container);
}

/** Make a layer of what a container changed; returns the image's ID. */
async function addLayer(
	step: Step,
	container: string,
	checked: Promise<void> = Promise.resolve(),
): Promise<string> {
	// Each has the labels, so that the last is the image.
	const changes = [...CHANGES.flatMap((change) => ["--change", change]), ...labelChanges(LABELS)];
	const [id] = await allOf([step.commitContainer(container, changes), checked]);
	return id;
}
