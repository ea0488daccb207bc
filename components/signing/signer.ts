import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
	CIContextProvider,
	FulcioSigner,
	RekorWitness,
	type Signature,
	type Signer,
	type Witness,
} from "@sigstore/sign";
import { StepError } from "../step/error.ts";
import { AWS_KMS } from "./aws-kms.ts";

/** The environment variable with the password of a key file, as cosign has it. */
export const PASSWORD = "COSIGN_PASSWORD";

/** Who signs. */
export interface ImageSigner {
	readonly signer: Signer;
	/** The logs that are told of each signature. */
	readonly witnesses: readonly Witness[];
	/** The key; undefined where a certificate says who signed. */
	readonly publicKey: KeyObject | undefined;
}

/**
 * Who signs a stack's images.
 *
 * @param signing `keyless`: whom the OpenID token of a CI job names, by a certificate of sigstore's public
 * instance, in whose log it is told; `awskms:///...`: a key of AWS KMS; else the file of a private key.
 * Keys tell no log: names of private images are nobody's business.
 * @throws StepError that names the key and the remedy.
 */
export async function openSigner(signing: string): Promise<ImageSigner> {
	if (signing === "keyless") return keyless();
	if (signing.startsWith(AWS_KMS)) return kmsSigner(signing.slice(AWS_KMS.length));
	return fileSigner(signing);
}

/** @param urls of an own instance of sigstore; its public one by default. */
export function keyless(urls: { fulcioBaseURL?: string; rekorBaseURL?: string } = {}): ImageSigner {
	const { fulcioBaseURL, rekorBaseURL } = urls;
	const identityProvider = new CIContextProvider("sigstore");
	return {
		signer: new FulcioSigner({ identityProvider, ...(fulcioBaseURL && { fulcioBaseURL }) }),
		witnesses: [new RekorWitness({ ...(rekorBaseURL && { rekorBaseURL }) })],
		publicKey: undefined,
	};
}

async function fileSigner(file: string): Promise<ImageSigner> {
	const privateKey = await readPrivateKey(file);
	const publicKey = createPublicKey(privateKey);
	return signerOf(publicKey, async (data) => sign("sha256", data, privateKey));
}

async function readPrivateKey(file: string): Promise<KeyObject> {
	const refusal = (why: string, remedy: string) => new StepError(`signing: ${file} ${why}`, remedy);
	const make = `make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${file}`;
	let text: Buffer;
	try {
		text = await readFile(file);
	} catch (error) {
		throw refusal(`cannot be read (${(error as NodeJS.ErrnoException).code})`, make);
	}
	const passphrase = process.env[PASSWORD];
	let key: KeyObject;
	try {
		key = createPrivateKey({ key: text, ...(passphrase !== undefined && { passphrase }) });
	} catch {
		if (text.includes("BEGIN ENCRYPTED PRIVATE KEY"))
			throw refusal("needs another password", `set it in the environment as ${PASSWORD}`);
		throw refusal("is no private key in PEM (PKCS #8)", make);
	}
	if (!isP256(key)) throw refusal("is not of the elliptic curve P-256", make);
	return key;
}

/** The key stays there: what it is to sign goes to it as a hash. */
async function kmsSigner(id: string): Promise<ImageSigner> {
	const { GetPublicKeyCommand, KMSClient, SignCommand } = await import("@aws-sdk/client-kms");
	const [, region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION] =
		/^arn:[^:]+:kms:([^:]+):/.exec(id) ?? [];
	const client = new KMSClient(region === undefined ? {} : { region });
	const asked = async <T>(answer: Promise<T>): Promise<T> => {
		try {
			return await answer;
		} catch (error) {
			const { name, message } = error as Error;
			throw new StepError(
				`signing: AWS KMS does not let ${AWS_KMS}${id} be used (${name}: ${message})`,
				"see that AWS_REGION and the credentials are those of the key, with kms:Sign and kms:GetPublicKey",
			);
		}
	};
	const { PublicKey = [] } = await asked(client.send(new GetPublicKeyCommand({ KeyId: id })));
	const publicKey = createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
	if (!isP256(publicKey))
		throw new StepError(
			`signing: ${AWS_KMS}${id} is not of the elliptic curve P-256`,
			"make one of ECC_NIST_P256, for SIGN_VERIFY",
		);
	return signerOf(publicKey, async (data) => {
		const command = new SignCommand({
			KeyId: id,
			Message: createHash("sha256").update(data).digest(),
			MessageType: "DIGEST",
			SigningAlgorithm: "ECDSA_SHA_256",
		});
		return Buffer.from((await asked(client.send(command))).Signature ?? []);
	});
}

/** The curve that cosign makes its keys on. */
function isP256(key: KeyObject): boolean {
	return key.asymmetricKeyDetails?.namedCurve === "prime256v1";
}

function signerOf(publicKey: KeyObject, work: (data: Buffer) => Promise<Buffer>): ImageSigner {
	const material: Signature["key"] = {
		$case: "publicKey",
		publicKey: publicKey.export({ format: "pem", type: "spki" }).toString(),
		hint: keyHint(publicKey),
	};
	const signer = { sign: async (data: Buffer) => ({ signature: await work(data), key: material }) };
	return { signer, witnesses: [], publicKey };
}

/** What a bundle calls a key, as cosign does: the SHA-256 of it in DER. */
export function keyHint(publicKey: KeyObject): string {
	const der = publicKey.export({ format: "der", type: "spki" });
	return createHash("sha256").update(der).digest("base64");
}
