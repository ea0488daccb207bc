import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Checkout, docker, type Ended, type RunOutputs } from "./checkout.ts";
import { keepImages, seedImages, upTo } from "./seed.ts";

/*
 * Two fixes with tests of their own, one of a module in Python and one of a module in C, from a file of
 * git format-patch to the image python.
 */

const MINUTE = 60_000;
const FOLDER = "patches/3.13";
/** Of the fixtures beside this file; the CVE of this one stands in its news alone. */
const PYTHON = readFileSync("tests/local/patches/python.patch", "utf8");
const C = readFileSync("tests/local/patches/c.patch", "utf8");
/** A line around the change is another one, as on another branch. */
const FUZZY = PYTHON.replace("    if s == 0.0:", "    if s == 0:");

let checkout: Checkout;

/** Run npm run patch. */
async function patch(...args: string[]): Promise<Ended> {
	const command = ["commands/patch/main.ts", ...args, "--stack", checkout.stack];
	const { exitCode, stdout, stderr } = await execa("node", command, {
		cwd: checkout.folder,
		reject: false,
	});
	return { exitCode, stdout, stderr };
}

async function add(name: string, text: string): Promise<Ended> {
	checkout.write(name, text);
	return patch("add", name);
}

const read = (name: string) => readFileSync(join(checkout.folder, FOLDER, name), "utf8");

beforeAll(async () => {
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("pybuild"));
	// What it compiles is what the tests run with.
	await checkout.build(["--target", "package"]);
	await keepImages(checkout);
}, 20 * MINUTE);
afterAll(() => checkout.remove());

describe("a patch that is brought in", () => {
	it.each([
		[
			"does not apply",
			PYTHON.replace("int(h*6.0)", "int(h*7.0)"),
			/hunk 1 of Lib\/colorsys\.py; add first what it builds on, or write/,
		],
		[
			"has tests that pass without it",
			PYTHON.replace("(-1/12", "(11/12"),
			/passes without the patch: OK/,
		],
	])(
		"is refused where it %s",
		async (_, text, error) => {
			const { stderr, exitCode } = await add("other.patch", text);
			expect(exitCode).toBe(1);
			expect(stderr).toMatch(error);
			expect(existsSync(join(checkout.folder, FOLDER))).toBe(false);
		},
		3 * MINUTE,
	);

	it(
		"is tested, fitted to the source, and has a header",
		async () => {
			const { stdout, stderr, exitCode } = await add("python.patch", FUZZY);
			expect(exitCode, stderr).toBe(0);
			expect(stderr).toMatch(/with it: OK\n.*\n.*without it: FAILED \(failures=1\)/);
			expect(stdout).toContain(`write patches: ${FOLDER} into Pulumi.${checkout.stack}.yaml`);
			const header =
				/^From: .*\nDate: .*\nSubject: .*\nOrigin: other\nBug-CVE: .*CVE-2099-10001\n\n/;
			expect(read("python.patch")).toMatch(header);
			expect(read("python.patch")).toContain("\n     if s == 0.0:\n");
			expect(read("python.patch")).not.toMatch(/NEWS|if s == 0:/);
		},
		3 * MINUTE,
	);

	it(
		"waits for a compile where it changes one",
		async () => {
			const { stdout, stderr, exitCode } = await add("c.patch", C);
			expect(exitCode, stderr).toBe(0);
			expect(stdout).toContain("(CVE-2099-10002)");
			expect(stdout).toMatch(
				/not tested yet, for want of a compile: .* npm run patch -- test c\.patch -s/,
			);
			expect(read("series")).toBe("python.patch\nc.patch\n");
		},
		2 * MINUTE,
	);
});

describe("a patched Python", () => {
	const patched = (folder: string) => ["-c", `patches=${folder}`, "--target", "python"];
	let outputs: RunOutputs;

	it(
		"is not made with fuzz: before anything is compiled the error has the hunk",
		async () => {
			mkdirSync(join(checkout.folder, "fuzzy"));
			checkout.write("fuzzy/series", "python.patch\n");
			checkout.write("fuzzy/python.patch", FUZZY);
			const { stderr, exitCode } = await checkout.run(patched("fuzzy"));
			expect(exitCode).toBe(1);
			expect(stderr).not.toMatch(/ package +(configure|make)/);
			expect(stderr).toMatch(
				/^error: patch: python\.patch does not apply to CPython 3\.13\.5: hunk 1 of Lib\/colorsys\.py; make it anew .* from fuzzy\/series \(log: /m,
			);
			const [log = ""] = /packages\/\S+\.build/.exec(stderr) ?? [];
			expect(readFileSync(join(checkout.folder, log), "utf8")).toMatch(/^- {4}i = int\(h\*6\.0\)/m);
		},
		3 * MINUTE,
	);

	it(
		"has the patches, in Python and in C, and says so",
		async () => {
			outputs = await checkout.build(patched(FOLDER));
			const { version, file } = outputs.package;
			expect(version).toMatch(/^3\.13\.5-1\+p2\.[0-9a-f]{7}\+deb12$/);
			const code = [
				"import bisect, colorsys",
				"print(colorsys.hsv_to_rgb(-1/12, 1, 1) == colorsys.hsv_to_rgb(11/12, 1, 1))",
				"try: bisect.bisect([1], 1, -1)",
				"except ValueError as error: print(error)",
			].join("\n");
			const run = ["run", "--rm", "--network=none", outputs.images.python.name];
			expect(docker(...run, "python", "-c", code)).toBe("True\nlo must not be negative");
			const deb = execFileSync("dpkg-deb", ["--fsys-tarfile", join(checkout.folder, file)], {
				maxBuffer: 1e9,
			});
			const path = "./usr/share/doc/cpython3.13/changelog.Debian.gz";
			const changelog = execFileSync("tar", ["-xO", path], { input: deb });
			expect(gunzipSync(changelog).toString()).toMatch(
				/^ {2}\* gh-1: Fix .* \(CVE-2099-10001\)\n {2}\* gh-2: Say .* \(CVE-2099-10002\)$/m,
			);
			const bom = JSON.parse(
				readFileSync(join(checkout.folder, file.replace(/\.deb$/, ".cdx.json")), "utf8"),
			);
			const { pedigree } = bom.components.find(({ name }: { name: string }) => name === "CPython");
			const resolved = pedigree.patches.map(({ resolves }: { resolves: { id: string }[] }) =>
				resolves.map(({ id }) => id),
			);
			expect(resolved).toEqual([["CVE-2099-10001"], ["CVE-2099-10002"]]);
		},
		10 * MINUTE,
	);

	it(
		"has each patch tested, without and with the compile of it",
		async () => {
			const { stdout, stderr, exitCode } = await patch("test");
			expect(exitCode, stderr).toBe(0);
			const right = "its tests fail without it, and pass with it";
			expect(stdout.split("\n")).toEqual([`python.patch: ${right}`, `c.patch: ${right}`]);
			expect((await patch("test", "other.patch")).stderr).toContain(
				"error: patches/3.13/series has no other.patch; write one of python.patch, c.patch",
			);
		},
		4 * MINUTE,
	);

	it(
		"is there from then on",
		async () => {
			const { stderr } = await checkout.run([...patched(FOLDER), "--preview"]);
			expect(stderr).toMatch(/^python +reused/m);
			// The one without stays.
			const { stderr: without } = await checkout.run(["--target", "package", "--preview"]);
			expect(without).toMatch(/^package +reused/m);
		},
		2 * MINUTE,
	);
});
