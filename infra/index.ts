import * as pulumi from "@pulumi/pulumi";
import { DebianBase } from "../components/base/base.ts";
import { DebbaseImage } from "../components/debbase/debbase.ts";
import { PybuildImage } from "../components/pybuild/pybuild.ts";
import { ImageRegistry } from "../components/registry/registry.ts";
import { patchesText, rotation } from "../stacks/rotation.ts";
import { pythonName } from "../stacks/variants.ts";
import { usableAddress } from "./address.ts";
import { byArtefact, makeApps, stackApps } from "./apps.ts";
import { refuseEngine } from "./engine.ts";
import { deployedImages, deployedPlaces, deployedSide, formerOutputs } from "./former.ts";
import { packagesFolder } from "./images.ts";
import { planLines, plannedPythons } from "./plan.ts";
import { imageOutput, imageOutputs, makePython, pythonImages, pythonOutput } from "./python.ts";
import { rotationLines } from "./rotation-lines.ts";
import { stackSettings } from "./settings.ts";

const settings = stackSettings();
const { debian, architecture } = settings;
// A lock that is refused must end this before anything is made.
const appsOfStack = stackApps(settings);
for (const warning of settings.warnings) void pulumi.log.warn(warning);

await refuseEngine();
const address = await usableAddress(settings);
const registry = new ImageRegistry("registry", { settings, address });
const former = await formerOutputs();
const deployed = deployedImages(former);
const places = await deployedPlaces(deployed);
const site = { ...registry.site, places };
const base = new DebianBase("base", { site, debian, base: settings.base, architecture });
const debbase = new DebbaseImage("debbase", { site, debian, base });
const pybuild = new PybuildImage("pybuild", { site, debian, debbase });
const madePythons = settings.pythons.map((python) =>
	makePython({ settings, site, base, debbase, pybuild }, python),
);
const { wheels, apps: madeApps } = makeApps({
	settings,
	apps: appsOfStack,
	address,
	site,
	pythons: madePythons,
	folder: packagesFolder(settings.stack),
});

if (pulumi.runtime.isDryRun()) {
	const planned = [
		...[base, debbase, pybuild].flatMap(({ image }) => image ?? []),
		...madePythons.flatMap(pythonImages),
		...wheels,
		...madeApps.flatMap(({ wheelhouse, image }) => [
			wheelhouse.image,
			image.dependencies,
			image.image,
		]),
	];
	const lines = await planLines(planned, plannedPythons(settings), { deployed, places });
	void pulumi.log.info(["What this change does:", ...lines].join("\n  "));
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

/**
 * The images, by artefact (the base only where it is made here): `name` for docker run, `key` of their
 * content, and where the stack has a registry, `digest`: `repository@sha256:...`, for deployments.
 */
export const images = {
	...(base.image && { base: imageOutput(base.image) }),
	debbase: imageOutput(debbase.image),
	pybuild: imageOutput(pybuild.image),
	...Object.assign({}, ...madePythons.map(imageOutputs)),
	...Object.fromEntries(
		byArtefact([
			...wheels,
			...madeApps.flatMap(({ wheelhouse, image }) => [wheelhouse.image, image.dependencies]),
		]).map(([artefact, image]) => [artefact, imageOutput(image)]),
	),
};

/** The apps, by name; as the images. */
export const apps = Object.fromEntries(
	madeApps.map(({ app, image }) => [
		app.name,
		{ ...imageOutput(image.image), digest: image.digest },
	]),
);

/**
 * The Pythons, by their series (with the flag of a variant, as in 3.13t): `version`, `variant`, `patches`, where it has some, with the CVEs that they name,
 * `endOfLife`, the day or month in which its support ends, `package`, the Debian package: `file` is its path from the project root, `sha256` that file's sum, and
 * `packages`, the paths of further ones, where it has some.
 */
export const pythons = Object.fromEntries(
	madePythons.map((made) => [pythonName(made.python), pythonOutput(made)]),
);

const [firstPython] = Object.values(pythons) as [ReturnType<typeof pythonOutput>];
const { package: packageOutput, ...cpython } = firstPython;

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
