import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { needImage } from "../distribution/daemon.ts";
import {
	type Copied,
	copyFrom,
	holdImage,
	makeContainer,
	runContainer,
} from "../step/container.ts";
import type { InputsOf } from "../step/definition.ts";
import { imageConfig, imageId } from "../step/docker.ts";
import { StepError } from "../step/error.ts";
import { sha256 } from "../step/file.ts";
import type { Step } from "../step/step.ts";
import { installedPackages, licenceNames, parseControl } from "./debian-packages.ts";
import type { Installed } from "./distributions.ts";
import { type Bundled, bundledIn, type Deb, type Facts, type Wheel, wheelOf } from "./facts.ts";
import { gatherApp, readInstalled } from "./gather-app.ts";
import { keptRoot } from "./kept-root.ts";
import { pypiPurl } from "./purl.ts";
import type { describeStep } from "./step.ts";

type Inputs = InputsOf<typeof describeStep>;

/**
 * What there is to know of an image that the daemon has, for its SBOM and provenance. Nothing of the
 * image itself is run: its files are read out of a container that is never started.
 */
export async function gatherFacts(step: Step, inputs: Inputs): Promise<Facts> {
	const { IMAGE: image, PIP: pip } = inputs;
	const { own, inside, installed } = await keptRoot(step, inputs, readRootOf);
	const app = inputs.APP && (await gatherApp(step, new Map(installed), inputs.APP));
	const isPackage = image === own.image;
	return {
		image,
		id: (await imageId(image)) ?? "",
		labels: (await imageConfig(image))?.Labels ?? {},
		platform: inputs.PLATFORM,
		debian: inputs.DEBIAN,
		cpython: withDiffs(inputs),
		bundled: withWheels(own.bundled, inside.wheels, isPackage || inputs.ENSUREPIP !== undefined),
		packageName: inputs.PACKAGE_NAME,
		packages: inside.packages,
		debs: inside.debs,
		...(pip !== undefined && { pip }),
		madeFrom: inputs.MADE_FROM,
		compiledWith: isPackage ? own.compiledWith : [],
		...(app !== undefined && { app }),
	};
}

/** CPython's source, with those patches themselves that name no place which has them. */
function withDiffs({ CPYTHON: cpython, PATCHES_FOLDER: folder = "" }: Inputs): Facts["cpython"] {
	if (cpython.patches === undefined) return cpython;
	const patches = cpython.patches.map((patch) => {
		if (patch.url !== undefined) return patch;
		const content = readFileSync(join(folder, patch.name));
		if (sha256(content) !== patch.sha256)
			throw new StepError(`${folder}/${patch.name} was changed while this ran`, "run again");
		return { ...patch, diff: content.toString() };
	});
	return { ...cpython, patches };
}

async function readRootOf(step: Step, inputs: Inputs): Promise<Root> {
	const { IMAGE: image, ROOT: root = image, PACKAGE, PLATFORM, APP } = inputs;
	const packages = readPackages(step, inputs);
	const [own, inside, installed] = await Promise.all([
		packages,
		image === PACKAGE ? readDebs(step, await packages, inputs) : readRoot(step, root, inputs),
		APP === undefined ? [] : readInstalled(step, root, PLATFORM, APP),
	]);
	return { own, inside, installed: [...installed] };
}

/** What is read of images, and not of their labels. */
export interface Root {
	readonly own: Packages;
	readonly inside: Inside;
	readonly installed: readonly (readonly [name: string, Installed])[];
}

/** What an image, or the .debs, have inside. */
interface Inside {
	readonly packages: Facts["packages"];
	readonly debs: readonly Deb[];
	/** In ensurepip. */
	readonly wheels: readonly Wheel[];
}

/** The files of the package's image. */
interface Packages {
	readonly image: string;
	readonly debs: readonly Deb[];
	readonly bundled: readonly Bundled[];
	readonly compiledWith: Facts["compiledWith"];
}

async function readPackages(
	step: Step,
	{ PACKAGE: image, PACKAGE_NAME, PLATFORM }: Inputs,
): Promise<Packages> {
	await needImage(image, step.signal);
	const { files } = await copyFrom(await holdImage(step, image, PLATFORM), "/packages");
	const text = (ending: string) =>
		[...files].find(([path]) => path.endsWith(ending))?.[1].toString();
	const spdx = text(".spdx.json");
	const [buildinfo] = parseControl(text(".buildinfo") ?? "");
	const needed = buildinfo?.["Installed-Build-Depends"]?.matchAll(/(\S+) \(= ([^)]+)\)/g) ?? [];
	return {
		image,
		debs: [...files]
			.filter(([path]) => path.endsWith(".deb"))
			.map(([path, content]) => debOf(basename(path), sha256(content)))
			// The interpreter first, which is what the others belong to.
			.sort((a, b) => Number(b.name === PACKAGE_NAME) - Number(a.name === PACKAGE_NAME)),
		// CPython's source has this list from 3.12 on.
		bundled: spdx === undefined ? [] : bundledIn(spdx),
		compiledWith: [...needed].map(([, name = "", version = ""]) => ({ name, version })),
	};
}

/** A .deb by its file's name, `name_version_architecture.deb`. */
function debOf(file: string, sum: string): Deb {
	const [name = "", version = "", architecture = ""] = file.replace(/\.deb$/, "").split("_");
	return { file, sha256: sum, name, version, architecture };
}

/** Let dpkg-deb, which pybuild has, look into the first of the packages. */
async function readDebs(
	step: Step,
	{ image, debs }: Packages,
	{ BUILDER: builder = "", PLATFORM, BUILDER_PLATFORM = PLATFORM }: Inputs,
): Promise<Inside> {
	await needImage(builder, step.signal);
	const volume = await step.createVolume();
	// Docker fills a new volume with what the image holds where it is mounted.
	await holdImage(step, image, PLATFORM, `--volume=${volume}:/packages`);
	const [main, ...others] = debs;
	if (main === undefined) throw new Error(`${image} has no .deb`);
	const script = readFileSync("components/sbom/read-deb", "utf8");
	const command = ["/bin/sh", "-c", script, "read-deb", `/mnt/${main.file}`];
	const container = await makeContainer(step, builder, command, [
		`--platform=${BUILDER_PLATFORM}`,
		"--network=none",
		"--read-only",
		// dpkg-deb unpacks the control files there.
		"--tmpfs=/tmp",
		`--volume=${volume}:/mnt:ro`,
	]);
	const lines: string[] = [];
	await runContainer(step, container, (line) => lines.push(line));
	const depends = lines.flatMap((line) => /^depends (.*)/.exec(line)?.[1] ?? []).join();
	const wheels = lines.flatMap((line) => {
		const [, sum = "", file = ""] = /^wheel (\S+) (.*)/.exec(line) ?? [];
		return file === "" ? [] : [wheelOf(file, sum)];
	});
	return { packages: [], debs: [{ ...main, depends }, ...others], wheels };
}

/** The packages that dpkg knows in an image, and the wheels of its Python's ensurepip. */
async function readRoot(
	step: Step,
	image: string,
	{ PLATFORM, ENSUREPIP }: Inputs,
): Promise<Inside> {
	const container = await holdImage(step, image, PLATFORM);
	const [status, documents, bundle] = await Promise.all([
		copyFrom(container, "/var/lib/dpkg/status"),
		copyFrom(container, "/usr/share/doc"),
		ENSUREPIP === undefined ? undefined : copyFrom(container, ENSUREPIP),
	]);
	return {
		packages: installedPackages(status.files.get("status")?.toString() ?? "", (name) =>
			licenceNames(copyrightOf(documents, name)),
		),
		debs: [],
		wheels: [...(bundle?.files ?? [])].flatMap(([path, content]) =>
			path.endsWith(".whl") ? [wheelOf(path, sha256(content))] : [],
		),
	};
}

/** Its folder may be a link to that of another package of the same source (Debian Policy 12.5). */
function copyrightOf({ files, links }: Copied, name: string): string {
	const folder = links.get(`doc/${name}`) ?? name;
	return files.get(`doc/${folder}/copyright`)?.toString() ?? "";
}

/**
 * The wheels replace what CPython's list says of them: here is the hash of what is really there.
 *
 * @param hasWheels false: none is there, whatever that list says.
 */
function withWheels(
	bundled: readonly Bundled[],
	wheels: readonly Wheel[],
	hasWheels: boolean,
): Bundled[] {
	const isThere = ({ name, purl = "" }: Bundled) =>
		hasWheels ? !wheels.some((wheel) => wheel.name === name) : !purl.startsWith("pkg:pypi/");
	return [
		...bundled.filter(isThere),
		...wheels.map((wheel) => ({ ...wheel, purl: pypiPurl(wheel.name, wheel.version) })),
	];
}
