import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Version } from "@cyclonedx/cyclonedx-library/Spec";
import { JsonStrictValidator } from "@cyclonedx/cyclonedx-library/Validation";
import { execa } from "execa";
import { afterAll, describe, expect, it } from "vitest";
import { configuredSettings } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import type { Choice, CompiledWheel } from "../../stacks/lock/lock.ts";
import type { Settings } from "../../stacks/settings.ts";
import { type OwnWheel, wheelImage, wheelInputs } from "./wheel.ts";

const settings = (stack: string) => configuredSettings(stack, readStackConfig(stack, []));
const LOCAL = settings("local");
const SUM = (digit: string) => digit.repeat(64);

const setuptools: Choice = {
	kind: "downloaded",
	name: "setuptools",
	version: "80.9.0",
	file: { name: "setuptools-80.9.0-py3-none-any.whl", sha256: SUM("a") },
};
const cython: CompiledWheel = {
	kind: "compiled",
	name: "cython",
	version: "3.1.0",
	sdist: { name: "cython-3.1.0.tar.gz", sha256: SUM("b") },
	why: "from-source names it",
	buildRequirements: [setuptools],
	buildPackages: [],
};
const wheel: CompiledWheel = {
	kind: "compiled",
	name: "psycopg2",
	version: "2.9.10",
	sdist: { name: "psycopg2-2.9.10.tar.gz", sha256: SUM("c"), url: "https://example.org/p" },
	why: "no wheel of the lock fits",
	buildRequirements: [cython, setuptools],
	buildPackages: ["libpq-dev", "libssl-dev"],
};

const SITE = { repository: "localhost/debian-python/local", platform: LOCAL.platform };

function image(
	changed: Partial<CompiledWheel> = {},
	of: Pick<Settings, "debian" | "pythons"> = LOCAL,
	site = SITE,
) {
	const {
		debian,
		pythons: [python],
	} = of;
	return wheelImage({ site, debian, python, wheel: { ...wheel, ...changed } });
}

describe("the image of a wheel", () => {
	it("is named by distribution, version and key", () => {
		expect(image()).toMatchObject({
			name: expect.stringMatching(
				/^localhost\/debian-python\/local:wheel-psycopg2-2\.9\.10-[0-9a-f]{12}$/,
			),
			artefact: "wheel-psycopg2",
		});
	});

	it("has a name that Docker takes, whatever the version and the name are", () => {
		expect(image({ version: "1!2.0+local.1" }).name).toContain(":wheel-psycopg2-1_2.0_local.1-");
		expect(image({ name: "n".repeat(200) }).name).toMatch(/:wheel-n{109}-[0-9a-f]{12}$/);
	});

	const {
		pythons: [python],
		debian,
	} = LOCAL;
	const other = {
		"another source": image({ sdist: { ...wheel.sdist, sha256: SUM("d") } }),
		"another build requirement": image({ buildRequirements: [cython] }),
		"another file of one": image({
			buildRequirements: [
				cython,
				{ ...setuptools, file: { ...setuptools.file, sha256: SUM("d") } },
			],
		}),
		"what builds one that is compiled": image({
			buildRequirements: [{ ...cython, buildPackages: ["libc6-dev"] }, setuptools],
		}),
		"another Debian package": image({ buildPackages: ["libpq-dev"] }),
		"another Python": image({}, settings("trixie")),
		"another release": image({}, { ...LOCAL, debian: { ...debian, codename: "trixie" } }),
		"another compiler": image({}, { ...LOCAL, debian: { ...debian, compilerPackages: ["gcc"] } }),
		"another platform": image({}, LOCAL, { ...SITE, platform: "linux/arm64" }),
	};
	it.each(Object.entries(other))("has another key with %s", (_, { key }) => {
		expect(key).not.toBe(image().key);
	});

	it("has another key, and another builder, for another variant of its Python", () => {
		const pythons = [{ ...python, variant: "free-threaded" }] as const;
		const free = image({}, { ...LOCAL, pythons });
		expect(image().inputs).toMatchObject({ abi: "cp313" });
		expect(free.inputs).toMatchObject({ abi: "cp313t" });
		expect(free.inputs.recipe).not.toBe(image().inputs.recipe);
	});

	it("has the same key for other patch numbers, places, and orders of Debian packages", () => {
		const same = [
			image({}, { ...LOCAL, pythons: [{ ...python, version: "3.13.99" }] }),
			image({}, LOCAL, { ...SITE, repository: "registry.example.org/python" }),
			image({ sdist: { name: "other.tar.gz", sha256: SUM("c") }, why: "from-source names it" }),
			image({ buildPackages: ["libssl-dev", "libpq-dev", "libpq-dev"] }),
			image({}, { ...LOCAL, pythons: [{ ...python, packageRelease: 7 }] }),
		];
		for (const { key } of same) expect(key).toBe(image().key);
	});
});

describe("the inputs of its step", () => {
	const inputs = wheelInputs({
		site: SITE,
		debian: LOCAL.debian,
		python: LOCAL.pythons[0],
		wheel,
		app: "examples/guestbook",
		stack: "local",
		folder: "packages/local",
	});

	it("name what builds it, by file or by image", () => {
		expect(inputs.REQUIREMENTS).toEqual([
			{
				name: "cython",
				version: "3.1.0",
				image: wheelImage({ ...LOCAL, python: LOCAL.pythons[0], site: SITE, wheel: cython }).name,
			},
			{ name: "setuptools", version: "80.9.0", file: setuptools.file },
		]);
	});

	it("name the builder by its recipe, which no base changes", () => {
		expect(inputs.BUILDER).toBe(`localhost/debian-python/local:buildwheel-${inputs.RECIPE}`);
	});

	it("have the log beside the .deb, one for each key", () => {
		const { key } = image();
		expect(inputs.LOG).toBe(`packages/local/wheel-psycopg2-2.9.10-${key}.build`);
	});
});

describe("the wheel of an app itself", () => {
	const folder = mkdtempSync(join(tmpdir(), "own-"));
	afterAll(() => rmSync(folder, { recursive: true }));
	const app: OwnWheel = {
		kind: "own",
		name: "guestbook",
		folder,
		files: ["guestbook.py", "pyproject.toml"],
		buildRequirements: [setuptools],
		buildPackages: [],
	};
	const {
		debian,
		pythons: [python],
	} = LOCAL;
	const named = (wheel = app) => wheelImage({ site: SITE, debian, python, wheel }).name;
	const write = (name: string, content: string) => writeFileSync(join(folder, name), content);

	it("has a key of its files, and a tag with its version where that is known", () => {
		for (const name of app.files) write(name, "");
		const before = named();
		expect(before).toMatch(/:wheel-guestbook-[0-9a-f]{12}$/);
		expect(named({ ...app, version: "1.0" })).toMatch(/:wheel-guestbook-1\.0-[0-9a-f]{12}$/);
		write("other.py", "");
		expect(named()).toBe(before);
		write("guestbook.py", "x = 1");
		expect(named()).not.toBe(before);
	});
});

describe("the program in the container", () => {
	const tests = "components/wheel/wheel-tests/test_wheel.py";

	it("passes its own tests", async () => {
		const { exitCode, stderr } = await execa("python3", ["-B", tests], { reject: false });
		expect(exitCode, stderr).toBe(0);
	});

	it("writes an SBOM that CycloneDX's schema allows", async () => {
		const { stdout } = await execa("python3", ["-B", tests, "bom"]);
		expect(await new JsonStrictValidator(Version.v1dot6).validate(stdout)).toBeNull();
	});
});
