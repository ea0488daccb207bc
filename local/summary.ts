import { imageBytes, imageConfig, imageId } from "../components/step/docker.ts";
import { daemonInputs, type Inputs } from "../components/step/why.ts";
import { rotationLines } from "../infra/rotation-lines.ts";
import { seriesName } from "../stacks/cpython.ts";
import { codenames, debianReleases } from "../stacks/debian.ts";
import { knownSide, rotation } from "../stacks/rotation.ts";
import type { Outputs } from "./program.ts";
import { formatSeconds, type Row } from "./report.ts";
import { section, table } from "./text.ts";

interface ShownPackage {
	readonly file: string;
	/** Empty where there is none, as where a target needs none. */
	readonly sha256: string;
}

interface ShownPython {
	readonly version: string;
	readonly package: ShownPackage;
	/** Further ones: their paths. */
	readonly packages?: Readonly<Record<string, string>>;
	readonly platforms?: Readonly<Record<string, Pick<ShownPython, "package" | "packages">>>;
}

interface ShownImage {
	readonly name: string;
	/** Of several platforms, of which `name` is the index; the first one first. */
	readonly platforms?: Readonly<Record<string, { readonly name: string }>>;
}

/** The images that a daemon may have, which has no index. */
function namesOf({ name, platforms }: ShownImage): string[] {
	return platforms === undefined ? [name] : Object.values(platforms).map((each) => each.name);
}

/** The outputs that the summary shows. */
interface Shown {
	readonly images: Readonly<Record<string, ShownImage>>;
	readonly apps: Readonly<Record<string, ShownImage>>;
	readonly pythons: Readonly<Record<string, ShownPython>>;
	readonly debian: { readonly codename: string };
}

/** The closing lines of a run: what there is now, where the time went, and how to try it. */
export async function summary(
	outputs: Outputs,
	rows: readonly Row[],
	{ preview }: { readonly preview: boolean },
): Promise<string> {
	const shown = outputs as unknown as Shown;
	const lines = ["", ...table(ROW, rows.map(rowCells)), ""];
	const apps = Object.values(shown.apps).map(namesOf);
	if (!preview) {
		const images = Object.entries(shown.images).filter(([artefact]) => !isStage(artefact));
		for (const name of [...images.flatMap(([, image]) => namesOf(image)), ...apps.flat()])
			lines.push(...(await imageLine(name)));
		for (const { platforms, ...own } of Object.values(shown.pythons))
			for (const { package: deb, packages = {} } of Object.values(platforms ?? { own }))
				if (deb.sha256 !== "")
					for (const file of [deb.file, ...Object.values(packages)])
						lines.push(`  .deb      ${file}`);
	}
	if (preview) lines.push(...(await changesForUsers(shown)));
	const { python, minimal } = shown.images;
	for (const image of preview ? [] : [python, minimal]) {
		const name = image && namesOf(image)[0];
		if (name !== undefined && (await imageId(name)) !== undefined)
			lines.push(...tryLine(name, image === python));
	}
	if (!preview) for (const [name = ""] of apps) lines.push(...(await runLine(name)));
	return lines.join("\n");
}

/** How to try an image of Python; the first of such lines says so. */
function tryLine(image: string, isFirst: boolean): string[] {
	const line = `docker run --rm -it ${image}`;
	return isFirst ? ["", `try it: ${line}`] : [`        ${line}`];
}

/** Whether an image is only there to make others from. */
function isStage(artefact: string): boolean {
	return /^(wheel|wheelhouse|dependencies)-/.test(artefact);
}

/**
 * How to run an app that the daemon has, with its first port on this machine's loopback interface: it may
 * write nothing but temporary files.
 */
async function runLine(image: string): Promise<string[]> {
	const config = await imageConfig(image);
	if (config === undefined) return [];
	const [port] = Object.keys(config.ExposedPorts ?? {}).map((each) => each.split("/")[0]);
	const publish = port === undefined ? "" : ` -p 127.0.0.1:${port}:${port}`;
	return [`        docker run --rm --read-only --tmpfs /tmp${publish} ${image}`];
}

/** As wide as the longest artefact and outcome, whether they are there or not. */
const ROW = [{ width: 10 }, { width: 8, gap: 1 }, {}];

function rowCells({ artefact, outcome, why, seconds }: Row): string[] {
	return [artefact, outcome, outcome === "built" ? formatSeconds(seconds) : why];
}

async function imageLine(name: string): Promise<string[]> {
	if ((await imageId(name)) === undefined) return [];
	return [`${`${((await imageBytes(name)) / 1e6).toFixed(1)} MB`.padStart(9)}  ${name}`];
}

/** What differs for users from the newest packages of the stack in the daemon, if there are such. */
async function changesForUsers({ images, pythons, debian }: Shown): Promise<string[]> {
	const name = images.python?.name ?? "";
	const packages = await daemonInputs({ name, kind: "package" });
	const isOne = Object.keys(pythons).length === 1;
	return Object.entries(pythons).flatMap(([python, { version }]) => {
		const inputs =
			packages.find((each) => pythonOf(each) === python) ?? (isOne ? packages[0] : undefined);
		const number = Number(inputs?.DEBIAN_NUMBER);
		const codename = codenames.find((each) => debianReleases[each].number === number);
		// The package's inputs do not tell the architecture.
		const before = knownSide(codename, inputs?.PYTHON_VERSION, undefined);
		const after = knownSide(debian.codename, version, undefined);
		const changes = before && after && rotation(before, after);
		if (!changes) return [];
		const heading = `for users, since CPython ${before.python.version} on ${before.debian.codename}`;
		return [...section(heading, rotationLines(changes)), ""];
	});
}

/** The name of the Python that a package's key is about, such as 3.13t: its series, and ABI flags. */
function pythonOf({ PYTHON_VERSION = "", ABI_FLAGS = "" }: Inputs): string {
	return seriesName(PYTHON_VERSION) + ABI_FLAGS;
}
