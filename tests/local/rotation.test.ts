import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StackPlan } from "../../commands/plan/plan.ts";
import { dockerPush, remoteDigest } from "../../components/distribution/daemon.ts";
import { keyOfInputs } from "../../components/step/why.ts";
import { debianReleases } from "../../stacks/debian.ts";
import { Checkout, docker, type RunOutputs, removeImages } from "./checkout.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { seedImages } from "./seed.ts";

/*
 * A stack with a registry is rotated and taken back, by its stack file alone: what the plan says
 * before is what the run then does, and what users pull by its alias follows the file.
 */

const MINUTE = 60_000;

let registry: TestRegistry;
let checkout: Checkout;
let repository: string;
/** The stack file's text to begin with. */
let original: string;

beforeAll(async () => {
	registry = await startRegistry();
	process.env.DOCKER_CONFIG = registry.login();
	checkout = new Checkout();
	repository = `${registry.host}/team/${checkout.stack}`;
	original = readFileSync(stackFile(), "utf8").replace("registry: none", `registry: ${repository}`);
	expect(original).toContain(repository);
	checkout.write(`Pulumi.${checkout.stack}.yaml`, original);
	await seedImages(checkout, repository);
}, 20 * MINUTE);
afterAll(() => {
	removeImages(repository);
	checkout.remove();
	registry.stop();
});

function stackFile(): string {
	return join(checkout.folder, `Pulumi.${checkout.stack}.yaml`);
}

/** What the plan of the stack file, with other values, says. */
async function plan(...sets: string[]): Promise<StackPlan> {
	const set = sets.flatMap((value) => ["--set", value]);
	const args = ["commands/plan/main.ts", "--stack", checkout.stack, "--json", ...set];
	const { stdout } = await execa("node", args, { cwd: checkout.folder });
	return JSON.parse(stdout) as StackPlan;
}

const ARTEFACTS = ["base", "debbase", "pybuild", "package", "python"];

/** What is said to become of each artefact. */
function fates({ artefacts }: StackPlan): Record<string, string> {
	const entries = artefacts.map(({ artefact, fate, key }) => [artefact, `${fate} ${key}`]);
	return Object.fromEntries(entries.filter(([artefact = ""]) => ARTEFACTS.includes(artefact)));
}

/** Build the stack as its file says, up to the image python; and say what became of each artefact. */
async function build(): Promise<{ outputs: RunOutputs; fates: Record<string, string> }> {
	const { exitCode, stdout, stderr } = await checkout.run(["--target", "python", "--json"]);
	expect(exitCode, stderr).toBe(0);
	const outputs = JSON.parse(stdout) as RunOutputs;
	const rows = stderr.matchAll(/^(\w+) +(built|reused)\b/gm);
	const words = { built: "build and push", reused: "reused" } as const;
	const keys: Record<string, string> = { package: outputs.package.key };
	for (const [artefact, { key }] of Object.entries(outputs.images)) keys[artefact] = key;
	const entries = [...rows].map(([, artefact = "", word]) => [
		artefact,
		`${words[word as keyof typeof words]} ${keys[artefact] ?? baseKey()}`,
	]);
	return { outputs, fates: Object.fromEntries(entries) };
}

/** The base is in no output: its key is in its name. */
function baseKey(): string {
	const names = docker("image", "ls", "--format", "{{.Tag}}", repository).split("\n");
	return names.find((tag) => tag.startsWith("base-"))?.slice("base-".length) ?? "";
}

/** What each alias leads to in the registry. */
async function aliases(): Promise<(string | undefined)[]> {
	return Promise.all(
		["python-3.13.5", "python-3.13"].map((alias) => remoteDigest(`${repository}:${alias}`)),
	);
}

describe("a stack that moves on", () => {
	const digests: string[] = [];

	/** The aliases lead to the image python of this run, which is another one than before. */
	async function expectAliases({ images }: RunOutputs): Promise<void> {
		const digest = (await remoteDigest(images.python.name)) ?? "";
		expect(digest).toMatch(/^sha256:/);
		expect(await aliases()).toEqual([digest, digest]);
		expect(digests).not.toContain(digest);
		digests.push(digest);
	}

	it(
		"is deployed",
		async () => {
			const { outputs } = await build();
			await expectAliases(outputs);
			// What the plan says of sonames is what the loader finds.
			const libraries = docker("run", "--rm", outputs.images.debbase.name, "ldconfig", "-p");
			for (const soname of debianReleases.bookworm.sonames)
				expect(libraries).toContain(`\t${soname} `);
		},
		20 * MINUTE,
	);

	it(
		"to another base does what its plan said, and compiles nothing",
		async () => {
			// The former base under another name is another base, for which nothing need be fetched.
			const base = `base=${repository}:base-${baseKey()}`;
			const planned = await plan(base);
			expect(planned).toMatchObject({ compiles: false, pythons: [{ rotation: null }] });
			expect(planned.artefacts.find(({ artefact }) => artefact === "debbase")).toMatchObject({
				fate: "build and push",
				changes: "base changed",
			});
			checkout.write(
				`Pulumi.${checkout.stack}.yaml`,
				original.replace("base: archive", base.replace("=", ": ")),
			);
			const { outputs, fates: done } = await build();
			expect(done).toEqual(fates(planned));
			expect(done.package).toMatch(/^reused/);
			await expectAliases(outputs);
		},
		10 * MINUTE,
	);

	it(
		"to another package release does what its plan said",
		async () => {
			const planned = await plan("packageRelease=2");
			expect(planned.compiles).toBe(true);
			const file = readFileSync(stackFile(), "utf8");
			checkout.write(`Pulumi.${checkout.stack}.yaml`, `${file}  debian-python:packageRelease: 2\n`);
			const key = await publishPackage({ PACKAGE_RELEASE: "2" });
			expect(planned.artefacts).toContainEqual({
				artefact: "package",
				key,
				fate: "build and push",
				changes: "PACKAGE_RELEASE 1 -> 2",
				// The package is one that another test compiled: what that compile left is not here.
				isCompiled: false,
			});
			const { outputs, fates: done } = await build();
			expect(done).toEqual({ ...fates(planned), package: `reused ${key}` });
			await expectAliases(outputs);
		},
		10 * MINUTE,
	);

	it(
		"and back is where it was, on a machine with an empty daemon, without a build",
		async () => {
			checkout.write(`Pulumi.${checkout.stack}.yaml`, original);
			removeImages(repository);
			const planned = await plan();
			expect(planned.compiles).toBe(false);
			const { fates: done } = await build();
			expect(done).toEqual(fates(planned));
			expect(Object.values(done).filter((fate) => !fate.startsWith("reused"))).toEqual([]);
			expect(Object.keys(done)).toEqual(expect.arrayContaining(ARTEFACTS));
			expect(await aliases()).toEqual([digests[0], digests[0]]);
			// What users have after `docker pull`.
			const alias = `${repository}:python-3.13`;
			docker("image", "rm", alias);
			docker("pull", "--quiet", alias);
			expect(docker("run", "--rm", alias, "python", "-c", "print('ok')")).toBe("ok");
		},
		10 * MINUTE,
	);

	/**
	 * Publish a package that was compiled with other values, without compiling it: the files are those
	 * of the former one, and the label says what it is.
	 */
	async function publishPackage(changes: Record<string, string>): Promise<string> {
		const [former = ""] = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", repository)
			.split("\n")
			.filter((name) => name.includes(":package-"));
		const label = '{{index .Config.Labels "debian-python.inputs"}}';
		const inputs = JSON.parse(docker("image", "inspect", "--format", label, former)) as object;
		const changed = { ...inputs, ...changes };
		const key = keyOfInputs(changed);
		const name = `${repository}:package-${key}`;
		const args = ["build", "--quiet", "--label", `debian-python.inputs=${JSON.stringify(changed)}`];
		execFileSync("docker", [...args, "--tag", name, "-"], {
			input: `FROM ${former}\n`,
			stdio: "pipe",
		});
		await dockerPush(name);
		return key;
	}
});

describe("a preview", () => {
	it("says what another release changes for users", { timeout: MINUTE }, async () => {
		const { stderr } = await checkout.run(["--preview", "-c", "release=trixie"]);
		expect(stderr).toMatch(/^for users, since CPython 3\.13\.5 on bookworm$/m);
		expect(stderr).toMatch(/^ {2}glibc +2\.36 -> 2\.41$/m);
		expect(stderr).toMatch(/^ {2}wheels to rebuild +none: /m);
	});

	it("says nothing of it where users see no change", { timeout: MINUTE }, async () => {
		const { stderr } = await checkout.run(["--preview", "-c", "packageRelease=3"]);
		expect(stderr).not.toContain("for users");
	});
});

describe("the registry", () => {
	it("is asked for the digest of a base that moved on", { timeout: MINUTE }, async () => {
		const alias = `${repository}:python-3.13`;
		const digest = await remoteDigest(alias);
		const pinned = `${alias}@sha256:${"0".repeat(64)}`;
		checkout.write(
			`Pulumi.${checkout.stack}.yaml`,
			original.replace("base: archive", `base: ${pinned}`),
		);
		const args = ["commands/refresh/main.ts", "--stack", checkout.stack];
		// Of pip nothing need be known: nobody answers there.
		const env = { PIP_INDEX_URL: "http://127.0.0.1:9" };
		const { stdout } = await execa("node", args, { cwd: checkout.folder, env, reject: false });
		const shown = digest?.slice(0, "sha256:".length + 12);
		expect(stdout.replaceAll(/\s+/g, " ")).toContain(
			`base ${alias}@sha256:000000000000 -> ${alias}@${shown}`,
		);
		expect(readFileSync(stackFile(), "utf8")).toContain(`base: ${alias}@${digest}\n`);
	});
});
