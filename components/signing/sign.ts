import { bundleToJSON } from "@sigstore/bundle";
import { DSSEBundleBuilder } from "@sigstore/sign";
import { retry } from "../distribution/daemon.ts";
import { readReferrers } from "../distribution/referrers.ts";
import { type Artefact, attachArtefacts } from "../sbom/attach.ts";
import { BUNDLE_TYPE } from "../sbom/media-types.ts";
import { StepError } from "../step/error.ts";
import type { ImageSigner } from "./signer.ts";
import { type SignableStatement, statementsOf } from "./statements.ts";
import { PAYLOAD_TYPE, parseBundle, verifyBundle } from "./verify.ts";

/** What {@link signMissing} signs. */
export interface SignArgs {
	/** The image's name, with its registry. */
	readonly image: string;
	/** Of its manifest there, `sha256:...`. */
	readonly digest: string;
	/** Its SBOM and its provenance, as far as they are there. */
	readonly files: readonly string[];
}

/**
 * Sign an image, its SBOM and its provenance, as far as that signer did not: sigstore bundles, attached
 * to the image.
 *
 * @throws StepError that names what fails and the remedy.
 */
export async function signMissing(
	args: SignArgs,
	signer: ImageSigner,
	signal?: AbortSignal,
): Promise<void> {
	const { image, digest } = args;
	await retry(async () => {
		// One after the other: a public log takes few requests at once.
		for (const statement of await unsignedStatements(args, signer))
			await attachArtefacts(image, digest, [await signStatement(statement, signer)]);
	}, signal);
}

/** What of an image that signer did not sign yet. */
export async function unsignedStatements(
	{ image, digest, files }: SignArgs,
	signer: ImageSigner,
): Promise<SignableStatement[]> {
	const { contents } = await readReferrers(image, digest, BUNDLE_TYPE);
	const signed = contents.flatMap((bundle) => signedType(bundle, digest, signer) ?? []);
	return statementsOf(image, digest, files).filter(
		({ predicateType }) => !signed.includes(predicateType),
	);
}

/** What a bundle is a signature of, where that signer made it; of those with a certificate any one did. */
function signedType(
	bundle: Buffer,
	digest: string,
	{ publicKey }: ImageSigner,
): string | undefined {
	try {
		if (publicKey !== undefined)
			return verifyBundle(bundle, digest, { kind: "key", publicKey }).predicateType;
		const { certified, statement } = parseBundle(bundle, digest);
		return certified ? statement.predicateType : undefined;
	} catch {
		// Another's, which is no matter of ours.
		return undefined;
	}
}

async function signStatement(
	{ predicateType, content }: SignableStatement,
	{ signer, witnesses }: ImageSigner,
): Promise<Artefact> {
	const { subject, predicate } = await content();
	const statement = { _type: "https://in-toto.io/Statement/v1", subject, predicateType, predicate };
	const builder = new DSSEBundleBuilder({ signer, witnesses: [...witnesses] });
	const artifact = { data: Buffer.from(JSON.stringify(statement)), type: PAYLOAD_TYPE };
	const bundle = await builder.create(artifact).catch((error: unknown) => {
		if (error instanceof StepError) throw error;
		const { message, cause } = error as Error;
		throw new StepError(
			`signing fails: ${message}${cause instanceof Error ? ` (${cause.message})` : ""}`,
			"keyless signs in a CI job that has an OpenID token (GitHub: permissions id-token: write); elsewhere name a key in signing",
		);
	});
	// cosign takes it for another kind of key's name, and looks at no signature of that.
	for (const signature of bundle.content.dsseEnvelope.signatures) signature.keyid = "";
	return {
		what: `the signature of ${predicateType}`,
		content: Buffer.from(JSON.stringify(bundleToJSON(bundle))),
		mediaType: BUNDLE_TYPE,
		// By them cosign finds it (cosign, specs/BUNDLE_SPEC.md).
		annotations: {
			"dev.sigstore.bundle.content": "dsse-envelope",
			"dev.sigstore.bundle.predicateType": predicateType,
		},
	};
}
