import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { BUNDLE_TYPE } from "../../components/sbom/media-types.ts";
import { signMissing, unsignedStatements } from "../../components/signing/sign.ts";
import { type ImageSigner, keyless, openSigner } from "../../components/signing/signer.ts";
import { BOM, PROVENANCE, SIGNATURE } from "../../components/signing/statements.ts";
import type { Trust } from "../../components/signing/verify.ts";
import { sha256 } from "../../components/step/file.ts";
import { MemoryRegistry } from "../../tests/memory-registry.ts";
import { Sigstore } from "../../tests/sigstore.ts";
import { verifyImage } from "./verify.ts";

const IDENTITY = "https://github.com/team/python/.github/workflows/deploy.yml@refs/heads/main";
const ISSUER = "https://token.actions.githubusercontent.com";
const CONFIG = "{}";
const MANIFEST = JSON.stringify({
	schemaVersion: 2,
	config: { digest: `sha256:${sha256(CONFIG)}` },
});
const ALL = [SIGNATURE, PROVENANCE, BOM];

let registry: MemoryRegistry;
let folder: string;
let image: string;
let digest: string;
let files: string[];
let own: ImageSigner;
let trust: Trust;

beforeEach(async () => {
	registry = new MemoryRegistry({ open: true });
	image = `${await registry.start()}/team/x:1`;
	registry.put(Buffer.from(CONFIG));
	digest = registry.put(Buffer.from(MANIFEST));
	registry.tags.set("1", digest);
	folder = mkdtempSync(join(tmpdir(), "verify-"));
	files = [join(folder, "x.cdx.json"), join(folder, "x.intoto.json")];
	writeFileSync(files[0] ?? "", '{"components":[{"purl":"pkg:deb/debian/libc6@2.36"}]}');
	writeFileSync(
		files[1] ?? "",
		JSON.stringify({
			_type: "https://in-toto.io/Statement/v1",
			subject: [{ name: image, digest: { sha256: "id" } }],
			predicateType: PROVENANCE,
			predicate: { buildDefinition: { resolvedDependencies: [{ uri: "pkg:x/base" }] } },
		}),
	);
	own = await newSigner("own");
	trust = { kind: "key", publicKey: own.publicKey as KeyObject };
});
afterEach(() => {
	vi.unstubAllEnvs();
	registry.stop();
	rmSync(folder, { recursive: true });
});

async function newSigner(name: string): Promise<ImageSigner> {
	const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
	const file = join(folder, `${name}.pem`);
	writeFileSync(file, privateKey.export({ format: "pem", type: "pkcs8" }));
	return openSigner(file);
}

const types = async (signer: ImageSigner) =>
	(await unsignedStatements({ image, digest, files }, signer)).map(
		({ predicateType }) => predicateType,
	);

/** What is stored of the signature of a statement. */
function bundleOf(predicateType: string): { digest: string; manifest: string; bundle: Buffer } {
	for (const [manifest, content] of registry.contents) {
		if (!content.includes(BUNDLE_TYPE) || !content.includes(`"${predicateType}"`)) continue;
		const { layers } = JSON.parse(content.toString()) as { layers: [{ digest: string }] };
		const bundle = registry.contents.get(layers[0].digest);
		if (bundle !== undefined) return { digest: layers[0].digest, manifest, bundle };
	}
	throw new Error(`no signature of ${predicateType}`);
}

/** Put another bundle in the place of one, as who may push can. */
function replaceBundle(predicateType: string, change: (text: string) => string): void {
	const { digest: blob, manifest, bundle } = bundleOf(predicateType);
	const changed = registry.put(Buffer.from(change(bundle.toString())));
	const content = registry.contents.get(manifest)?.toString() ?? "";
	registry.contents.delete(manifest);
	registry.put(Buffer.from(content.replace(blob, changed)));
}

/** Change what a bundle's statement says. */
const changePayload = (change: (text: string) => string) => (text: string) => {
	const bundle = JSON.parse(text) as { dsseEnvelope: { payload: string } };
	const payload = Buffer.from(bundle.dsseEnvelope.payload, "base64").toString();
	bundle.dsseEnvelope.payload = Buffer.from(change(payload)).toString("base64");
	return JSON.stringify(bundle);
};

describe("by a key", () => {
	it("an image, its SBOM and its provenance are signed once, and what is lost again", async () => {
		expect(await types(own)).toEqual([SIGNATURE, BOM, PROVENANCE]);
		await signMissing({ image, digest, files }, own);
		expect(await types(own)).toEqual([]);
		expect([...registry.tags.keys()]).toEqual(["1"]);
		const verified = await verifyImage(image, trust);
		expect(verified).toMatchObject({
			digest,
			madeFrom: ["pkg:x/base"],
			components: ["pkg:deb/debian/libc6@2.36"],
		});
		registry.contents.delete(bundleOf(BOM).manifest);
		expect(await types(own)).toEqual([BOM]);
		await signMissing({ image, digest, files }, own);
		expect(await verifyImage(`${image}@${digest}`, trust)).toEqual(verified);
	});

	it("what another signed is signed again, and nothing of it is believed", async () => {
		const other = await newSigner("other");
		writeFileSync(files[0] ?? "", '{"components":[]}');
		await signMissing({ image, digest, files }, other);
		expect(await types(own)).toHaveLength(ALL.length);
		await signMissing({ image, digest, files: [] }, own);
		expect((await verifyImage(image, trust)).components).toBeUndefined();
	});

	it.each([
		[
			"its config is another",
			() => registry.contents.set(`sha256:${sha256(CONFIG)}`, Buffer.from("x")),
			/blobs\/sha256:\w+ is damaged/,
		],
		[
			"its manifest is another",
			() => registry.tags.set("1", registry.put(Buffer.from('{"schemaVersion":2}'))),
			/has no signature/,
		],
		[
			"its signature is damaged",
			() => registry.contents.set(bundleOf(SIGNATURE).digest, Buffer.from("{}")),
			/is damaged/,
		],
		[
			"its signature is no bundle",
			() => replaceBundle(SIGNATURE, () => "{}"),
			/it is no sigstore bundle/,
		],
		[
			"its signature was of another image",
			() =>
				replaceBundle(
					SIGNATURE,
					changePayload((text) => text.replace(/[0-9a-f]{64}/, "0".repeat(64))),
				),
			/it is of another image/,
		],
		[
			"its signature says more than was signed",
			() =>
				replaceBundle(
					SIGNATURE,
					changePayload((text) => text.replace("{}", '{"x":1}')),
				),
			/signature verification failed/,
		],
	] as const)("an image is refused when %s", async (_, tamper, message) => {
		await signMissing({ image, digest, files }, own);
		tamper();
		await expect(verifyImage(image, trust)).rejects.toThrow(message);
	});

	it.each([
		["SBOM", BOM, "libc6", { components: undefined }],
		["provenance", PROVENANCE, "pkg:x/base", { madeFrom: undefined }],
	] as const)("a %s that was changed is not believed", async (_, type, text, told) => {
		await signMissing({ image, digest, files }, own);
		replaceBundle(
			type,
			changePayload((payload) => payload.replace(text, "other")),
		);
		expect(await verifyImage(image, trust)).toMatchObject(told);
	});

	it("an image of another key is refused", async () => {
		await signMissing({ image, digest, files }, own);
		const { publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
		await expect(verifyImage(image, { kind: "key", publicKey })).rejects.toThrow(
			/signature verification failed; do not run it/,
		);
	});
});

describe("by a certificate", () => {
	let sigstore: Sigstore;
	let certificate: Extract<Trust, { kind: "certificate" }>;
	beforeAll(async () => {
		sigstore = await Sigstore.start();
		const root = sigstore.trustedRoot;
		certificate = { kind: "certificate", identity: IDENTITY, issuer: ISSUER, root };
	});
	afterAll(() => sigstore.stop());

	async function signKeyless(): Promise<void> {
		vi.stubEnv("SIGSTORE_ID_TOKEN", sigstore.token({ identity: IDENTITY, issuer: ISSUER }));
		const signer = keyless({ fulcioBaseURL: sigstore.url, rekorBaseURL: sigstore.url });
		await signMissing({ image, digest, files }, signer);
		expect(await types(signer)).toEqual([]);
	}

	it("an image is signed by whom the job's token names", async () => {
		await signKeyless();
		expect(await verifyImage(image, certificate)).toMatchObject({ madeFrom: ["pkg:x/base"] });
	});

	it("an image of somebody else is refused, and of a key", async () => {
		await signKeyless();
		const other = { ...certificate, identity: "https://github.com/other" };
		await expect(verifyImage(image, other)).rejects.toThrow(`it is of ${IDENTITY}, by ${ISSUER}`);
		await expect(verifyImage(image, trust)).rejects.toThrow("it is by a certificate, and no key");
		const publicKey = createPublicKey(
			generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
		);
		await expect(verifyImage(image, { kind: "key", publicKey })).rejects.toThrow("do not run it");
	});

	it("an image is refused whose authority is no longer good", async () => {
		await signKeyless();
		const root = structuredClone(sigstore.trustedRoot);
		for (const authority of root.certificateAuthorities)
			authority.validFor = { start: new Date(0), end: new Date(1) };
		await expect(verifyImage(image, { ...certificate, root })).rejects.toThrow("do not run it");
	});

	it("nobody signs without a token", async () => {
		const signer = keyless({ fulcioBaseURL: sigstore.url, rekorBaseURL: sigstore.url });
		await expect(signMissing({ image, digest, files }, signer)).rejects.toThrow(
			/^signing fails: .*; keyless signs in a CI job that has an OpenID token/,
		);
	});
});
