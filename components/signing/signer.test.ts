import { generateKeyPairSync, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openSigner, PASSWORD } from "./signer.ts";

let folder: string;
let file: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "signer-"));
	file = join(folder, "key.pem");
});
afterEach(() => {
	vi.unstubAllEnvs();
	rmSync(folder, { recursive: true });
});

/** Write a new key's file. */
function writeKey(curve: string, passphrase?: string): void {
	const { privateKey } = generateKeyPairSync("ec", { namedCurve: curve });
	const encrypted = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
	writeFileSync(file, privateKey.export({ format: "pem", type: "pkcs8", ...encrypted }));
}

it.each([
	["of a file as it is", undefined],
	["with a password", "secret"],
])("a key %s signs", async (_, passphrase) => {
	writeKey("prime256v1", passphrase);
	if (passphrase !== undefined) vi.stubEnv(PASSWORD, passphrase);
	const { signer, publicKey, witnesses } = await openSigner(file);
	const data = Buffer.from("data");
	const { signature } = await signer.sign(data);
	expect(publicKey && verify("sha256", data, publicKey, signature)).toBe(true);
	expect(witnesses).toEqual([]);
});

it.each([
	[
		"that is not there",
		() => {},
		/^signing: \S+ cannot be read \(ENOENT\); make one with: openssl /,
	],
	[
		"of another curve",
		() => writeKey("secp384r1"),
		/^signing: \S+ is not of the elliptic curve P-256; /,
	],
	[
		"that is none",
		() => writeFileSync(file, "x"),
		/^signing: \S+ is no private key in PEM \(PKCS #8\); /,
	],
	[
		"whose password is another",
		() => {
			writeKey("prime256v1", "secret");
			vi.stubEnv(PASSWORD, "another");
		},
		/^signing: \S+ needs another password; set it in the environment as COSIGN_PASSWORD$/,
	],
] as const)("a key %s is refused", async (_, write, message) => {
	write();
	await expect(openSigner(file)).rejects.toThrow(message);
});
