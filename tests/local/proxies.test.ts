import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeContainer, runContainer } from "../../components/step/container.ts";
import { withStep } from "../../components/step/step.ts";
import { docker, removeImages } from "./checkout.ts";

/*
 * A machine whose Docker config has proxies with a password: containers and builds have them while they
 * run, and nothing of them is in an image. The images are small ones, with this machine's own shell.
 */

const SECRET = "hunter2";
const PROXY = `http://user:${SECRET}@proxy.invalid:3128`;
const repository = `localhost/debian-python/proxies-${randomBytes(4).toString("hex")}`;
const folder = mkdtempSync(join(tmpdir(), "proxies-"));
const [from, packages] = [`${repository}:from`, `${repository}:packages`];

beforeAll(() => {
	const config = join(folder, "config");
	mkdirSync(join(config, "contexts"), { recursive: true });
	const proxies = { default: { httpProxy: PROXY, httpsProxy: PROXY, noProxy: "localhost" } };
	const auths = { "registry.invalid": { auth: "dTpw" } };
	writeFileSync(join(config, "config.json"), JSON.stringify({ proxies, auths }));
	process.env.DOCKER_CONFIG = config;
	const root = join(folder, "root");
	const libraries = execFileSync("ldd", ["/bin/sh"], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
	for (const made of ["mnt", "packages"]) mkdirSync(join(root, made), { recursive: true });
	// cat is what the lifeline of a container waits with.
	execFileSync("cp", ["--dereference", "--parents", "/bin/sh", "/bin/cat", ...libraries, root]);
	importFolder(root, from, "ENV PATH=/bin");
	importFolder(root, packages);
	mkdirSync(join(folder, "context"));
});
afterAll(() => {
	delete process.env.DOCKER_CONFIG;
	removeImages(repository);
	rmSync(folder, { recursive: true });
});

function importFolder(root: string, image: string, ...changes: string[]): void {
	const input = execFileSync("tar", ["--create", `--directory=${root}`, "."], { maxBuffer: 1e9 });
	const args = ["import", ...changes.map((change) => `--change=${change}`), "-", image];
	execFileSync("docker", args, { input });
}

/** Commit an image whose install script is this one. */
async function commit(image: string, script: string) {
	writeFileSync(join(folder, "context/install"), `set -eu\n${script}\n`);
	const { exitCode, stderr } = await execa("node", ["components/commit/run.ts"], {
		reject: false,
		env: {
			IMAGE: image,
			FROM: from,
			PACKAGES: packages,
			CONTEXT: join(folder, "context"),
			ARGUMENTS: '["an argument"]',
			CHANGES: '["CMD [\\"sh\\"]","ENV LANG=C.UTF-8"]',
			LABELS: '{"title":"x"}',
			ALIASES: "[]",
			GATES: "[]",
			PATHS: "[]",
			PLATFORM: "linux/amd64",
		},
	});
	return { exitCode, stderr };
}

/** All that a registry would get of an image, but for the content of its layers. */
function metadata(image: string): string {
	const [inspected] = JSON.parse(docker("image", "inspect", image)) as [object];
	const history = docker("image", "history", "--no-trunc", "--format", "{{json .}}", image);
	return `${JSON.stringify(inspected)}${history}`;
}

describe("a container", () => {
	const environment = (...options: string[]) =>
		withStep(AbortSignal.timeout(60_000), async (step) => {
			const container = await makeContainer(step, from, ["/bin/sh", "-c", "export"], options);
			const lines: string[] = [];
			await runContainer(step, container, (line) => lines.push(line));
			return lines.join("\n");
		});

	it("has the proxies where it has a network", async () => {
		expect(await environment()).toContain(`HTTP_PROXY='${PROXY}'`);
		expect(await environment("--network=none")).not.toContain(SECRET);
	});
});

describe("docker commit", () => {
	it("has the proxies while the script runs, and not in the image", async () => {
		const image = `${repository}:clean`;
		const script = `[ "$1" = "an argument" ]
			[ "$HTTP_PROXY $https_proxy $no_proxy" = "${PROXY} ${PROXY} localhost" ]`;
		expect(await commit(image, script)).toMatchObject({ exitCode: 0 });
		const config = docker("image", "inspect", "--format", "{{json .Config}}", image);
		expect(JSON.parse(config)).toMatchObject({
			Env: ["PATH=/bin", "LANG=C.UTF-8"],
			Cmd: ["sh"],
			Labels: {
				title: "x",
				"debian-python.deb.sha256": "",
				"debian-python.project": "debian-python",
			},
		});
		expect(metadata(image)).not.toMatch(new RegExp(`${SECRET}|proxy.invalid`));
	});

	it("that keeps more than the program sets makes no image", async () => {
		// A client that adds to each container, as one with proxies does.
		const client = execFileSync("sh", ["-c", "command -v docker"], { encoding: "utf8" }).trim();
		const path = join(folder, "bin");
		mkdirSync(path);
		const script = `#!/bin/sh
			[ "$1" != create ] || { shift; set -- create --env "https_proxy=${PROXY}" "$@"; }
			exec ${client} "$@"`;
		writeFileSync(join(path, "docker"), script, { mode: 0o755 });
		const before = process.env.PATH;
		process.env.PATH = `${path}:${before}`;
		const ended = await commit(`${repository}:leaky`, "").finally(() => {
			process.env.PATH = before;
		});
		expect(ended.stderr).toMatch(
			/^error: gate config: Env has https_proxy, which neither .*; look/m,
		);
		expect(ended.stderr).not.toContain(SECRET);
		expect(ended.exitCode).toBe(1);
		expect(docker("image", "ls", "--quiet", `${repository}:leaky`)).toBe("");
	});
});

describe("an image that has proxies", () => {
	it("of the machine that made it is not reused, and its password not told", async () => {
		const image = `${repository}:stray`;
		const container = docker("create", from, "sh");
		docker("commit", container, image);
		docker("rm", container);
		expect(metadata(image)).toContain(SECRET);
		const { exitCode, stderr } = await commit(image, "");
		expect(exitCode).toBe(1);
		expect(stderr).toMatch(
			/^error: the image \S+:stray has HTTPS_PROXY, .* in its environment, .*; change that password, remove/m,
		);
		expect(stderr).not.toContain(SECRET);
	});

	it("under its former name is not taken over", async () => {
		const image = `${repository}:former`;
		const former = image.replace("localhost/", "");
		try {
			docker("tag", `${repository}:stray`, former);
			expect(await commit(image, "")).toMatchObject({ exitCode: 0 });
			expect(metadata(image)).not.toContain(SECRET);
		} finally {
			docker("image", "rm", former);
		}
	});

	it("since its base names them is one like any other", async () => {
		const image = `${repository}:company`;
		await build(image, "ENV http_proxy=http://proxy.example.com", "0");
		expect(await commit(image, "")).toMatchObject({ exitCode: 0 });
	});
});

describe("docker build", () => {
	it.each([
		["classic", "0"],
		["BuildKit", "1"],
	])("has the proxies while it runs, and not in the image: %s", async (name, buildkit) => {
		const image = `${repository}:${name.toLowerCase()}`;
		const built = await build(image, 'RUN [ -n "$http_proxy" ] && [ -n "$HTTPS_PROXY" ]', buildkit);
		// A client may be without BuildKit.
		if (built.exitCode !== 0 && /buildx/.test(built.stderr)) return;
		expect(built).toMatchObject({ exitCode: 0 });
		const env = docker("image", "inspect", "--format", "{{json .Config.Env}}", image);
		expect(JSON.parse(env)).toEqual(["PATH=/bin"]);
		expect(metadata(image)).not.toContain(SECRET);
	});
});

async function build(image: string, instructions: string, buildkit: string) {
	const { exitCode, stderr } = await execa("docker", ["build", `--tag=${image}`, "-"], {
		input: `FROM ${from}\n${instructions}\n`,
		env: { DOCKER_BUILDKIT: buildkit },
		reject: false,
	});
	return { exitCode, stderr };
}
