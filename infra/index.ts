import * as pulumi from "@pulumi/pulumi";
import { DebianBase } from "../components/base/base.ts";
import { DebbaseImage } from "../components/debbase/debbase.ts";
import type { StackImage } from "../components/image.ts";
import { PythonPackage } from "../components/package/package.ts";
import { PybuildImage } from "../components/pybuild/pybuild.ts";
import { PythonImage } from "../components/python/python.ts";
import { ImageRegistry } from "../components/registry/registry.ts";
import { ledgerFile } from "../components/sizes/ledger.ts";
import { WheelbuildImage } from "../components/wheelbuild/wheelbuild.ts";
import { sizeBudget } from "../stacks/budget.ts";
import { rotation } from "../stacks/rotation.ts";
import { usableAddress } from "./address.ts";
import { byArtefact, makeApps, stackApps } from "./apps.ts";
import { deployedImages, deployedPlaces, deployedSide, formerOutputs } from "./former.ts";
import { packagesFolder } from "./images.ts";
import { planLines } from "./plan.ts";
import { rotationLines } from "./rotation-lines.ts";
import { stackSettings } from "./settings.ts";

const settings = stackSettings();
const { debian, python, architecture, packageRelease, profile } = settings;
// A lock that is refused must end this before anything is made.
const appsOfStack = stackApps(settings);
for (const warning of settings.warnings) void pulumi.log.warn(warning);

const address = await usableAddress(settings);
const registry = new ImageRegistry("registry", { settings, address });
const former = await formerOutputs();
const deployed = deployedImages(former);
const places = await deployedPlaces(deployed);
const site = { ...registry.site, places };
const base = new DebianBase("base", { site, debian, base: settings.base, architecture });
const debbase = new DebbaseImage("debbase", { site, debian, base });
const pybuild = new PybuildImage("pybuild", { site, debian, debbase });
const folder = packagesFolder(settings.stack);
const pythonPackage = new PythonPackage("package", {
	site,
	debian,
	python,
	packageRelease,
	profile,
	architecture,
	pybuild,
	folder,
});
const pythonImage = new PythonImage("python", {
	site,
	debian,
	python,
	packageRelease,
	base,
	debbase,
	package: pythonPackage,
	folder,
	budget: sizeBudget(debian.codename, python.series.series, architecture),
	ledger: ledgerFile(settings.stack),
});
const wheelbuild = new WheelbuildImage("wheelbuild", {
	site,
	debian,
	python,
	packageRelease,
	pythonImage,
	package: pythonPackage,
	folder,
});
const { wheels, apps: madeApps } = makeApps({
	settings,
	apps: appsOfStack,
	address,
	site,
	pythonImage,
	wheelbuild,
	package: pythonPackage,
	folder,
});

if (pulumi.runtime.isDryRun()) {
	const planned = [
		...[base, debbase, pybuild, pythonPackage, pythonImage, wheelbuild].flatMap(
			({ image }) => image ?? [],
		),
		...wheels,
		...madeApps.flatMap(({ wheelhouse, image }) => [
			wheelhouse.image,
			image.dependencies,
			image.image,
		]),
	];
	const lines = await planLines(planned, profile, { deployed, places });
	void pulumi.log.info(["What this change does:", ...lines].join("\n  "));
	const side = deployedSide(former);
	const changes = side && rotation(side, { debian, python, architecture });
	if (changes) {
		const users = rotationLines(changes).map(([what, text]) => `${what}: ${text}`);
		void pulumi.log.info(["What changes for users:", ...users].join("\n  "));
	}
}

const output = ({ name, key }: StackImage) => ({ name, key });
/**
 * The images, by artefact (the base only where it is made here): `name` for docker run, `key` of their
 * content, and where the stack has a registry, `digest`: `repository@sha256:...`, for deployments.
 */
export const images = {
	...(base.image && { base: output(base.image) }),
	debbase: output(debbase.image),
	pybuild: output(pybuild.image),
	python: { ...output(pythonImage.image), digest: pythonImage.digest },
	wheelbuild: { ...output(wheelbuild.image), digest: wheelbuild.digest },
	...Object.fromEntries(
		byArtefact([
			...wheels,
			...madeApps.flatMap(({ wheelhouse, image }) => [wheelhouse.image, image.dependencies]),
		]).map(([artefact, image]) => [artefact, output(image)]),
	),
};

/** The apps, by name; as the images. */
export const apps = Object.fromEntries(
	madeApps.map(({ app, image }) => [app.name, { ...output(image.image), digest: image.digest }]),
);

const packageOutput = {
	name: pythonPackage.packageName,
	version: pythonPackage.version,
	architecture,
	file: pythonPackage.file,
	sha256: pythonPackage.sha256,
	key: pythonPackage.image.key,
};

/** The Debian package; `file` is its path from the project root, `sha256` that file's sum. */
export { packageOutput as package };

const debianOutput = {
	codename: debian.codename,
	number: debian.number,
	securityEnd: debian.securityEnd,
	ltsEnd: debian.ltsEnd,
	eltsEnd: debian.eltsEnd,
};

/** The Debian release and the days on which its support ends. */
export { debianOutput as debian };

/** The CPython release and the day or month in which its support ends. */
export const cpython = {
	version: python.version,
	series: python.series.series,
	endOfLife: python.series.endOfLife,
};

/** What a preview warns of: support that ends, unproven pairs, a base that is not pinned. */
export const warnings = settings.warnings;
