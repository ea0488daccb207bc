import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { Checkout, docker, type Ended, type RunOutputs } from "./checkout.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * A stack with two Pythons, of which the second was added later, and an app on that one. The sources of
 * both are in the pool of every Debian mirror.
 */

const MINUTE = 60_000;
const FIRST = "3.13.5";
const SECOND = "3.11.2";

let checkout: Checkout;
/** With the first Python alone, in the short form. */
let before: RunOutputs;
/** With both. */
let after: RunOutputs & { readonly pythons: Record<string, { package: { file: string } }> };
let added: Ended;

/** Write the stack's file with other values; an undefined one goes. */
function configure(values: Readonly<Record<string, unknown>>): void {
	const file = `Pulumi.${checkout.stack}.yaml`;
	const { config } = parse(readFileSync(join(checkout.folder, file), "utf8"));
	for (const [key, value] of Object.entries(values)) config[`debian-python:${key}`] = value;
	checkout.write(file, stringify({ config }));
}

function writeApp(): void {
	mkdirSync(join(checkout.folder, "hello"));
	checkout.write(
		"hello/pyproject.toml",
		`[project]
name = "hello"
version = "1.0"
dependencies = []

[tool.debian-python]
command = ["python", "main.py"]
python = "3.11"
`,
	);
	checkout.write("hello/pylock.toml", 'lock-version = "1.0"\ncreated-by = "test"\npackages = []\n');
	checkout.write("hello/main.py", "import platform\nprint(platform.python_version())\n");
}

const python = (image: string | undefined, code: string) =>
	docker("run", "--rm", "--network=none", image ?? "", "python", "-c", code);
const image = (artefact: string) =>
	(after.images as Record<string, { name: string }>)[artefact]?.name;
const id = (name: string | undefined) =>
	docker("image", "inspect", "--format", "{{.Id}}", name ?? "");

beforeAll(async () => {
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	before = await checkout.build();
	writeApp();
	configure({
		pythonVersion: undefined,
		pythons: [{ version: FIRST }, { version: SECOND, packageRelease: 2 }],
		apps: ["hello"],
	});
	added = await checkout.run(["--json"]);
	if (added.exitCode !== 0) throw new Error(added.stderr);
	after = JSON.parse(added.stdout);
}, 30 * MINUTE);
afterAll(() => checkout.remove());

describe("a Python that is added", () => {
	it("leaves all that is there as it is, under its names", () => {
		expect(after.images).toMatchObject(before.images);
		expect(after.package).toEqual(before.package);
		for (const artefact of ["base", "debbase", "pybuild", "package", "python", "wheelbuild"])
			expect(added.stderr, artefact).toMatch(new RegExp(` ${artefact} +reused$`, "m"));
	});

	it("is compiled, packaged and installed beside it", () => {
		const code = "import platform, ssl, sqlite3; print(platform.python_version())";
		expect(python(image("python"), code)).toBe(FIRST);
		expect(python(image("python-3.11"), code)).toBe(SECOND);
		const { file } = after.pythons["3.11"]?.package ?? { file: "" };
		expect(file).toMatch(/cpython3\.11_3\.11\.2-2\+deb12_\w+\.deb$/);
		expect(readFileSync(join(checkout.folder, file)).length).toBeGreaterThan(1_000_000);
	});

	it("has a wheelbuild of its own", () => {
		const tag = docker("run", "--rm", image("wheelbuild-3.11") ?? "", "--help");
		expect(tag).toContain("usage");
		expect(id(image("wheelbuild-3.11"))).not.toBe(id(image("wheelbuild")));
	});

	it("has the app that names it", () => {
		expect(docker("run", "--rm", after.apps.hello?.name ?? "")).toBe(SECOND);
	});

	it("has an SBOM", async () => {
		const args = ["-s", checkout.stack, "--image", "python-3.11"];
		const { stdout } = await execa("node", ["commands/sbom/main.ts", ...args], {
			cwd: checkout.folder,
		});
		const { components } = JSON.parse(stdout) as {
			components: { name: string; version: string }[];
		};
		const interpreters = components.filter(({ name }) => /^c?python(3|$)/.test(name));
		expect(interpreters.map(({ version }) => version)).toContainEqual(
			expect.stringMatching(/^3\.11\.2/),
		);
	});
});

describe("a second run", () => {
	it(
		"builds nothing, in whichever order they are written, and says so before",
		async () => {
			configure({ pythons: [{ version: SECOND, packageRelease: 2 }, { version: FIRST }] });
			const preview = await checkout.run(["--preview"]);
			expect(preview.stderr).not.toMatch(/to build/);
			const { images } = await checkout.build();
			expect(images.python.name).toBe(image("python-3.11"));
			expect((images as Record<string, { name: string }>)["python-3.13"]?.name).toBe(
				image("python"),
			);
		},
		5 * MINUTE,
	);

	it(
		"makes what one target needs alone",
		async () => {
			configure({ pythons: [{ version: FIRST }, { version: SECOND, packageRelease: 2 }] });
			const { stderr } = await checkout.run(["--target", "package-3.11"]);
			expect(stderr).toMatch(/ package-3\.11 +reused$/m);
			expect(stderr).toMatch(/ package +skipped: not needed for the target$/m);
			expect(stderr).toMatch(/ python-3\.11 +skipped: not needed for the target$/m);
		},
		5 * MINUTE,
	);
});
