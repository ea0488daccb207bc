import { afterEach, describe, expect, it, vi } from "vitest";
import { perPlatform } from "../stacks/platforms.ts";
import { readSettings } from "../stacks/settings.ts";
import { CONFIG, type Recorded, record } from "../tests/record.ts";
import { stackImages } from "./images.ts";

/*
 * What the program registers for several platforms.
 */

const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
afterEach(() => warn.mockClear());

const BOTH = { ...CONFIG, base: "archive", platforms: '["linux/amd64", "linux/arm64"]' };
const { platforms: _, ...AMD64 } = BOTH;
const REGISTRY = "127.0.0.1:9/team/python";

const imageOf = (resources: Map<string, Recorded>, name: string): string => {
	const { inputs } = resources.get(name) ?? expect.fail(`no ${name}`);
	return inputs.name ?? inputs.environment.IMAGE;
};

describe("several platforms", () => {
	it("have all of their own, and compile quickly by the compiler of the first", async () => {
		const resources = await record(BOTH);
		const names = [...resources.keys()].filter((name) => name.includes("arm64"));
		expect(names.toSorted()).toEqual([
			"base-arm64-bootstrap",
			"crossbuild-arm64-image",
			"debbase-arm64-image",
			"package-arm64-build",
			"package-arm64-sbom",
			"python-arm64-image-commit",
			"python-arm64-image-sbom",
			"wheelbuild-arm64-image-commit",
			"wheelbuild-arm64-image-sbom",
		]);
		const { build } = resources.get("crossbuild-arm64-image")?.inputs ?? {};
		expect(build.platform).toBe("linux/amd64");
		expect(build.buildArgs).toMatchObject({
			PYBUILD: imageOf(resources, "pybuild-image"),
			ARCHITECTURE: "arm64",
			TRIPLET: "aarch64-linux-gnu",
		});
		expect(build.buildArgs.PACKAGES).toMatch(/^gcc-aarch64-linux-gnu .*\blibssl-dev:arm64\b/);
		expect(build.buildArgs.PACKAGES).not.toContain("dpkg-dev");
		expect(resources.get("package-arm64-build")?.inputs.environment).toMatchObject({
			BUILDER: build.tags[1],
			BUILDER_PLATFORM: "linux/amd64",
			PLATFORM: "linux/arm64",
			DEB: "cpython3.13_3.13.5-1+deb12_arm64.deb",
			ARTEFACT: "package-arm64",
		});
	});

	it("change nothing of the one that was there in the short form", async () => {
		const before = await record(AMD64);
		expect(await record({ ...AMD64, platforms: '["linux/amd64"]' })).toEqual(before);
		const after = await record(BOTH);
		for (const [name, resource] of before) expect(after.get(name), name).toEqual(resource);
	});

	it("share what is not compiled elsewhere with a stack of the second alone", async () => {
		const both = await record(BOTH);
		const alone = await record({ ...AMD64, platform: "linux/arm64" });
		for (const [own, other] of [
			["base-arm64-bootstrap", "base-bootstrap"],
			["debbase-arm64-image", "debbase-image"],
		] as const)
			expect(imageOf(both, own)).toBe(imageOf(alone, other));
		expect(imageOf(both, "package-arm64-build")).not.toBe(imageOf(alone, "package-build"));
	});

	it("with PGO compile on machines of their own", async () => {
		const both = await record({ ...BOTH, profile: "optimized" });
		expect(both.has("crossbuild-arm64-image")).toBe(false);
		const alone = await record({ ...AMD64, platform: "linux/arm64", profile: "optimized" });
		expect(imageOf(both, "pybuild-arm64-image")).toBe(imageOf(alone, "pybuild-image"));
		expect(imageOf(both, "package-arm64-build")).toBe(imageOf(alone, "package-build"));
	});

	it("are published as an index, to which the aliases move", async () => {
		const resources = await record({ ...BOTH, registry: REGISTRY });
		const { environment } = resources.get("python-index")?.inputs ?? {};
		expect(environment).toEqual({
			IMAGE: expect.stringMatching(/:python-3\.13\.5-r1-[0-9a-f]{12}$/),
			IMAGES: JSON.stringify([
				imageOf(resources, "python-image-commit"),
				imageOf(resources, "python-arm64-image-commit"),
			]),
			ALIASES: JSON.stringify([`${REGISTRY}:python-3.13.5`, `${REGISTRY}:python-3.13`]),
		});
		expect(resources.get("wheelbuild-index")?.inputs.environment.ALIASES).toBe("[]");
		for (const name of ["python-image-push", "python-arm64-image-push"])
			expect(resources.get(name)?.inputs.environment.ALIASES).toBe("[]");
	});

	it("have no index without a registry: the aliases lead to the first", async () => {
		const resources = await record(BOTH);
		expect([...resources.keys()].filter((name) => name.endsWith("-index"))).toEqual([]);
		const aliases = ["python", "python-arm64"].map(
			(python) => resources.get(`${python}-image-commit`)?.inputs.environment.ALIASES,
		);
		const own = "localhost/debian-python/test";
		expect(aliases).toEqual([JSON.stringify([`${own}:python-3.13.5`, `${own}:python-3.13`]), "[]"]);
	});

	it("work on the Docker daemons that they have, and compile there", async () => {
		const host = "ssh://builder@arm.example.com";
		const before = await record(BOTH);
		const resources = await record({
			...BOTH,
			dockerHosts: JSON.stringify([{ platform: "linux/arm64", host }]),
		});
		expect(resources.get("docker-arm64")).toMatchObject({
			type: "pulumi:providers:docker",
			inputs: { host },
		});
		const commands = [...resources.values()].filter(({ inputs }) => inputs.environment);
		for (const { name, inputs } of commands)
			expect(inputs.environment.DOCKER_HOST, name).toBe(
				name.includes("-arm64-") ? host : undefined,
			);
		expect(resources.has("crossbuild-arm64-image")).toBe(false);
		expect(resources.has("pybuild-arm64-image")).toBe(true);
		for (const [name, resource] of before)
			if (!name.includes("-arm64-")) expect(resources.get(name), name).toEqual(resource);
	});

	it("have the names that are known without a run of the program", async () => {
		const config = { ...BOTH, registry: REGISTRY };
		const context = { project: "debian-python", stack: "test", today: new Date() };
		const names = stackImages(readSettings(config, context), REGISTRY).map(({ name }) => name);
		const made = [...(await record(config)).values()].flatMap(({ name, inputs }) =>
			/-(bootstrap|build|commit|image|index)$/.test(name)
				? (inputs.name ?? inputs.environment.IMAGE)
				: [],
		);
		expect(names.toSorted()).toEqual(made.toSorted());
	});
});

it("of each platform the settings are those of a stack that has no other", () => {
	const context = { project: "debian-python", stack: "test", today: new Date() };
	const [first, second] = perPlatform(readSettings(BOTH, context));
	expect(first).toMatchObject({ platform: "linux/amd64", platformSuffix: "" });
	expect(first).not.toHaveProperty("compiledOn");
	expect(second).toMatchObject({
		platform: "linux/arm64",
		architecture: "arm64",
		platformSuffix: "-arm64",
		compiledOn: "linux/amd64",
	});
});
