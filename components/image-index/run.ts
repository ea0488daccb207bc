import { putManifest } from "../distribution/client.ts";
import { remoteDigest, retry } from "../distribution/daemon.ts";
import { signMissing } from "../signing/sign.ts";
import { openSigner } from "../signing/signer.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { StepError } from "../step/error.ts";
import { sha256 } from "../step/file.ts";
import { runStep } from "../step/step.ts";
import { INDEX_TYPE, imageIndex } from "./content.ts";
import { indexStep } from "./step.ts";

const { IMAGE: image, IMAGES, ALIASES, SIGNING } = readInputs(indexStep);

await runStep<ResultOf<typeof indexStep>>(async ({ signal, progress }) => {
	// A key that is not there must not be found out when everything is pushed.
	const signer = SIGNING === undefined ? undefined : await openSigner(SIGNING);
	const content = await retry(() => imageIndex(IMAGES), signal);
	const digest = `sha256:${sha256(content)}`;
	const published = await remoteDigest(image, signal);
	if (published !== undefined && published !== digest)
		throw new StepError(
			`${image} is published with other content (${published}), and a published tag never moves`,
			"somebody pushed an image for one of its platforms anew: raise packageRelease",
		);
	// The index first: an alias never leads to what is not there under its own name.
	for (const name of [image, ...ALIASES]) {
		if ((name === image ? published : await remoteDigest(name, signal)) === digest) continue;
		progress(`push ${name}`);
		await retry(() => putManifest(name, content, INDEX_TYPE), signal);
	}
	if (signer !== undefined) await signMissing({ image, digest, files: [] }, signer, signal);
	return { digest };
});
