import { type Bundle, bundleFromJSON, isBundleWithMessageSignature } from "@sigstore/bundle";
import { type Signer, toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import type { TrustRoot } from "../../components/signing/trust-root.ts";
import { StepError } from "../../components/step/error.ts";
import type { ReleaseManager } from "../../stacks/cpython.ts";

/**
 * Check the sigstore bundle of a tarball: the signature, the certificate with its authority and the
 * logs that have both.
 *
 * @param managers who may have signed it.
 * @returns who did.
 * @throws StepError where none of them did.
 */
export function checkSigstore(
	tarball: Buffer,
	bundle: Buffer,
	managers: readonly ReleaseManager[],
	{ root, from }: TrustRoot,
): string {
	const parsed = readBundle(bundle);
	let signer: Signer;
	try {
		signer = new Verifier(toTrustMaterial(root)).verify(toSignedEntity(parsed, tarball));
	} catch (error) {
		throw new StepError(
			`the sigstore bundle does not verify: ${(error as Error).message} (with the keys of ${from})`,
			"fetch tarball and bundle again; if it stays so, do not use this tarball",
		);
	}
	// Compared here: as a policy of the library, an identity would be a regular expression.
	const { subjectAlternativeName: identity, extensions } = signer.identity ?? {};
	const manager = managers.find(
		({ sigstore }) =>
			sigstore !== undefined &&
			sigstore.identity === identity &&
			sigstore.issuer === extensions?.issuer,
	);
	if (manager !== undefined)
		return `${manager.name} (sigstore: ${identity}, by ${extensions?.issuer})`;
	throw new StepError(
		`the sigstore bundle is signed by ${identity}, by ${extensions?.issuer}, who is no release manager of the series`,
		"do not use this tarball, unless the catalog lacks its release manager (stacks/cpython.ts)",
	);
}

function readBundle(bundle: Buffer): Bundle {
	const again = "fetch it again";
	let parsed: Bundle;
	try {
		parsed = bundleFromJSON(JSON.parse(bundle.toString()));
	} catch (error) {
		throw new StepError(`the sigstore bundle cannot be read: ${(error as Error).message}`, again);
	}
	// Anything else, such as an attestation, says nothing about the tarball by itself.
	if (!isBundleWithMessageSignature(parsed))
		throw new StepError("the sigstore bundle is not of a file's signature", again);
	return parsed;
}
