import { checkConfig } from "../commit/config.ts";
import { findImage, needImage } from "../distribution/daemon.ts";
import { labelled } from "../image.ts";
import { copyOut, fillVolume } from "../step/container.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { imageId, PROJECT_LABEL, tagImage } from "../step/docker.ts";
import { keep } from "../step/file.ts";
import { labelInstructions } from "../step/instructions.ts";
import { allOf, runStep, type Step } from "../step/step.ts";
import { CONTEXT, FOLDERS, MINIMAL_FOLDERS } from "./contexts.ts";
import { passAppGates } from "./gates.ts";
import { highestLayer, layerKeys, readLayers } from "./kept-layers.ts";
import { checkLayer } from "./layer-content.ts";
import { makeScriptContainer, runScript, type ScriptSite } from "./script.ts";
import { dependenciesStep } from "./step.ts";
import { copyTree, type Group, groupsOf, makeTrees } from "./trees.ts";
import { readWheels } from "./wheels.ts";

const inputs = readInputs(dependenciesStep);

/** What the image python has, which docker commit else replaces. */
const CHANGES = ['CMD ["python3"]'];

/** The image that programs run in: FROM, where that has a shell. */
const TOOLS = inputs.MINIMAL?.tools ?? inputs.FROM;

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
	for (const name of [from, TOOLS, wheelhouse]) await needImage(name, step.signal);
	const [volume, wheels] = await allOf([
		wheelsVolume(step, wheelhouse),
		readWheels(step, wheelhouse, platform),
	]);
	const site = { platform, volume };
	const made = [(await imageId(TOOLS)) ?? "", ...CONTEXTS];
	const groups = groupsOf(made, wheels, TOOLS === from);
	const [search, trees] = await allOf([
		findPackages(step, site),
		makeTrees(step, TOOLS, site, groups),
	]);
	const base = TOOLS === from ? made : [...made, (await imageId(from)) ?? ""];
	const keys = layerKeys(
		[...base, search.packages],
		groups.map(({ tree }) => [tree]),
	);
	// Not the last, whose labels are the image's.
	const kept = await readLayers(inputs.LAYERS);
	const lower = await highestLayer(kept, keys.slice(0, -1));
	const ids = keys.slice(0, (lower?.index ?? -1) + 1).map((key) => kept[key] ?? "");
	let top = lower?.image ?? from;
	if (lower === undefined && (search.hasFound || groups.length === 0)) {
		const container = await withPackages(step, site, search);
		top = await addLayer(step, container, checkLayer(container));
	}
	for (const group of groups.slice(ids.length)) {
		top = await addGroup(step, top, site, group, trees);
		ids.push(top);
	}
	await allOf([
		checkConfig(top, from, CHANGES, LABELS),
		...(inputs.LOCALS.length === 0 ? [passAppGates(step, top, volume, inputs)] : []),
	]);
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
		folders: inputs.MINIMAL === undefined ? FOLDERS : MINIMAL_FOLDERS,
		caBundle: inputs.CA_BUNDLE,
	});
}

/** Install the Debian packages that the app names, and those of libraries. */
async function findPackages(step: Step, site: ScriptSite) {
	step.progress("look for libraries");
	const { container, said } = await runScript(step, TOOLS, site, packagesScript());
	const packages = said.find((line) => line.startsWith("packages: ")) ?? "packages: ";
	const hasFound = packages !== "packages: ";
	if (hasFound) step.progress(packages);
	return { container, packages, hasFound };
}

function packagesScript() {
	const { PACKAGES, MINIMAL: minimal } = inputs;
	if (minimal === undefined) return { script: "packages", args: PACKAGES };
	return { script: "minimal/packages", args: [...minimal.arguments, ...PACKAGES] };
}

/** The container whose layer has the Debian packages: where they were installed, or one that has their files. */
async function withPackages(
	step: Step,
	site: ScriptSite,
	{ container: installed, hasFound }: { readonly container: string; readonly hasFound: boolean },
): Promise<string> {
	if (inputs.MINIMAL === undefined) return installed;
	const container = await makeScriptContainer(step, inputs.FROM, site, packagesScript());
	if (hasFound) await copyOut(installed, "/layer/.", ["cp", "-", `${container}:/`]);
	return container;
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
	if (!group.hasTree) {
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
	const instructions = [...CHANGES, ...labelInstructions(LABELS)];
	const [id] = await allOf([step.commitContainer(container, instructions), checked]);
	return id;
}
