import { UnattachableError } from "../distribution/client.ts";
import { dockerPush, needImage } from "../distribution/daemon.ts";
import { repositoryOf } from "../image-name.ts";
import { attachMissing } from "../sbom/attach.ts";
import { signMissing } from "../signing/sign.ts";
import { openSigner } from "../signing/signer.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { docker, imageId, tagImage } from "../step/docker.ts";
import { StepError } from "../step/error.ts";
import { runStep } from "../step/step.ts";
import { readPublication } from "./publication.ts";
import { pushStep } from "./step.ts";

const { IMAGE: image, KIND, ALIASES: aliases, DESCRIPTION, SIGNING } = readInputs(pushStep);

await runStep<ResultOf<typeof pushStep>>(async (step) => {
	// A key that is not there must not be found out when everything is pushed.
	const signer = SIGNING === undefined ? undefined : await openSigner(SIGNING);
	const look = () => readPublication(image, aliases, step.signal);
	let publication = await look();
	// A cache may be built again on another machine.
	if (publication.differs && KIND === "published") {
		await takePublished(image, publication.digest ?? "", step.signal);
		publication = await look();
	}
	const { digest, missing } = publication;
	if (missing.length > 0) await needImage(image, step.signal);
	let pushed = digest;
	// One after the other: the first uploads the layers that all of them share.
	for (const name of missing) {
		step.progress(`push ${name}`);
		if (name !== image) await tagImage(image, name);
		pushed = await dockerPush(name, step.signal);
	}
	if (pushed !== undefined) await attachDescription(image, pushed, step.signal);
	if (pushed !== undefined && signer !== undefined)
		await signMissing({ image, digest: pushed, files: DESCRIPTION }, signer, step.signal);
	return { digest: pushed };
});

/**
 * Attach what is missing of SBOM and provenance. Where they cannot be attached the step fails, so that
 * the next run, which finds the image pushed, attaches them; else nobody would. What no run mends is
 * told, and they stay files.
 */
async function attachDescription(
	image: string,
	digest: string,
	signal: AbortSignal,
): Promise<void> {
	try {
		await attachMissing(image, digest, DESCRIPTION, signal);
	} catch (error) {
		if (!(error instanceof UnattachableError)) throw error;
		process.stderr.write(`==> warning: ${error.message}\n`);
	}
}

/**
 * See whether what the registry has is the daemon's image after all: a push whose last answer was lost,
 * so that the daemon does not know that there is one. A pull by digest makes it know, and fetches but
 * what the daemon lacks.
 *
 * @throws StepError where it is another image.
 */
async function takePublished(image: string, digest: string, signal: AbortSignal): Promise<void> {
	const published = `${repositoryOf(image)}@${digest}`;
	const isHere = (await imageId(published)) !== undefined;
	if (!isHere) await docker(["pull", "--quiet", published], { cancelSignal: signal });
	if ((await imageId(published)) === (await imageId(image))) return;
	// Where a container has that image, the daemon keeps it.
	if (!isHere) await docker(["image", "rm", published]).catch(() => undefined);
	throw otherContent(image, digest);
}

function otherContent(image: string, digest: string): StepError {
	return new StepError(
		`${image} is published with other content (${digest}), and a published tag never moves`,
		"raise packageRelease to publish this content, or remove the image here (docker image rm) to use the published one",
	);
}
