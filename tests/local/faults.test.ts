import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeContainer, runContainer } from "../../components/step/container.ts";
import { withStep } from "../../components/step/step.ts";
import { Checkout, docker, type Ended, remains } from "./checkout.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * What goes wrong outside: each fault is one clear line and an exit code, and nothing half-made
 * stays that a later run would trust.
 */

const MINUTE = 60_000;
let checkout: Checkout;
let pybuild: string;

beforeAll(async () => {
	checkout = new Checkout({ hasStacks: true });
	await seedImages(checkout, checkout.repository, upTo("pybuild"));
	pybuild = (await checkout.build(["--target", "pybuild"])).images.pybuild.name;
}, 10 * MINUTE);
afterAll(() => checkout.remove());

/** The variables of a build that would be right. */
const VARIABLES: Readonly<Record<string, string>> = {
	PYTHON_VERSION: "3.13.5",
	SOURCE_FORMAT: "tar.xz",
	SOURCE_SHA256: "93e583f243454e6e9e4588ca2c2662206ad961659863277afcdb96801647d640",
	PACKAGE_RELEASE: "1",
	DEBIAN_NUMBER: "12",
	PROFILE: "quick",
	CONFIGURE_FLAGS: "--enable-option-checking=fatal --with-ensurepip=no",
	EXTENSIONS: "_ssl zlib",
	EXTRA_DEPENDS: "ca-certificates",
	DEBHELPER_COMPAT: "13",
};

/** Run pybuild by hand with other variables; return its exit code and what it says last. */
function runPybuild(
	change: Record<string, string>,
	options: string[] = [],
	before = "",
): { status: number; last: string } {
	const variables = Object.entries({ ...VARIABLES, ...change }).map(
		([name, value]) => `--env=${name}=${value}`,
	);
	const script = `${before} exec su build -c /usr/local/lib/pybuild/build --preserve-environment`;
	try {
		docker("run", "--rm", "--user=root", ...variables, ...options, pybuild, "sh", "-euc", script);
		return { status: 0, last: "" };
	} catch (error) {
		const { status, stderr } = error as { status: number; stderr: Buffer | string };
		return { status, last: String(stderr).trim().split("\n").at(-1) ?? "" };
	}
}

describe("pybuild", () => {
	it(
		"refuses a source with another sha256, from wherever it comes",
		() => {
			const { status, last } = runPybuild({ SOURCE_SHA256: "0".repeat(64) });
			expect(status).not.toBe(0);
			expect(last).toMatch(/^error: .*sha256 93e583f2\w+ instead of 0{64}/);
		},
		3 * MINUTE,
	);

	it(
		"refuses a download that is cut short",
		() => {
			const cut = "head -c 1000000 /dev/zero > /build/Python-3.13.5.tar.xz;";
			const { status, last } = runPybuild(
				{ SOURCE_URLS: "http://127.0.0.1:9/Python-3.13.5.tar.xz" },
				[],
				cut,
			);
			expect(status).not.toBe(0);
			expect(last).toMatch(
				/^error: .*Python-3\.13\.5\.tar\.xz: sha256 \w+ instead of 93e5.*could not be fetched/,
			);
		},
		MINUTE,
	);

	it(
		"says that the disk is full",
		() => {
			const small =
				"type=volume,target=/build,volume-driver=local,volume-opt=type=tmpfs,volume-opt=device=tmpfs,volume-opt=o=size=60m";
			const { status, last } = runPybuild({}, ["--mount", small], "chown build /build;");
			expect(status).not.toBe(0);
			expect(last).toMatch(/^error: .*(full|No space left on device)/);
		},
		3 * MINUTE,
	);

	it(
		"makes no Python without ssl: it names the module before it compiles anything",
		() => {
			const { status, last } = runPybuild({}, [], "dpkg --remove --force-depends libssl-dev;");
			expect(status).not.toBe(0);
			expect(last).toMatch(/^error: .*missing.*_ssl/);
		},
		5 * MINUTE,
	);

	it.each([
		["PYTHON_VERSION", "3.13.5; rm -rf /"],
		["PACKAGE_RELEASE", "$(id)"],
		["SOURCE_SHA256", ""],
		["PROFILE", "fast"],
		["DEBIAN_NUMBER", "12\n13"],
	])("refuses %s=%j", (name, value) => {
		const { status, last } = runPybuild({ [name]: value });
		expect(status).not.toBe(0);
		expect(last).toContain(`error: ${name}: `);
	});
});

describe("aptinstall", () => {
	it(
		"fails where a package fails, and leaves nothing of apt's all the same",
		() => {
			const script =
				"aptinstall no-such-package && exit 9; find /var/lib/apt/lists /var/cache/apt* -type f -size +0";
			const { name } = JSON.parse(
				docker("image", "inspect", "--format", '{"name":"{{index .RepoTags 0}}"}', pybuild),
			) as { name: string };
			expect(docker("run", "--rm", "--user=root", name, "sh", "-uc", script)).toBe("");
		},
		MINUTE,
	);
});

it("a program in a container that has no connection is not taken for Docker's client", async () => {
	const script = "echo 'fetch: connection refused' >&2; exit 7";
	const ended = withStep(AbortSignal.timeout(MINUTE), async (step) =>
		runContainer(step, await makeContainer(step, pybuild, ["sh", "-c", script], [])),
	);
	await expect(ended).rejects.toThrow(
		/^the container ended with exit code 7: fetch: connection refused$/,
	);
});

describe("a run", () => {
	it("of a stack that is not there names those that are", async () => {
		expectOneError(await checkout.run(["-s", "wheezy"]), /stack "wheezy".*known: .*bookworm/);
	});

	it("with bad config names all that is wrong, before anything runs", async () => {
		const ended = await checkout.run(["-c", "pythonVersion=3.1", "-c", "realease=x"]);
		expect(ended.exitCode).toBe(1);
		expect(ended.stderr).toMatch(/realease.*release[\s\S]*pythonVersion.*3\.10/);
		expect(ended.stderr).not.toMatch(/^ +at /m);
	});

	it.each([
		[["--target", "nothing"], /--target "nothing".*known: debbase/],
		[["--no-such-option"], /--no-such-option.*--help/],
		[["-c", "novalue"], /"novalue".*key=value/],
	])("with %j says what is wrong", async (args, message) => {
		expectOneError(await checkout.run(args), message);
	});

	it("without a daemon says how to get one", async () => {
		expectOneError(
			await checkout.run([], { DOCKER_HOST: "unix:///nonexistent.sock" }),
			/Docker daemon at unix:\/\/\/nonexistent\.sock cannot be reached.*systemctl start docker/,
		);
	});

	it(
		"whose mirror refuses connections says what apt says",
		async () => {
			const base = `${checkout.repository}:no-mirror`;
			const input = `FROM ${pybuild}\nUSER root\nRUN rm --force --recursive /etc/apt/sources.list.d/* && echo deb http://127.0.0.1:9/debian bookworm main >/etc/apt/sources.list`;
			execFileSync("docker", ["build", "--tag", base, "-"], { input, stdio: "pipe" });
			expectOneError(
				await checkout.run(["--target", "debbase", "-c", `base=${base}`]),
				/debbase.*: E: Failed to fetch .*127\.0\.0\.1:9.*Connection refused/,
			);
		},
		2 * MINUTE,
	);

	it(
		"whose daemon goes away in the middle says so, and the next run ends well",
		async () => {
			const folder = mkdtempSync(join(tmpdir(), "proxy-"));
			const proxy = await startProxy(join(folder, "docker.sock"));
			// Without the project's stacks, whose package it would take where npm start has made one.
			const own = new Checkout();
			try {
				await seedImages(own, own.repository, upTo("pybuild"));
				const run = own.start(["--target", "package"], {
					DOCKER_HOST: `unix://${folder}/docker.sock`,
				});
				for await (const line of run.iterable({ from: "stderr" })) {
					if (/package +configure/.test(String(line))) proxy.stop();
				}
				const { exitCode, stdout, stderr } = await run;
				expectOneError(
					{ exitCode, stdout, stderr },
					/Docker daemon at unix:.* cannot be reached, or went away/,
				);
			} finally {
				proxy.stop();
				rmSync(folder, { recursive: true });
				own.remove();
			}
			// What could not be removed without a daemon, the next run sweeps.
			await checkout.build(["--target", "pybuild"]);
			expect(remains()).toEqual([]);
		},
		5 * MINUTE,
	);

	it.each([
		[
			"is full",
			"size=8m",
			/the folder for temporary files, .*, has \d+ MB free, and .*; make room/,
		],
		["runs no programs", "size=1g,noexec", /no program runs in .*: it is mounted with noexec; set/],
	])(
		"whose TMPDIR %s says so before it bootstraps",
		async (_, options, message) => {
			const folder = mkdtempSync(join(tmpdir(), "tmpdir-"));
			execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
			try {
				// No test builds this one.
				const args = ["--target", "debbase", "-c", "release=trixie"];
				expectOneError(await checkout.run(args, { TMPDIR: folder }), message);
			} finally {
				execFileSync("umount", [folder]);
				rmSync(folder, { recursive: true });
			}
		},
		MINUTE,
	);

	it("whose TMPDIR is not there says so", async () => {
		expectOneError(
			await checkout.run([], { TMPDIR: "/nowhere" }),
			/\/nowhere, cannot be read: ENOENT/,
		);
	});

	it(
		"that has no room for the .deb says so and leaves no half of it",
		async () => {
			const folder = join(checkout.folder, "packages");
			execFileSync("mkdir", ["-p", folder]);
			execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]);
			try {
				const name = await importPackage(20_000_000);
				expectOneError(
					await checkout.run(["--target", "package"]),
					/packages\/.* cannot be written: ENOSPC/,
				);
				expect(execFileSync("find", [folder, "-name", "*.partial"], { encoding: "utf8" })).toBe("");
				docker("image", "rm", "--force", name);
			} finally {
				execFileSync("umount", [folder]);
			}
		},
		MINUTE,
	);
});

/** One line on standard error that starts with `error: `, and nothing on standard output. */
function expectOneError({ exitCode, stdout, stderr }: Ended, message: RegExp): void {
	expect(exitCode).toBe(1);
	expect(stdout).toBe("");
	expect(stderr.split("\n").filter((line) => line.startsWith("error: "))).toEqual([
		expect.stringMatching(message),
	]);
	expect(stderr).not.toMatch(/^ +at /m);
}

/** A package image of this stack that holds zeros: as large as wanted, with a right sum. */
async function importPackage(size: number): Promise<string> {
	const { stderr } = await checkout.run(["--preview", "--json"]);
	const { images: _, package: output } = JSON.parse(
		(await checkout.run(["--preview", "--json"])).stdout,
	) as {
		images: unknown;
		package: { key: string; file: string };
	};
	if (output === undefined) throw new Error(stderr);
	const folder = mkdtempSync(join(tmpdir(), "package-"));
	const deb = output.file.split("/").at(-1) ?? "";
	const name = `${checkout.repository}:package-${output.key}`;
	const script = `
		mkdir packages; head -c ${size} /dev/zero > "packages/$1"
		cd packages; sha256sum "$1" > SHA256SUMS; cd ..
		tar --create packages | docker import --change "LABEL debian-python.deb.sha256=$(cut -c1-64 packages/SHA256SUMS)" - "$2"`;
	execFileSync("sh", ["-euc", script, "sh", deb, name], { cwd: folder });
	rmSync(folder, { recursive: true });
	return name;
}

/** A socket before the daemon's own, which can go away. */
async function startProxy(path: string): Promise<{ stop(): void }> {
	const open = new Set<{ destroy(): void }>();
	const server: Server = createServer({ allowHalfOpen: true }, (client) => {
		const daemon = connect({ path: "/var/run/docker.sock", allowHalfOpen: true });
		for (const [from, to] of [
			[client, daemon],
			[daemon, client],
		] as const) {
			open.add(from);
			from.pipe(to);
			from.on("error", () => to.destroy());
			from.on("close", () => open.delete(from));
		}
	});
	await new Promise<void>((resolve) => server.listen(path, resolve));
	return {
		stop() {
			server.close();
			for (const socket of open) socket.destroy();
		},
	};
}
