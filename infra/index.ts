import * as pulumi from "@pulumi/pulumi";
import { ImageRegistry } from "../components/registry/registry.ts";
import { perPlatform } from "../stacks/platforms.ts";
import { patchesText, rotation } from "../stacks/rotation.ts";
import { pythonName } from "../stacks/variants.ts";
import { usableAddress } from "./address.ts";
import { byArtefact, stackApps } from "./apps.ts";
import { makeApt } from "./apt.ts";
import { refuseEngine } from "./engine.ts";
import { deployedImages, deployedSide, deployedState, formerOutputs } from "./former.ts";
import { hasIndexes, publish } from "./indexes.ts";
import { imageOutput, publishedOutput, pythonOutput } from "./outputs.ts";
import { planLines, plannedPythons } from "./plan.ts";
import { type MadePlatform, makePlatform, platformImages, stageImages } from "./platform.ts";
import { rotationLines } from "./rotation-lines.ts";
import { stackSettings } from "./settings.ts";

const settings = stackSettings();
const { debian, architecture } = settings;
// A lock that is refused must end this before anything is made.
const onPlatforms = perPlatform(settings).map((each) => ({
	settings: each,
	apps: stackApps(each),
}));
for (const warning of settings.warnings) void pulumi.log.warn(warning);

await refuseEngine(settings);
const address = await usableAddress(settings);
const registry = new ImageRegistry("registry", { settings, address });
const former = await formerOutputs();
const deployed = deployedImages(former);
const state = await deployedState(deployed, settings);
const site = { ...registry.site, ...state };
const registries = new Map(
	settings.apps.map(({ name: app }) => [
		app,
		new ImageRegistry(`registry-${app}`, { settings, address, app }),
	]),
);
const made: MadePlatform[] = [];
for (const each of onPlatforms)
	made.push(
		makePlatform({
			...each,
			site,
			registries,
			hasAliases: made.length === 0 && !hasIndexes(settings, site.repository),
			pybuild: made[0]?.pybuild,
		}),
	);
const artefacts = publish(settings, site, made);
const apt = await makeApt(made, former);

if (pulumi.runtime.isDryRun()) {
	const planned = [
		...made.flatMap(platformImages),
		...artefacts.flatMap(({ index }) => index?.image ?? []),
	];
	const lines = await planLines(planned, plannedPythons(settings), { deployed, ...state });
	const all = ["What this change does:", ...lines, ...apt.lines];
	void pulumi.log.info(all.join("\n  "));
	for (const python of settings.pythons) {
		const side = deployedSide(former, python);
		const patches = patchesText(python.patches?.patches);
		const changes = side && rotation(side, { debian, python, patches, architecture });
		if (!changes) continue;
		const whose = settings.pythons.length === 1 ? "" : ` of Python ${pythonName(python)}`;
		const users = rotationLines(changes).map(([what, text]) => `${what}: ${text}`);
		void pulumi.log.info([`What changes for users${whose}:`, ...users].join("\n  "));
	}
}

const published = artefacts.map(publishedOutput);

/**
 * The images, by artefact (the base only where it is made here): `name` for docker run, `key` of their
 * content, and where the stack has a registry, `digest`: `repository@sha256:...`, for deployments. Of several
 * platforms that is the index, and `platforms` has the same of each.
 */
export const images = {
	...Object.fromEntries(
		made.flatMap(stageImages).map((image) => [image.artefact, imageOutput(image)]),
	),
	...Object.fromEntries(published.filter(([artefact]) => !isApp(artefact))),
	...Object.fromEntries(
		byArtefact(
			made.flatMap(({ wheels, apps }) => [
				...wheels,
				...apps.flatMap(({ wheelhouse, image }) => [wheelhouse.image, image.dependencies]),
			]),
		).map(([artefact, image]) => [artefact, imageOutput(image)]),
	),
};

/** The apps, by name; as the images. */
export const apps = Object.fromEntries(
	published
		.filter(([artefact]) => isApp(artefact))
		.map(([artefact, of]) => [artefact.slice("app-".length), of]),
);

function isApp(artefact: string): boolean {
	return artefact.startsWith("app-");
}

/**
 * The Pythons, by their series (with the flag of a variant, as in 3.13t): `version`, `variant`, `patches`, where it has some, with the CVEs that they name,
 * `endOfLife`, the day or month in which its support ends, `package`, the Debian package: `file` is its path from the project root, `sha256` that file's sum, and
 * `packages`, the paths of further ones, where it has some. Of several platforms `platforms` has these of each. `apt` of a package is where it is published for
 * that, if it is: the `place`, the `suite`, and the `keys` that sign it.
 */
export const pythons = Object.fromEntries(
	settings.pythons.map((python) => [pythonName(python), pythonOutput(python, made, apt.output)]),
);

const [firstPython] = Object.values(pythons) as [ReturnType<typeof pythonOutput>];
const { package: packageOutput, platforms: _, ...cpython } = firstPython;

/** The first Python, and its Debian package. */
export { cpython, packageOutput as package };

const debianOutput = {
	codename: debian.codename,
	number: debian.number,
	securityEnd: debian.securityEnd,
	ltsEnd: debian.ltsEnd,
	eltsEnd: debian.eltsEnd,
};

/** The Debian release and the days on which its support ends. */
export { debianOutput as debian };

/** What a preview warns of: support that ends, unproven pairs, a base that is not pinned. */
export const warnings = settings.warnings;

/** The platforms: what is made for the first one has no suffix in its name. */
export const { platforms } = settings;
