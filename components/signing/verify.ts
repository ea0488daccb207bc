import type { KeyObject } from "node:crypto";
import {
	type Bundle,
	type BundleWithDsseEnvelope,
	bundleFromJSON,
	isBundleWithDsseEnvelope,
	isBundleWithPublicKey,
} from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { type Signer, toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { StepError } from "../step/error.ts";

/** Whose signature is good: of a key, or of who has a certificate. */
export type Trust =
	| { readonly kind: "key"; readonly publicKey: KeyObject }
	| {
			readonly kind: "certificate";
			/** Whom it names: for GitHub Actions the workflow's address. */
			readonly identity: string;
			/** The OpenID provider that says so, such as https://token.actions.githubusercontent.com. */
			readonly issuer: string;
			/** The keys of sigstore's authorities and logs. */
			readonly root: TrustedRoot;
	  };

/** What was signed: an in-toto statement. */
export interface SignedStatement {
	readonly predicateType: string;
	readonly predicate: unknown;
	/** Who signed it. */
	readonly by: Signer;
}

/** The type of the payload of an attestation (in-toto attestation specification, "Envelope"). */
export const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** What a bundle says, unchecked. */
export interface ParsedBundle {
	readonly bundle: BundleWithDsseEnvelope;
	/** Whether a certificate says who signed it. */
	readonly certified: boolean;
	readonly statement: {
		readonly predicateType: string;
		readonly predicate: unknown;
	};
}

/**
 * Check a sigstore bundle: its signature, who signed, and that it is of an image.
 *
 * @param digest of the image's manifest, `sha256:...`.
 * @throws StepError with the reason.
 */
export function verifyBundle(content: Buffer, digest: string, trust: Trust): SignedStatement {
	const { bundle, certified, statement } = parseBundle(content, digest);
	if (certified !== (trust.kind === "certificate"))
		throw refusal(certified ? "it is by a certificate, and no key" : "it is by a key");
	let by: Signer;
	try {
		by = verifier(trust).verify(toSignedEntity(bundle));
	} catch (error) {
		throw refusal((error as Error).message);
	}
	if (trust.kind === "certificate") {
		// Compared here: as a policy of the library, an identity would be a regular expression.
		const { subjectAlternativeName: identity, extensions } = by.identity ?? {};
		if (identity !== trust.identity || extensions?.issuer !== trust.issuer)
			throw refusal(`it is of ${identity}, by ${extensions?.issuer}`);
	}
	return { ...statement, by };
}

/**
 * Read a bundle that is of an image, if its signature is good.
 *
 * @throws StepError where it is of another one, or no attestation.
 */
export function parseBundle(content: Buffer, digest: string): ParsedBundle {
	let bundle: Bundle;
	try {
		bundle = bundleFromJSON(JSON.parse(content.toString()));
	} catch (error) {
		throw refusal(`it is no sigstore bundle (${(error as Error).message})`);
	}
	if (!isBundleWithDsseEnvelope(bundle)) throw refusal("it is of a file, and no attestation");
	const { payloadType, payload } = bundle.content.dsseEnvelope;
	if (payloadType !== PAYLOAD_TYPE) throw refusal(`it is of ${JSON.stringify(payloadType)}`);
	const { subject, predicateType, predicate } = readStatement(payload);
	const named = subject?.map((each) => `sha256:${each.digest?.sha256}`) ?? [];
	if (predicateType === undefined || !named.includes(digest))
		throw refusal(`it is of another image (${named.join(", ")})`);
	const certified = !isBundleWithPublicKey(bundle);
	return { bundle, certified, statement: { predicateType, predicate } };
}

function refusal(why: string): StepError {
	return new StepError(`a signature is not good: ${why}`);
}

function verifier(trust: Trust): Verifier {
	if (trust.kind === "certificate") return new Verifier(toTrustMaterial(trust.root));
	// No authority at all: a certificate is then as bad as another key.
	const none = TrustedRoot.fromJSON({ tlogs: [], certificateAuthorities: [], ctlogs: [] });
	const material = toTrustMaterial(none, () => ({
		publicKey: trust.publicKey,
		validFor: () => true,
	}));
	return new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
}

interface Statement {
	readonly subject?: readonly { readonly digest?: { readonly sha256?: string } }[];
	readonly predicateType?: string;
	readonly predicate?: unknown;
}

function readStatement(payload: Buffer): Statement {
	try {
		return JSON.parse(payload.toString()) as Statement;
	} catch {
		throw refusal("it is of what is no JSON");
	}
}
