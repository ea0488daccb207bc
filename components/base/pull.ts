import { readContent } from "../distribution/client.ts";
import { findImage } from "../distribution/daemon.ts";
import { repositoryOf, tagOf } from "../image-name.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { docker, PROJECT_LABEL, tagImage } from "../step/docker.ts";
import { StepError } from "../step/error.ts";
import { sha256 } from "../step/file.ts";
import { labelInstructions } from "../step/instructions.ts";
import { runStep, type Step } from "../step/step.ts";
import { pullStep } from "./step.ts";

const inputs = readInputs(pullStep);

await runStep<ResultOf<typeof pullStep>>(async (step) => {
	const { IMAGE: image } = inputs;
	if (!(await findImage(image, step.signal))) await take(step, image);
	return { image };
});

/** A commit of a container that never ran: the same layers, with the labels by which others find it. */
async function take(step: Step, image: string): Promise<void> {
	const { REFERENCE: reference, PLATFORM: platform } = inputs;
	const own = `${repositoryOf(reference)}@${await platformDigest(reference, platform)}`;
	step.progress(`pull ${own}`);
	await docker(["pull", "--quiet", `--platform=${platform}`, own], { cancelSignal: step.signal });
	const container = await step.createPristineContainer([`--platform=${platform}`, own, "none"]);
	const labels = { ...inputs.LABELS, [PROJECT_LABEL]: "debian-python" };
	const instructions = ['CMD ["bash"]', ...labelInstructions(labels)];
	await tagImage(await step.commitContainer(container, instructions), image);
}

/** What of an image's manifest, or of an index, says what it is for (OCI image specification). */
interface Manifest {
	readonly config?: { readonly digest: string };
	readonly manifests?: readonly { readonly digest: string; readonly platform?: Config }[];
}

interface Config {
	readonly os: string;
	readonly architecture: string;
}

/** The digest of a reference's image for a platform; asked of its registry, by this machine. */
async function platformDigest(reference: string, platform: string): Promise<string> {
	const pinned = /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1];
	const named = /:[^/@]+$/.test(reference) ? tagOf(reference) : "latest";
	const content = await read(reference, `manifests/${pinned ?? named}`);
	const digest = `sha256:${sha256(content)}`;
	if (pinned !== undefined && pinned !== digest)
		throw new StepError(`the registry has other content than ${reference}`, "do not use it");
	const { config, manifests = [] } = JSON.parse(content.toString()) as Manifest;
	const found = manifests.find((each) => each.platform && isFor(each.platform, platform));
	if (found !== undefined) return found.digest;
	const own =
		config && (JSON.parse(String(await read(reference, `blobs/${config.digest}`))) as Config);
	if (own !== undefined && isFor(own, platform)) return digest;
	throw new StepError(
		`base ${reference} has no image for ${platform}`,
		"set base to one that has, or to archive; or take the platform out of platforms",
	);
}

function isFor({ os, architecture }: Config, platform: string): boolean {
	return `${os}/${architecture}` === platform;
}

async function read(reference: string, path: string): Promise<Buffer> {
	const content = await readContent(reference, path);
	if (content !== undefined) return content;
	throw new StepError(`base ${reference} is not in its registry`, "set base to an image that is");
}
