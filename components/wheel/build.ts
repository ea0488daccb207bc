import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LockedFile } from "../../stacks/lock/lock.ts";
import { packFiles } from "../app-files.ts";
import { needBuilder } from "../distribution/builder.ts";
import { findImage, needImage } from "../distribution/daemon.ts";
import { downloadPath, fetchFiles, VOLUME } from "../downloads/downloads.ts";
import { copyFrom, copyInto, holdImage, makeContainer, runContainer } from "../step/container.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { docker, imageId, imageLabel } from "../step/docker.ts";
import { StepError } from "../step/error.ts";
import { sha256 } from "../step/file.ts";
import { importFiles } from "../step/imported.ts";
import { runLogged } from "../step/log.ts";
import { runStep, type Step } from "../step/step.ts";
import { wheelStep } from "./step.ts";

const CONTEXT = "components/wheel/context";

/** Where the files of an app are, in /mnt. */
const SOURCE_FOLDER = "source";

const inputs = readInputs(wheelStep);
const { IMAGE: image, PLATFORM, CA_BUNDLE, NAME, VERSION, SOURCE, PACKAGES } = inputs;

await runStep<ResultOf<typeof wheelStep>>(async (step) => {
	if (!(await findImage(image, step.signal))) await buildWheel(step);
	const label = async (name: string) =>
		(await imageLabel(image, `debian-python.wheel.${name}`)) ?? "";
	return { image, file: await label("file"), sha256: await label("sha256") };
});

async function buildWheel(step: Step): Promise<void> {
	const { BUILDER: builder, RECIPE, LOG } = inputs;
	await needBuilder(builder, RECIPE, step.signal);
	await fetchFiles(step, {
		image: builder,
		platform: PLATFORM,
		caBundle: CA_BUNDLE,
		files: lockedFiles(),
	});
	const run = await giveFiles(step);
	const root = PACKAGES.length === 0 ? builder : await prepare(step, builder, run);
	const container = await makeJob(step, root, run, "build", ["--network=none"]);
	try {
		await runLogged(step, container, LOG, PACKAGES.length === 0 ? "w" : "a");
	} catch (error) {
		throw step.signal.aborted ? error : await explain(step, root, run, error);
	}
	await keepWheel(container);
}

/** What is to be fetched, and whose it is. */
function lockedFiles() {
	const wanted = inputs.REQUIREMENTS.flatMap((requirement) =>
		"file" in requirement
			? { ...requirement.file, distribution: requirement.name, version: requirement.version }
			: [],
	);
	if ("app" in SOURCE) return wanted;
	return [{ ...SOURCE.sdist, distribution: NAME, version: VERSION ?? "" }, ...wanted];
}

/** What each container of a build has. */
interface Run {
	/** The job, as a file of this machine. */
	readonly job: string;
	readonly volumes: readonly string[];
}

/** Have all that the build needs in volumes, and say where in a file (context/__main__.py reads it). */
async function giveFiles(step: Step): Promise<Run> {
	const volumes = [`--volume=${VOLUME}:/downloads:ro`];
	const requirements: object[] = [];
	const locked = (file: LockedFile) => ({ path: downloadPath(file), sha256: file.sha256 });
	for (const { name, version, ...from } of inputs.REQUIREMENTS) {
		if ("file" in from) {
			requirements.push({ name, version, ...locked(from.file) });
			continue;
		}
		await needImage(from.image, step.signal);
		const own = await step.createVolume();
		// Docker fills a new volume with what the image holds where it is mounted.
		await holdImage(step, from.image, PLATFORM, `--volume=${own}:/wheels`);
		volumes.push(`--volume=${own}:/wheels-of/${name}:ro`);
		requirements.push({ name, version, path: `/wheels-of/${name}` });
	}
	const job = join(step.createFolder(), "job.json");
	const content = {
		name: NAME,
		version: VERSION,
		abi: inputs.ABI,
		release: inputs.DEBIAN.codename,
		number: inputs.DEBIAN.number,
		...("app" in SOURCE ? { source: `/mnt/${SOURCE_FOLDER}` } : { sdist: locked(SOURCE.sdist) }),
		requirements,
		packages: PACKAGES,
		folder: `${inputs.APP} -s ${inputs.STACK}`,
		project: `${inputs.APP}/pyproject.toml`,
	};
	await writeFile(job, JSON.stringify(content));
	return { job, volumes };
}

/** A container that does a part of the job. */
async function makeJob(
	step: Step,
	root: string,
	{ job, volumes }: Run,
	action: "prepare" | "build" | "explain",
	options: readonly string[] = [],
): Promise<string> {
	const command = ["/venv/bin/python", "-I", "-B", "/mnt", action, "/mnt/job.json"];
	const container = await makeContainer(step, root, command, [
		`--platform=${PLATFORM}`,
		"--entrypoint=",
		"--user=0:0",
		"--workdir=/build",
		...volumes,
		...(CA_BUNDLE === undefined ? [] : ["--env=SSL_CERT_FILE=/mnt/ca-bundle.crt"]),
		...(CA_BUNDLE === undefined ? [] : ["--env=CARGO_HTTP_CAINFO=/mnt/ca-bundle.crt"]),
		...options,
	]);
	await copyInto(container, job, "/mnt/job.json");
	await copyInto(container, `${CONTEXT}/.`, "/mnt/");
	if ("app" in SOURCE) {
		const input = await packFiles(SOURCE.app, SOURCE_FOLDER);
		await docker(["cp", "-", `${container}:/mnt`], { input });
	}
	if (CA_BUNDLE !== undefined) await copyInto(container, CA_BUNDLE, "/mnt/ca-bundle.crt");
	return container;
}

/** An image of the builder with the Debian packages that the build needs; it goes with the step. */
async function prepare(step: Step, builder: string, run: Run): Promise<string> {
	const container = await makeJob(step, builder, run, "prepare");
	await runLogged(step, container, inputs.LOG);
	return step.commitContainer(container, []);
}

/** Why a build failed, and what helps: its log says it, and Debian's index of contents. */
async function explain(step: Step, root: string, run: Run, error: unknown): Promise<unknown> {
	const container = await makeJob(step, root, run, "explain");
	await copyInto(container, inputs.LOG, "/mnt/build.log");
	try {
		await runContainer(step, container, () => undefined);
	} catch (why) {
		if (why instanceof StepError) return new StepError(`${why.message} (log: ${inputs.LOG})`);
	}
	return error;
}

/** What the build says of its wheel (context/__main__.py). */
interface WheelFacts {
	readonly file: string;
	readonly sha256: string;
}

/** Make the image of the wheel. */
async function keepWheel(container: string): Promise<void> {
	const [[, said] = []] = (await copyFrom(container, "/build/facts")).files;
	const facts = JSON.parse(String(said)) as WheelFacts;
	const content = (await copyFrom(container, "/build/wheels")).files.get(`wheels/${facts.file}`);
	if (content === undefined || sha256(content) !== facts.sha256)
		throw new StepError(`${facts.file} does not arrive as it was built`, "run again");
	const labels = {
		...inputs.LABELS,
		"debian-python.wheel.file": facts.file,
		"debian-python.wheel.sha256": facts.sha256,
		// The moving tag of the builder will lead elsewhere.
		"debian-python.builder.id": (await imageId(inputs.BUILDER)) ?? "",
	};
	const files = new Map([[`wheels/${facts.file}`, content]]);
	await importFiles(image, { platform: PLATFORM, labels, files });
}
