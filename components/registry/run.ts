import { existsSync } from "node:fs";
import { attach } from "../sbom/attach.ts";
import { docker } from "../step/docker.ts";
import { environment, environmentList } from "../step/environment.ts";
import { StepError } from "../step/error.ts";
import { needImage, pushImage } from "../step/registry.ts";
import { runStep } from "../step/step.ts";
import { readPublication } from "./publication.ts";

/*
 * Push an image and its aliases to their registry, as far as they are not there.
 * The command in push.ts says what each variable means.
 */

await runStep(async (step) => {
	const [image, aliases] = [environment("IMAGE"), environmentList("ALIASES")];
	const { digest, differs, missing } = await readPublication(image, aliases, step.signal);
	// A cache may be built again on another machine.
	if (differs && environment("KIND") === "published") throw otherContent(image, digest);
	if (missing.length > 0) await needImage(image, step.signal);
	let pushed = digest;
	// One after the other: the first uploads the layers that all of them share.
	for (const name of missing) {
		step.progress(`push ${name}`);
		if (name !== image) await docker(["tag", image, name]);
		pushed = await pushImage(name, step.signal);
		if (name === image) await attachDescription(image, pushed);
	}
	return { digest: pushed };
});

/**
 * Attach SBOM and provenance. The image is published without them too: where this machine does not
 * reach a registry that the daemon reaches, that is said, and they stay files.
 */
async function attachDescription(image: string, digest: string): Promise<void> {
	const files = environmentList("DESCRIPTION").filter((file) => existsSync(file));
	if (files.length === 0) return;
	try {
		await attach(image, digest, files);
	} catch (error) {
		process.stderr.write(`==> warning: ${(error as Error).message}\n`);
	}
}

function otherContent(image: string, digest: string | undefined): StepError {
	return new StepError(
		`${image} is published with other content (${digest}), and a published tag never moves`,
		"raise packageRelease to publish this content, or remove the image here (docker image rm) to use the published one",
	);
}
