import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { remoteDigest } from "../../components/distribution/daemon.ts";
import { Keyring } from "../local/apt.ts";
import { Checkout, docker, removeImages } from "../local/checkout.ts";
import { startRegistry, type TestRegistry } from "../local/registry.ts";
import { seedImages } from "../local/seed.ts";
import { Deployment, engineEnvironment, type Outcome } from "./deployment.ts";
import { hasPulumi } from "./pulumi.ts";

/*
 * A stack with a registry that wants credentials, which it signs for, and with an apt repository, under
 * Pulumi's real engine. One story, as in deployment.test.ts.
 */

const MINUTE = 60_000;

interface Outputs {
	images: {
		python: { name: string; digest: string };
		wheelbuild: { name: string; digest: string };
		minimal: { name: string; digest: string };
	};
	package: { key: string; file: string; sha256: string };
}

describe.skipIf(!hasPulumi)("a stack with a registry under Pulumi's engine", () => {
	let registry: TestRegistry;
	let checkout: Checkout;
	let home: string;
	let keyring: Keyring;
	let repository: string;
	let deployment: Deployment;
	let outputs: Outputs;
	let said = "";

	/** What signs images, and the apt repository: in a folder of the stack's user. */
	const key = () => join(home, "signing.pem");
	const apt = () => join(home, "apt");

	/** The stack with the state in a folder: an empty one is a state that is lost. */
	async function open(state: string): Promise<Deployment> {
		mkdirSync(join(home, state), { recursive: true });
		return Deployment.open(checkout.folder, checkout.stack, {
			...engineEnvironment(join(home, state)),
			PULUMI_CONFIG_PASSPHRASE: "test",
			DOCKER_CONFIG: process.env.DOCKER_CONFIG ?? "",
			...keyring.env,
		});
	}

	async function stepsOf(operation: Promise<Outcome>): Promise<Outcome["steps"]> {
		const { steps, errors, said: words } = await operation;
		said += words;
		expect(errors).toEqual([]);
		return steps;
	}

	/** Lines of progress of a step that makes something. */
	const work = (words: string) => words.match(/==> (fetch|configure|run components).*/g) ?? [];
	const read = async () => (await deployment.outputs()) as unknown as Outputs;

	beforeAll(async () => {
		registry = await startRegistry();
		process.env.DOCKER_CONFIG = registry.login();
		checkout = new Checkout();
		home = mkdtempSync(join(tmpdir(), "pulumi-"));
		keyring = new Keyring();
		const curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
		execFileSync("openssl", ["genpkey", ...curve, "-out", key()], { stdio: "pipe" });
		repository = `${registry.host}/team/${checkout.stack}`;
		await seedImages(checkout, repository, ["package"]);
		deployment = await open("state");
		deployment.configure({
			registry: repository,
			variant: "minimal",
			signing: key(),
			aptRepository: apt(),
			aptKeys: [keyring.make("Packages")],
		});
	}, 20 * MINUTE);
	afterAll(() => {
		if (repository) removeImages(repository);
		checkout?.remove();
		registry?.stop();
		keyring?.remove();
		if (home) rmSync(home, { recursive: true });
	}, MINUTE);

	it(
		"pushes every image, and tells digests that can be pulled and run",
		async () => {
			const steps = await stepsOf(deployment.up());
			expect(steps).toMatchObject({ "package-push": "create", "python-image-push": "create" });
			outputs = await read();
			const { name, digest } = outputs.images.python;
			expect(digest).toBe(`${repository}@${await remoteDigest(name)}`);
			expect(await remoteDigest(`${repository}:python-3.13`)).toBe(digest.split("@")[1]);
			docker("pull", "--quiet", digest);
			expect(docker("run", "--rm", digest, "python", "-c", "print('ok')")).toBe("ok");
		},
		15 * MINUTE,
	);

	/** What tells who signed an image. */
	const verify = async (digest: string) => {
		const args = ["commands/verify/main.ts", "--key", join(home, "signing.pub"), digest];
		return (await execa("node", args, { reject: false })).stdout;
	};

	it("signs them, and publishes the .debs for apt", async () => {
		const pem = execFileSync("openssl", ["pkey", "-in", key(), "-pubout"]);
		writeFileSync(join(home, "signing.pub"), pem);
		for (const { digest } of [outputs.images.python, outputs.images.minimal])
			expect(await verify(digest)).toMatch(/^ {2}signed by +the key /m);
		const files = readdirSync(apt(), { recursive: true, encoding: "utf8" });
		expect(files).toContain("dists/bookworm/InRelease");
		expect(files.map((file) => basename(file))).toContain(basename(outputs.package.file));
	});

	it(
		"has nothing to do after that, and an empty machine with this state builds nothing",
		async () => {
			expect(await stepsOf(deployment.up())).toEqual({});
			removeImages(repository);
			expect(await stepsOf(deployment.up())).toEqual({});
			expect(await stepsOf(deployment.preview())).toEqual({});
			expect(docker("image", "ls", "--quiet", repository)).toBe("");
		},
		5 * MINUTE,
	);

	it(
		"signs again, from an empty machine, what the registry has lost the signature of",
		async () => {
			const { digest } = outputs.images.python;
			const before = await verify(digest);
			const [, sum = ""] = digest.split("@");
			await registry.loseAttached(`team/${checkout.stack}`, sum);
			expect(await verify(digest)).toBe("");
			const steps = { "python-image-sbom": "update", "python-image-push": "update" };
			expect(await stepsOf(deployment.preview())).toEqual(steps);
			expect(await stepsOf(deployment.up())).toEqual(steps);
			expect(await verify(digest)).toBe(before);
			expect(await stepsOf(deployment.up())).toEqual({});
			expect(await read()).toEqual(outputs);
			removeImages(repository);
		},
		5 * MINUTE,
	);

	it(
		"previews a second platform on a daemon of its own, and makes nothing of the first again",
		async () => {
			const host = docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}");
			const platforms = ["linux/amd64", "linux/arm64"];
			const config = { platforms, dockerHosts: [{ platform: "linux/arm64", host }] };
			const steps = await stepsOf(deployment.changed({ config }, () => deployment.preview()));
			// Of the first those have names that move, from now on to the indexes.
			const own = ["minimal-image", "minimal-push", "python-image-commit", "python-image-push"];
			const names = Object.keys(steps).filter((name) => !/-arm64|-index$/.test(name));
			expect(names.sort()).toEqual(own);
			expect(steps).toMatchObject({
				...Object.fromEntries(own.map((name) => [name, "update"])),
				"docker-arm64": "create",
				"package-arm64-build": "create",
				"apt-arm64-publish": "create",
				"python-index": "create",
			});
		},
		MINUTE,
	);

	it(
		"with a lost state and an empty machine compiles nothing and publishes nothing else",
		async () => {
			deployment = await open("lost");
			const { steps, errors, said: words } = await deployment.up();
			expect(errors).toEqual([]);
			expect(steps).toMatchObject({ "package-build": "create", "python-image-push": "create" });
			expect(work(words)).toEqual([]);
			expect(words.match(/==> push \S+:(package|python|wheelbuild)-/g) ?? []).toEqual([]);
			expect(await read()).toEqual(outputs);
		},
		15 * MINUTE,
	);

	it(
		"moves the aliases with a new image, and back with the config, without a build",
		async () => {
			const alias = `${repository}:python-3.13.5`;
			const install = join(checkout.folder, "components/python/context/install");
			const script = readFileSync(install, "utf8");
			checkout.write("components/python/context/install", `${script}# changed\n`);
			await stepsOf(deployment.up());
			const moved = await remoteDigest(alias);
			expect(moved).not.toBe(outputs.images.python.digest.split("@")[1]);
			checkout.write("components/python/context/install", script);
			const { errors, said: words } = await deployment.up();
			expect(errors).toEqual([]);
			expect(work(words)).toEqual([]);
			expect(await remoteDigest(alias)).toBe(outputs.images.python.digest.split("@")[1]);
			expect(await read()).toEqual(outputs);
		},
		15 * MINUTE,
	);

	it("has no credentials and no key in its state or words", () => {
		const states = ["state", "lost"].flatMap((folder) =>
			readdirSync(join(home, folder), { recursive: true, withFileTypes: true })
				.filter((entry) => entry.isFile())
				.map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")),
		);
		const all = [...states, said].join("\n");
		expect(all).toContain(repository);
		expect(all).not.toContain(Buffer.from("AWS:token").toString("base64"));
		for (const line of readFileSync(key(), "utf8").trim().split("\n"))
			expect(all).not.toContain(line);
	});
});
