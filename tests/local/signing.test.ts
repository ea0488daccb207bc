import { execFileSync } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetPublicKeyCommand, KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Checkout, type RunOutputs, removeImages } from "./checkout.ts";
import { startMoto, type TestAws } from "./ecr.ts";
import { type FaultyProxy, startProxy, startRegistry, type TestRegistry } from "./registry.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * A stack whose images are signed with a key, on a registry without the referrers API, and who verifies
 * them: the command, and cosign where it is on PATH.
 */

const MINUTE = 60_000;

let folder: string;
let registry: TestRegistry;
let proxy: FaultyProxy;
let checkout: Checkout;
let outputs: RunOutputs;
/** The image python, with its registry. */
let image: string;
let keys: { secret: string; public: string };

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "signing-"));
	keys = { secret: join(folder, "key.pem"), public: join(folder, "key.pub") };
	const curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
	execFileSync("openssl", ["genpkey", ...curve, "-out", keys.secret], { stdio: "pipe" });
	execFileSync("openssl", ["pkey", "-in", keys.secret, "-pubout", "-out", keys.public]);
	registry = await startRegistry();
	proxy = await startProxy(registry);
	process.env.DOCKER_CONFIG = registry.login(proxy.host);
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	outputs = await checkout.build([...config(), "--target", "python"]);
	image = outputs.images.python.name;
}, 20 * MINUTE);
afterAll(() => {
	removeImages(`${proxy.host}/team/python`);
	checkout.remove();
	proxy.stop();
	registry.stop();
	rmSync(folder, { recursive: true });
});

function config(key = keys.secret): string[] {
	return ["-c", `registry=${proxy.host}/team/python`, "-c", `signing=${key}`];
}

const sign = () => checkout.run([...config(), "--target", "python"]);

async function verify(...args: string[]) {
	const { exitCode, stdout, stderr } = await execa("node", ["commands/verify/main.ts", ...args], {
		reject: false,
	});
	return { exitCode, stdout, stderr };
}

it("who verifies learns the key and what went in, and refuses another key", async () => {
	const { exitCode, stdout } = await verify(image, "--key", keys.public);
	expect([exitCode, stdout]).toEqual([
		0,
		expect.stringMatching(/^ {2}has +1 generic, \d+ deb, 1 pypi$/m),
	]);
	expect(stdout).toMatch(/^ {2}signed by +the key \S{44}$/m);
	const other = join(folder, "other.pub");
	const pem = execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout"]);
	execFileSync("openssl", ["ec", "-pubout", "-out", other], { input: pem, stdio: "pipe" });
	expect(await verify(image, "--key", other)).toMatchObject({
		exitCode: 1,
		stderr: expect.stringMatching(
			/^error: \S+ is not signed by whom is trusted: .*; do not run it$/,
		),
	});
});

it("what is published is signed, and no cache", async () => {
	const { stderr } = await verify(outputs.images.debbase.name, "--key", keys.public);
	expect(stderr).toMatch(/^error: \S+ has no signature in its registry; do not run it$/);
	const deb = `${proxy.host}/team/python:package-${outputs.package.key}`;
	expect((await verify(deb, "--key", keys.public)).exitCode).toBe(0);
});

it(
	"it is signed once, and what is lost is signed again",
	async () => {
		const before = proxy.seen.length;
		expect((await sign()).exitCode).toBe(0);
		expect(proxy.seen.slice(before).filter((line) => /^(PUT|POST|PATCH)/.test(line))).toEqual([]);
		const { stdout } = await verify(image, "--key", keys.public);
		const digest = /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? "";
		await registry.loseAttached("team/python", digest);
		expect((await verify(image, "--key", keys.public)).exitCode).toBe(1);
		expect((await sign()).stderr).not.toContain("error");
		expect((await verify(image, "--key", keys.public)).stdout).toBe(stdout);
	},
	5 * MINUTE,
);

it(
	"a key that is none is one error, before anything is pushed",
	async () => {
		const before = proxy.seen.length;
		const args = ["-c", `registry=${proxy.host}/team/python`, "-c", `signing=${keys.public}`];
		const { exitCode, stderr } = await checkout.run([...args, "--target", "python"]);
		expect([exitCode, stderr]).toEqual([
			1,
			expect.stringMatching(
				/^error: signing: \S+ is no private key in PEM \(PKCS #8\); make one with: /m,
			),
		]);
		expect(proxy.seen.slice(before).filter((line) => /^(PUT|POST|PATCH)/.test(line))).toEqual([]);
	},
	5 * MINUTE,
);

describe("by a key of AWS KMS", () => {
	let aws: TestAws;
	let kms: KMSClient;
	beforeAll(async () => {
		aws = await startMoto();
		kms = new KMSClient({
			endpoint: aws.url,
			region: "us-east-1",
			credentials: { accessKeyId: "test", secretAccessKey: "test" },
		});
	}, 5 * MINUTE);
	afterAll(() => void aws.process.kill());

	const run = (signing: string) =>
		checkout.run([...config(signing), "--target", "python"], { ...aws.env });

	it(
		"that the stack owns: it is made once, and signs",
		async () => {
			for (let times = 0; times < 2; times++)
				expect((await run("kms")).stderr).not.toMatch(/^error: /m);
			const { Keys } = await kms.send(new ListKeysCommand());
			expect(Keys).toHaveLength(1);
			const alias = `alias/debian-python/${checkout.stack}`;
			const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: alias }));
			const der = { key: Buffer.from(PublicKey ?? []), format: "der", type: "spki" } as const;
			const file = join(folder, "kms.pub");
			writeFileSync(file, createPublicKey(der).export({ format: "pem", type: "spki" }));
			expect(await verify(image, "--key", file)).toMatchObject({ exitCode: 0 });
		},
		5 * MINUTE,
	);

	it(
		"that is not there is one error",
		async () => {
			const { exitCode, stderr } = await run("awskms:///alias/none");
			expect([exitCode, stderr]).toEqual([
				1,
				expect.stringMatching(
					/^error: signing: AWS KMS does not let awskms:\/\/\/alias\/none be used \(NotFoundException: .*\); see that /m,
				),
			]);
		},
		5 * MINUTE,
	);
});

describe("cosign", () => {
	const missing = execFileSync("sh", ["-c", "command -v cosign || :"], { encoding: "utf8" }) === "";

	it
		.skipIf(missing)
		.each([
			["verify"],
			["verify-attestation", "--type=slsaprovenance1"],
			["verify-attestation", "--type=cyclonedx"],
		])("%s %s", async (...command) => {
		const options = ["--insecure-ignore-tlog", "--allow-insecure-registry"];
		const verified = (key: string) =>
			execa("cosign", [...command, ...options, `--key=${key}`, image], { reject: false });
		const { exitCode, stderr } = await verified(keys.public);
		expect([exitCode, stderr]).toEqual([0, expect.stringContaining("signatures were verified")]);
		const pem = execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout"]);
		const other = join(folder, "stranger.pub");
		execFileSync("openssl", ["ec", "-pubout", "-out", other], { input: pem, stdio: "pipe" });
		expect((await verified(other)).exitCode).not.toBe(0);
	});
});
