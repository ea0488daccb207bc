import { afterAll, beforeAll, expect, it } from "vitest";
import { packagedRoot, type TrustRoot } from "../../components/signing/trust-root.ts";
import type { ReleaseManager } from "../../stacks/cpython.ts";
import { Sigstore } from "../../tests/sigstore.ts";
import { checkSigstore } from "./sigstore.ts";

const tarball = Buffer.from("the bytes of a tarball");
const person = { identity: "manager@example.org", issuer: "https://accounts.example.org" };
const manager: ReleaseManager = { name: "The Manager", sigstore: person };
let sigstore: Sigstore;
let root: TrustRoot;
let bundle: Buffer;

beforeAll(async () => {
	sigstore = await Sigstore.start();
	root = { root: sigstore.trustedRoot, from: "this test" };
	bundle = await sigstore.sign(tarball, person);
});
afterAll(() => sigstore.stop());

it("a release manager's signature is accepted", () => {
	const others: ReleaseManager = { name: "Another", gpg: "0".repeat(40) };
	expect(checkSigstore(tarball, bundle, [others, manager], root)).toBe(
		"The Manager (sigstore: manager@example.org, by https://accounts.example.org)",
	);
});

it("a changed tarball is refused", () => {
	const changed = Buffer.from(tarball);
	changed.writeUInt8(0, 0);
	expect(() => checkSigstore(changed, bundle, [manager], root)).toThrow(
		/^the sigstore bundle does not verify: .* do not use this tarball$/,
	);
});

it.each([
	["another identity", { ...person, identity: "someone@example.org" }],
	["the identity within a longer one", { ...person, identity: "manager@example.org.evil.example" }],
	["what the identity is as a regular expression", { ...person, identity: "manager@exampleXorg" }],
	["the identity, vouched for by another issuer", { ...person, issuer: "https://evil.example" }],
])("%s is refused", async (_, signer) => {
	const signed = await sigstore.sign(tarball, signer);
	expect(() => checkSigstore(tarball, signed, [manager], root)).toThrow(
		`is signed by ${signer.identity}, by ${signer.issuer}, who is no release manager`,
	);
});

it("another authority's certificate is refused", async () => {
	const other = await Sigstore.start();
	try {
		const signed = await other.sign(tarball, person);
		expect(() => checkSigstore(tarball, signed, [manager], root)).toThrow("does not verify");
	} finally {
		other.stop();
	}
});

it("an entry of another log is refused", async () => {
	const other = await Sigstore.start();
	other.stop();
	const { certificateAuthorities, ctlogs } = root.root;
	const mixed = { ...other.trustedRoot, certificateAuthorities, ctlogs };
	expect(() =>
		checkSigstore(tarball, bundle, [manager], { root: mixed, from: "this test" }),
	).toThrow("does not verify");
});

it("an attestation, even of the tarball's bytes, is no signature of it", async () => {
	const attested = await sigstore.attest(tarball, person);
	expect(() => checkSigstore(tarball, attested, [manager], root)).toThrow(
		"is not of a file's signature",
	);
});

it.each(["", "<html></html>", "{}", "null"])("%j is no bundle", (text) => {
	expect(() => checkSigstore(tarball, Buffer.from(text), [manager], root)).toThrow(
		/^the sigstore bundle cannot be read: .*; fetch it again$/,
	);
});

it("without a network there are the public instance's keys of the npm package", () => {
	const { certificateAuthorities, ctlogs, tlogs } = packagedRoot();
	expect(certificateAuthorities.map(({ uri }) => uri)).toContain("https://fulcio.sigstore.dev");
	expect(tlogs.map(({ baseUrl }) => baseUrl)).toContain("https://rekor.sigstore.dev");
	expect(ctlogs).not.toHaveLength(0);
	expect(() =>
		checkSigstore(tarball, bundle, [manager], { root: packagedRoot(), from: "npm" }),
	).toThrow("(with the keys of npm)");
});
