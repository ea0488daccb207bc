import { createRequire } from "node:module";
import { type Bundle, bundleFromJSON, isBundleWithMessageSignature } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { DEFAULT_MIRROR_URL, getTrustedRoot } from "@sigstore/tuf";
import { type Signer, toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { StepError } from "../../components/step/error.ts";
import type { ReleaseManager } from "../../stacks/cpython.ts";

/** The keys of sigstore's authorities and logs, and where they are from. */
export interface TrustRoot {
	readonly root: TrustedRoot;
	readonly from: string;
}

/**
 * The keys of sigstore's public instance, by TUF, which also tells which ones are no longer good. Where
 * its repository cannot be reached, those that came with the npm package, pinned by package-lock.json.
 */
export async function publicTrustRoot(): Promise<TrustRoot> {
	try {
		return { root: await getTrustedRoot(), from: "sigstore's TUF repository" };
	} catch (error) {
		const reason = `${DEFAULT_MIRROR_URL}: ${(error as Error).message}`;
		return {
			root: packagedRoot(),
			from: `the npm package @sigstore/tuf, since TUF failed (${reason})`,
		};
	}
}

/** The keys of the public instance at the time when the npm package was made. */
export function packagedRoot(): TrustedRoot {
	const seeds = createRequire(import.meta.url)("@sigstore/tuf/seeds.json") as Record<
		string,
		{ targets: { "trusted_root.json": string } } | undefined
	>;
	const target = seeds[DEFAULT_MIRROR_URL]?.targets["trusted_root.json"] ?? "";
	return TrustedRoot.fromJSON(JSON.parse(Buffer.from(target, "base64").toString()));
}

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
