import { contentKey } from "../../components/content-key.ts";
import { needImage } from "../../components/distribution/daemon.ts";
import { NO_REGISTRY } from "../../components/image-name.ts";
import {
	fillVolume,
	makeContainer,
	makePristineContainer,
	mountedScript,
	runContainer,
} from "../../components/step/container.ts";
import { imageId, PROJECT_LABEL } from "../../components/step/docker.ts";
import { engine } from "../../components/step/engine.ts";
import { StepError } from "../../components/step/error.ts";
import { labelInstructions } from "../../components/step/instructions.ts";
import type { Step } from "../../components/step/step.ts";
import { stackSettings } from "../../infra/settings.ts";
import type { Run } from "../../local/handlers.ts";
import { configuredSettings } from "../../local/images.ts";
import { runStack } from "../../local/program.ts";
import { Report } from "../../local/report.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import type { Settings } from "../../stacks/settings.ts";

/** An image whose `python3` is measured. */
export interface Subject {
	/** What the table calls it. */
	readonly name: string;
	readonly image: string;
}

/** What the table calls the release's own Python. */
export const RELEASE_OWN = "debian";

/** What {@link stackSubjects} needs. */
export interface SubjectsOptions {
	readonly stack: string;
	readonly config: readonly string[];
	/**
	 * Leave out what would have to be compiled only for this: another profile than the stack's, and what it
	 * is compared with.
	 */
	readonly quick: boolean;
}

/** What a stack brings to a comparison. */
export interface StackSubjects {
	/** The image that the others stand on: sizes are told over it. */
	readonly base: string;
	readonly subjects: readonly Subject[];
	readonly settings: Settings;
}

/** Image of the stack, as its outputs name it. */
interface Image {
	readonly name: string;
	readonly key: string;
}

interface Images {
	readonly debbase: Image;
	readonly pybuild: Image;
	/** Of several platforms the index, which only a registry has, and each. */
	readonly python: Image & { readonly platforms?: Readonly<Record<string, Image>> };
}

/** What is made of a stack: its first Python, and what that needs. */
const MEASURED = ["base", "debbase", "pybuild", "package", "python"];

const CONTEXT = "commands/bench/context";

/** Where the images that are made only to be compared with are named: never in a registry. */
const REPOSITORY = `${NO_REGISTRY}/debian-python/bench`;

/** `NAME=IMAGE`, as the command line has it. */
export function parseSubject(text: string): Subject {
	const [, name, image] = /^([\w.-]+)=(.+)$/.exec(text) ?? [];
	if (name === undefined || image === undefined)
		throw new StepError(
			`--image ${JSON.stringify(text)}: it is not NAME=IMAGE`,
			"write --image a=b",
		);
	return { name, image };
}

/**
 * Build the stack's python of its first platform, in the profile optimized unless the config says otherwise,
 * and what it is measured beside: Debian's own Python on the same base, and upstream's with its default
 * configure.
 */
export async function stackSubjects(step: Step, options: SubjectsOptions): Promise<StackSubjects> {
	const images = await buildStack(step, options.stack, measuredConfig(options));
	const settings = stackSettings();
	const python = images.python.platforms?.[settings.platform] ?? images.python;
	const subjects = [
		{ name: settings.pythons[0].profile, image: python.name },
		{ name: RELEASE_OWN, image: await debianPython(step, images, settings) },
	];
	const upstream = await upstreamPython(step, images, settings, options.quick);
	if (upstream !== undefined) subjects.push({ name: "upstream", image: upstream });
	return { base: images.debbase.name, subjects, settings };
}

/**
 * The config of what is measured. Of another profile than the stack's all is made for nobody but this: in
 * a registry the stack's tags would move to it.
 */
export function measuredConfig({ stack, config, quick }: SubjectsOptions): string[] {
	const settingsOf = (sets: readonly string[]) =>
		configuredSettings(stack, readStackConfig(stack, sets));
	const wanted = [...(quick ? [] : ["profile=optimized"]), ...config];
	const { pythons, platforms } = settingsOf([]);
	if (settingsOf(wanted).pythons[0].profile === pythons[0].profile) return wanted;
	// Several platforms take a registry, for their index.
	return ["registry=none", "platforms=", `platform=${platforms[0]}`, ...wanted];
}

async function buildStack(step: Step, stack: string, config: readonly string[]): Promise<Images> {
	const run: Run = {
		report: new Report(),
		preview: false,
		wants: (artefact) => MEASURED.includes(artefact),
		signal: step.signal,
	};
	const outputs = await runStack(stack, readStackConfig(stack, config), run);
	return outputs.images as unknown as Images;
}

async function debianPython(step: Step, { debbase }: Images, settings: Settings): Promise<string> {
	const { key } = contentKey({ debbase: debbase.key, context: { context: CONTEXT } });
	const image = `${REPOSITORY}:debian-${key}`;
	if ((await imageId(image)) !== undefined) return image;
	step.progress("install Debian's own Python");
	const script = await scriptVolume(step, debbase.name, settings);
	const container = await makePristineContainer(step, debbase.name, mountedScript("debian"), [
		`--platform=${settings.platform}`,
		`--volume=${script}:/mnt:ro`,
	]);
	await runQuietly(step, container);
	await commit(step, container, image);
	return image;
}

async function upstreamPython(
	step: Step,
	{ debbase, pybuild }: Images,
	settings: Settings,
	quick: boolean,
): Promise<string | undefined> {
	const { version, source } = settings.pythons[0];
	// Not pybuild's key: another recipe for our Python compiles upstream's no other way.
	const { key } = contentKey({
		debbase: debbase.key,
		packages: settings.debian.buildPackages,
		source: `${version} ${source.sha256}`,
		context: { context: CONTEXT },
	});
	const image = `${REPOSITORY}:upstream-${key}`;
	if ((await imageId(image)) !== undefined) return image;
	if (quick) return undefined;
	await needImage(pybuild.name, step.signal);
	step.progress("compile upstream's Python with its default configure: some five minutes");
	const volume = await scriptVolume(step, debbase.name, settings);
	const upstream = ["sh", "/build/upstream", version, source.format, source.sha256];
	const builder = await makeContainer(step, pybuild.name, upstream, [
		`--platform=${settings.platform}`,
		"--user=0",
		`--volume=${volume}:/build`,
	]);
	await runQuietly(step, builder);
	const container = await makePristineContainer(step, debbase.name, mountedScript("copy"), [
		`--platform=${settings.platform}`,
		`--volume=${volume}:/mnt:ro`,
	]);
	await runQuietly(step, container);
	await commit(step, container, image);
	return image;
}

/** A volume that holds the scripts, and the CA bundle where the stack has one. */
export function scriptVolume(
	step: Step,
	image: string,
	{ platform, caBundle }: Settings,
): Promise<string> {
	// /mnt is in every Debian root.
	return fillVolume(step, { image, platform, folder: "/mnt", context: CONTEXT, caBundle });
}

/** Run a container of which only the progress is shown. */
export async function runQuietly(step: Step, container: string): Promise<void> {
	await runContainer(step, container, (line) => {
		if (line.startsWith("==> ")) step.progress(line.slice("==> ".length));
	});
}

async function commit(step: Step, container: string, image: string): Promise<void> {
	const labels = labelInstructions({ [PROJECT_LABEL]: "debian-python" });
	await (await engine()).commit(container, image, ['CMD ["python3"]', ...labels], step.signal);
}
