import { execa, type Options } from "execa";
import { lastLine } from "../step/docker-error.ts";
import { StepError } from "../step/error.ts";

/*
 * gpg with the keyring of whoever publishes: a secret key never leaves it, or the card or agent that has
 * it. It is named by its fingerprint, which is no secret.
 */

/**
 * Sign a text in clear, by each of the keys (RFC 4880, "Cleartext Signature Framework").
 *
 * @throws StepError where gpg cannot.
 */
export async function clearSign(text: string, keys: readonly string[]): Promise<Buffer> {
	const users = keys.map((key) => `--local-user=${key}`);
	// SHA-512: apt refuses SHA-1, which an old gpg.conf may still prefer.
	const args = [...users, "--digest-algo=SHA512", "--clear-sign"];
	const { stdout, failed, stderr } = await gpg(args, text);
	if (!failed) return Buffer.from(stdout);
	throw new StepError(
		`gpg cannot sign with ${keys.join(", ")}: ${lastLine(stderr)}`,
		"see that gpg --list-secret-keys has each of aptKeys, and that the agent has its passphrase",
	);
}

/**
 * The text of what {@link clearSign} made, if one of the keys signed it.
 *
 * @throws StepError where none of them did.
 */
export async function readSigned(content: Buffer, keys: readonly string[]): Promise<string> {
	// It fails too where another signature is by a key that is not here.
	const { stdout, stderr } = await gpg(["--status-fd=2", "--decrypt"], content);
	// VALIDSIG ends with the fingerprint of the primary key (GnuPG, doc/DETAILS).
	const signers = [...stderr.matchAll(/^\[GNUPG:\] VALIDSIG .*?([0-9A-F]{40})$/gm)];
	if (signers.some(([, signer = ""]) => keys.includes(signer))) return stdout;
	throw new StepError(
		`the apt repository's InRelease is not signed by ${keys.join(" or ")}`,
		"have the former key in aptKeys too, until all machines know the new one; if somebody else changed it, remove it, so that its stacks publish anew",
	);
}

/**
 * Public keys, as a file for apt's Signed-By.
 *
 * @throws StepError where one is not there.
 */
export async function exportKeys(keys: readonly string[]): Promise<Buffer> {
	const args = ["--armor", "--export-options=export-minimal", "--export", ...keys];
	const { stdout } = await gpg(args);
	const { stdout: shown } = await gpg(["--with-colons", "--show-keys"], stdout);
	const missing = missingIn(shown, keys);
	if (missing.length === 0) return Buffer.from(stdout);
	throw new StepError(
		`gpg has no key ${missing.join(", ")}`,
		"import it, as with gpg --import, or write into aptKeys what gpg --list-secret-keys has",
	);
}

/**
 * See whether gpg can sign with each of the keys here: who starts what takes long is to know it before. A key
 * of a smart card counts as there.
 *
 * @throws StepError where it cannot.
 */
export async function needSecretKeys(keys: readonly string[]): Promise<void> {
	const { stdout } = await gpg(["--with-colons", "--list-secret-keys"]);
	const missing = missingIn(stdout, keys);
	if (missing.length === 0) return;
	throw new StepError(
		`gpg has no secret key ${missing.join(", ")} of aptKeys on this machine`,
		"import it",
	);
}

/** Those of the keys that a listing of gpg's, with colons, does not have. */
function missingIn(listing: string, keys: readonly string[]): string[] {
	return keys.filter((key) => !listing.includes(`:${key}:`));
}

async function gpg(args: readonly string[], input?: string | Buffer) {
	const options = { input, reject: false, stripFinalNewline: false } satisfies Options;
	const result = await execa("gpg", ["--batch", "--no-tty", ...args], options);
	if (result.code !== "ENOENT") return result;
	throw new StepError("gpg is not there", "install gpg and gpg-agent");
}
