import { existsSync, readFileSync } from "node:fs";
import * as openpgp from "openpgp";
import { StepError } from "../../components/step/error.ts";
import type { ReleaseManager } from "../../stacks/cpython.ts";
import { keyFile } from "./signature.ts";

/*
 * OpenPGP.js and not the system's gpgv: trixie no longer installs that, and it has no say for a key
 * that has expired since. OpenPGP.js judges a key by the time of the signature, as a release needs
 * it, and refuses signatures over MD5 and SHA-1.
 */

/**
 * Check the detached GPG signature of a tarball.
 *
 * @param managers who may have signed it.
 * @param keys the folder of their keys.
 * @returns who did.
 * @throws StepError where none of them did, by a key that was valid then.
 */
export async function checkGpg(
	tarball: Buffer,
	signature: Buffer,
	managers: readonly ReleaseManager[],
	keys: string,
): Promise<string> {
	const detached = await readSignature(signature);
	const reasons: string[] = [];
	for (const { name, gpg } of managers) {
		if (gpg === undefined) continue;
		if (!existsSync(keyFile(keys, gpg))) {
			reasons.push(`the key of ${name} is not here`);
			continue;
		}
		const key = await readKey(keyFile(keys, gpg), gpg);
		const problem = await findProblem(tarball, detached, key);
		if (problem === undefined) return `${name} (GPG key ${gpg})`;
		reasons.push(`by the key of ${name}: ${problem}`);
	}
	const signers = detached.getSigningKeyIDs().map((id) => id.toHex().toUpperCase());
	throw new StepError(
		`the GPG signature, by key ${signers.join(", ")}, does not verify: ${reasons.join("; ")}`,
		`if that key is a release manager's and missing, or renewed, put it into ${keys}; otherwise do not use this tarball`,
	);
}

async function readSignature(signature: Buffer): Promise<openpgp.Signature> {
	try {
		return await openpgp.readSignature({ armoredSignature: signature.toString() });
	} catch (error) {
		throw new StepError(
			`the GPG signature cannot be read: ${(error as Error).message}`,
			"fetch it again",
		);
	}
}

/**
 * The one key of a file.
 *
 * @throws StepError where the file holds anything but the public key with this fingerprint.
 */
export async function readKey(file: string, fingerprint: string): Promise<openpgp.Key> {
	const remedy = `export it again: gpg --armor --export ${fingerprint} >${file}`;
	let found: openpgp.Key[];
	try {
		found = await openpgp.readKeys({ armoredKeys: readFileSync(file, "utf8") });
	} catch (error) {
		throw new StepError(`${file} cannot be read: ${(error as Error).message}`, remedy);
	}
	const [key] = found;
	if (key === undefined || found.length > 1 || key.isPrivate())
		throw new StepError(`${file} does not hold one public key alone`, remedy);
	const actual = key.getFingerprint().toUpperCase();
	if (actual !== fingerprint) throw new StepError(`${file} holds the key ${actual}`, remedy);
	return key;
}

/** Why the signature is not one of the tarball by the key; undefined if it is. */
async function findProblem(
	tarball: Buffer,
	signature: openpgp.Signature,
	key: openpgp.Key,
): Promise<string | undefined> {
	const message = await openpgp.createMessage({ binary: tarball, format: "binary" });
	const { signatures } = await openpgp.verify({
		message,
		signature,
		verificationKeys: [key],
		format: "binary",
	});
	let problem = "it has no signature";
	for (const { verified } of signatures) {
		try {
			await verified;
			return undefined;
		} catch (error) {
			problem = (error as Error).message;
		}
	}
	return problem;
}
