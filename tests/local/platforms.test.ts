import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canEmulate } from "../../components/step/emulation.ts";
import { Checkout, docker, type Ended, removeImages } from "./checkout.ts";
import { writeHello } from "./hello.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * A stack of two platforms, of which one is emulated, on a registry, with an app and signed. Where the kernel
 * emulates nothing it cannot be made.
 */

const MINUTE = 60_000;
const PLATFORMS = 'platforms=["linux/amd64", "linux/arm64"]';
const kernel = execFileSync("uname", ["-r"], { encoding: "utf8" }).trim();
const emulates = canEmulate("arm64", kernel) === true;
if (!emulates) console.warn("skipped: this machine runs no programs of arm64 (qemu-user-static)");

interface Published {
	readonly name: string;
	readonly digest: string;
	readonly platforms: Readonly<Record<string, { readonly name: string; readonly digest: string }>>;
}

interface Outputs {
	readonly images: Readonly<Record<string, Published>>;
	readonly apps: Readonly<Record<string, Published>>;
	readonly pythons: Readonly<
		Record<string, { readonly platforms: Readonly<Record<string, { readonly package: Deb }>> }>
	>;
}

interface Deb {
	readonly file: string;
	readonly sha256: string;
	readonly architecture: string;
}

let folder: string;
let registry: TestRegistry;
let checkout: Checkout;
let repository: string;
let outputs: Outputs;

function run(...args: string[]): Promise<Ended> {
	return checkout.run([
		...["-c", "platform=", "-c", PLATFORMS],
		...["-c", `registry=${repository}`, "-c", 'apps=["hello"]'],
		...["-c", `signing=${join(folder, "key.pem")}`, ...args],
	]);
}

describe.skipIf(!emulates)("a stack of two platforms", () => {
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "platforms-"));
		const key = join(folder, "key.pem");
		const curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
		execFileSync("openssl", ["genpkey", ...curve, "-out", key], { stdio: "pipe" });
		execFileSync("openssl", ["pkey", "-in", key, "-pubout", "-out", join(folder, "key.pub")]);
		registry = await startRegistry();
		process.env.DOCKER_CONFIG = registry.login();
		repository = `${registry.host}/team/python`;
		checkout = new Checkout();
		writeHello(checkout);
		await seedImages(checkout, repository, upTo("wheelbuild"));
		const { exitCode, stdout, stderr } = await run("--json");
		if (exitCode !== 0) throw new Error(stderr);
		outputs = JSON.parse(stdout);
	}, 30 * MINUTE);
	afterAll(() => {
		removeImages(repository);
		checkout.remove();
		registry.stop();
		rmSync(folder, { recursive: true });
	});

	/** What an image prints. */
	const container = (name: string, platform: string, ...command: string[]) =>
		docker("run", "--rm", "--network=none", `--platform=${platform}`, name, ...command);

	/**
	 * What a platform's image of an index prints, as an engine gets it that does not know it: without the
	 * containerd image store one has a single platform's under a name, and under the digest.
	 */
	function pulled(index: Published, name: string, platform: string, ...command: string[]): string {
		docker("pull", "--quiet", `--platform=${platform}`, name);
		try {
			return container(name, platform, ...command);
		} finally {
			for (const each of new Set([name, index.digest])) docker("image", "rm", "--force", each);
		}
	}

	it.each([
		["linux/amd64", "x86_64"],
		["linux/arm64", "aarch64"],
	])("gives to an engine of %s what is for it, by each name", (platform, machine) => {
		const { python, wheelbuild } = outputs.images;
		const { hello } = outputs.apps;
		if (!python || !wheelbuild || !hello) expect.fail("not all is published");
		const program = ["python", "-c", "import platform, ssl; print(platform.machine())"];
		for (const [index, name] of [
			[python, python.digest],
			[python, python.name],
			[python, `${repository}:python-3.13`],
			[hello, hello.digest],
			[hello, `${repository}/hello:latest`],
		] as const)
			expect(pulled(index, name, platform, ...program), name).toBe(machine);
		const code = "import markupsafe._speedups as native; print(native.__file__)";
		const path = pulled(hello, hello.digest, platform, "python", "-c", code);
		expect(path).toContain(`-${machine}-linux-gnu.so`);
		const target = pulled(wheelbuild, wheelbuild.digest, platform, "gcc", "-dumpmachine");
		expect(target).toBe(`${machine}-linux-gnu`);
	});

	it("tells the digest of the index, and of each image in it", async () => {
		const { python } = outputs.images;
		const [, digest = ""] = python?.digest.split("@") ?? [];
		const authorization = `Basic ${Buffer.from("AWS:token").toString("base64")}`;
		const accept = "application/vnd.oci.image.index.v1+json";
		const url = `http://${registry.host}/v2/team/python/manifests/${digest}`;
		const response = await fetch(url, { headers: { authorization, accept } });
		const body = Buffer.from(await response.arrayBuffer());
		expect(`sha256:${createHash("sha256").update(body).digest("hex")}`).toBe(digest);
		const { manifests } = JSON.parse(body.toString());
		expect(manifests).toEqual(
			Object.entries(python?.platforms ?? {}).map(([platform, own]) =>
				expect.objectContaining({
					digest: own.digest.split("@")[1],
					platform: expect.objectContaining({ architecture: platform.split("/")[1] }),
				}),
			),
		);
	});

	it("has a .deb for each, whose configuration is that of a compile at home", () => {
		const packages = Object.values(outputs.pythons["3.13"]?.platforms ?? {}).map(
			(each) => each.package,
		);
		expect(packages.map(({ architecture }) => architecture)).toEqual(["amd64", "arm64"]);
		const contents = packages.map(({ file, sha256 }) => {
			const deb = readFileSync(join(checkout.folder, file));
			expect(createHash("sha256").update(deb).digest("hex")).toBe(sha256);
			const list = execFileSync("dpkg-deb", ["--contents", join(checkout.folder, file)], {
				encoding: "utf8",
			});
			const paths = list.split("\n").map((line) => line.split(/ +/)[5] ?? "");
			return paths.map((path) => path.replace(/x86_64|aarch64/, "MACHINE")).sort();
		});
		expect(contents[1]).toEqual(contents[0]);
		const variables = ["CC", "AR", "LDSHARED", "HAVE_COMPUTED_GOTOS", "SIZEOF_WCHAR_T"];
		const code = `import sysconfig; print(sysconfig.get_config_vars(*${JSON.stringify(variables)}))`;
		const { platforms = {} } = outputs.images.python ?? {};
		const [amd64, arm64] = Object.entries(platforms).map(([platform, { name }]) =>
			container(name, platform, "python", "-c", code),
		);
		expect(arm64).toBe(amd64);
	});

	it("is signed, the index as its images, which who verifies is told of", async () => {
		const args = ["commands/verify/main.ts", outputs.images.python?.digest ?? ""];
		const { stdout } = await execa("node", [...args, "--key", join(folder, "key.pub")]);
		expect(stdout).toMatch(/^ {2}has +2 images$/m);
		expect(stdout.match(/^ {2}has +1 generic, \d+ deb, 1 pypi$/gm)).toHaveLength(2);
	});

	it(
		"is measured by the image of its first platform, since a daemon has no index",
		async () => {
			const stack = ["--stack", checkout.stack, "--config", "platform=", "--config", PLATFORMS];
			const config = [...stack, "--config", `registry=${repository}`, "--output", folder];
			const { stdout } = await execa("node", ["commands/bench/main.ts", "--quick", ...config], {
				cwd: checkout.folder,
			});
			expect(JSON.parse(stdout)).toMatchObject({ means: { quick: expect.any(String) } });
		},
		5 * MINUTE,
	);

	it(
		"has nothing to do in the next run",
		async () => {
			const { exitCode, stderr } = await run();
			expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/ app-hello-arm64 +reused$/m)]);
			expect(stderr).not.toMatch(/ (built|pushed)\b/);
			expect(stderr).toMatch(/^warning: platform linux\/arm64 is emulated by the Docker daemon/m);
		},
		5 * MINUTE,
	);
});
