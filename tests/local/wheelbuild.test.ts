import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
	chmodSync,
	chownSync,
	cpSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Checkout, docker, type Ended, type RunOutputs } from "./checkout.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * The image wheelbuild, as people use it on a project of theirs: one with an extension in C, whose
 * backend needs nothing of the package index.
 */

const MINUTE = 60_000;
const USER = 1234;
const WHEEL = "native-1.0-cp313-cp313-manylinux_2_17_x86_64.whl";
let checkout: Checkout;
let images: RunOutputs["images"];
/** A user's folder. */
let folder: string;

beforeAll(async () => {
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	({ images } = await checkout.build());
}, 20 * MINUTE);
afterAll(() => checkout.remove());

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "wheelbuild-"));
	cpSync("tests/local/wheelbuild", join(folder, "native"), { recursive: true });
	writeFileSync(join(folder, "native/flags"), "");
	chmodSync(folder, 0o755);
	execFileSync("chown", ["-R", `${USER}:${USER}`, folder]);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Run wheelbuild in the user's folder. */
async function wheelbuild(args: readonly string[], ...options: string[]): Promise<Ended> {
	const mounts = [`--volume=${folder}:/src:ro`, `--volume=${folder}/wheels:/wheels`];
	const words = ["run", "--rm", ...mounts, ...options, images.wheelbuild.name, ...args];
	const { exitCode, stdout, stderr } = await execa("docker", words, { reject: false });
	return { exitCode, stdout, stderr };
}

/** Use the wheel, with these options of pip, in the image python. */
function use(image: string, ...options: string[]): string {
	const script =
		'pip install -q --no-index --find-links /src/wheels "$@" && python -c "import native; print(native.answer())"';
	const mount = `--volume=${folder}:/src:ro`;
	return docker(
		"run",
		"--rm",
		mount,
		"--workdir=/src",
		image,
		"sh",
		"-euc",
		script,
		"sh",
		...options,
	);
}

const wheels = () => readdirSync(join(folder, "wheels")).sort();

function sha256(path: string): string {
	return createHash("sha256")
		.update(readFileSync(join(folder, path)))
		.digest("hex");
}

/** Make the user's project a source distribution, and a requirements file with its hash. */
function lockSdist(): void {
	mkdirSync(join(folder, "sdists"));
	const file = "sdists/native-1.0.tar.gz";
	execFileSync("tar", ["-czf", file, "--transform=s/^native/native-1.0/", "native"], {
		cwd: folder,
	});
	rmSync(join(folder, "native"), { recursive: true });
	writeFileSync(
		join(folder, "requirements.txt"),
		`--no-index\n--find-links sdists\nnative==1.0 --hash=sha256:${sha256(file)}\n`,
	);
}

describe("a project", () => {
	it(
		"is built in a copy, by its relative path; a folder that Docker made is the user's",
		async () => {
			mkdirSync(join(folder, "other"));
			writeFileSync(join(folder, "other/requirements.txt"), "./native\n");
			const before = execFileSync("find", [folder, "-printf", "%p %u\n"], { encoding: "utf8" });
			const { exitCode, stderr } = await wheelbuild(["-r", "other/requirements.txt"]);
			expect(stderr).not.toMatch(/^error/m);
			expect(exitCode).toBe(0);
			expect(wheels()).toEqual([WHEEL]);
			for (const path of ["wheels", `wheels/${WHEEL}`])
				expect(statSync(join(folder, path)).uid).toBe(USER);
			const first = sha256(`wheels/${WHEEL}`);
			rmSync(join(folder, "wheels"), { recursive: true });
			expect(execFileSync("find", [folder, "-printf", "%p %u\n"], { encoding: "utf8" })).toBe(
				before,
			);
			// Later, beside another one, by another user: the same bytes.
			mkdirSync(join(folder, "wheels"));
			chownSync(join(folder, "wheels"), 4321, 4321);
			utimesSync(join(folder, "native/native.c"), 1, 1);
			await wheelbuild(["./native"], "--user=4321");
			expect(sha256(`wheels/${WHEEL}`)).toBe(first);
			expect(use(images.python.name, "native")).toBe("/build/src/native/native.c");
		},
		2 * MINUTE,
	);

	it(
		"that lacks a header names its package, and with it the library that python lacks",
		async () => {
			writeFileSync(join(folder, "native/flags"), "-DWITH_YAML -lyaml");
			const failed = await wheelbuild(["./native"]);
			expect(failed.stderr).toMatch(
				/^error: .*the build lacks the header yaml\.h, which is in libyaml-dev.*; add --apt 'libyaml-dev'/m,
			);
			expect(failed.exitCode).toBe(1);
			expect(wheels()).toEqual([]);
			const { exitCode, stderr } = await wheelbuild(["--apt", "libyaml-dev", "./native"]);
			expect(exitCode).toBe(0);
			// What links more than glibc has the tag of the release's.
			expect(wheels()).toEqual([WHEEL.replace("2_17", "2_36")]);
			expect(stderr).toMatch(
				/^warning: native-\S+ needs libyaml-0\.so\.2, which the image python lacks; in your Dockerfile: RUN aptinstall libyaml-0-2$/m,
			);
		},
		4 * MINUTE,
	);
});

describe("a locked source distribution", () => {
	beforeEach(lockSdist);

	it(
		"is built once, and its wheel installs by its hash",
		async () => {
			expect((await wheelbuild(["-r", "requirements.txt"])).stdout).toContain("Successfully built");
			const first = sha256(`wheels/${WHEEL}`);
			const second = await wheelbuild(["-r", "requirements.txt"]);
			expect(second.stdout).not.toContain("Building wheel for");
			expect(second.stderr).toMatch(/native-\S+ is built already/);
			expect(sha256(`wheels/${WHEEL}`)).toBe(first);
			writeFileSync(join(folder, "locked.txt"), `native==1.0 --hash=sha256:${first}\n`);
			expect(use(images.python.name, "--require-hashes", "-r", "locked.txt")).toContain("native.c");
			rmSync(join(folder, "wheels"), { recursive: true });
			await wheelbuild(["-r", "requirements.txt"]);
			expect(sha256(`wheels/${WHEEL}`)).toBe(first);
		},
		2 * MINUTE,
	);

	it(
		"is built where the wheel that is there says nothing of its release",
		async () => {
			await wheelbuild(["-r", "requirements.txt"]);
			const old = WHEEL.replace("manylinux_2_17", "linux");
			renameSync(join(folder, "wheels", WHEEL), join(folder, "wheels", old));
			// As the former buildwheels left it.
			execFileSync("python3", ["-c", FORGET, join(folder, "wheels", old)]);
			const { stdout, stderr } = await wheelbuild(["-r", "requirements.txt"]);
			expect(stderr).toMatch(/^warning: \S+linux_x86_64\.whl is not used: /m);
			expect(stdout).toContain("Successfully built");
			expect(wheels()).toEqual([old, WHEEL].sort());
		},
		2 * MINUTE,
	);
});

/** Take out of a wheel what buildwheels put in. */
const FORGET = `
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as old, zipfile.ZipFile(sys.argv[1] + "~", "w") as new:
    for name in old.namelist():
        if not name.endswith("/buildwheels.json"):
            new.writestr(name, old.read(name))
os.rename(sys.argv[1] + "~", sys.argv[1])
`;

describe("a run", () => {
	it("of a command is that command", async () => {
		expect(await wheelbuild(["bash", "-c", "echo $0 $PWD"])).toMatchObject({
			exitCode: 0,
			stdout: "bash /src",
		});
		expect((await wheelbuild(["git", "--version"])).stdout).toMatch(/^git version/);
	});

	it("of what may be a mistyped command asks no index", async () => {
		const { exitCode, stdout, stderr } = await wheelbuild(["bsh"]);
		expect(stderr).toMatch(/^error: bsh is neither a command of this image nor an option; /);
		expect([exitCode, stdout]).toEqual([1, ""]);
	});

	it("without a mount at /wheels is refused, and with --wheel-dir is not", async () => {
		const run = (...args: string[]) =>
			execa("docker", ["run", "--rm", images.wheelbuild.name, ...args], { reject: false });
		const { exitCode, stdout, stderr } = await run("six==1.16.0");
		expect(stderr).toMatch(/^error: nothing is mounted at \/wheels: .*; add -v /);
		expect([exitCode, stdout]).toEqual([1, ""]);
		expect((await run("--wheel-dir=/tmp/wheels", "--no-index", "six==1.16.0")).stderr).toMatch(
			/^error: the requirements cannot be resolved/m,
		);
	});

	it(
		"without capabilities ends well",
		async () => {
			mkdirSync(join(folder, "wheels"));
			const { exitCode, stderr } = await wheelbuild(["./native"], "--cap-drop=ALL");
			expect(stderr).toMatch(/^warning: /m);
			expect([exitCode, wheels()]).toEqual([0, [WHEEL]]);
		},
		MINUTE,
	);
});
