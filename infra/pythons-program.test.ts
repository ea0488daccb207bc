import { afterEach, describe, expect, it, vi } from "vitest";
import { CONFIG, record } from "../tests/record.ts";

/*
 * What the program registers for several Pythons.
 */

const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
afterEach(() => warn.mockClear());

const { pythonVersion: _, ...REST } = CONFIG;

/** The config of a stack with these versions. */
function several(...versions: string[]): Record<string, string> {
	return { ...REST, pythons: JSON.stringify(versions.map((version) => ({ version }))) };
}

/** The names of all images that the program makes. */
async function images(config: Record<string, string>): Promise<Set<string>> {
	const resources = await record(config);
	const names = [...resources.values()].map(
		({ inputs }) => inputs.name ?? inputs.environment.IMAGE,
	);
	return new Set(names);
}

describe("several Pythons", () => {
	it("share base, debbase and pybuild, and have the rest of their own", async () => {
		const resources = await record(several("3.13.5", "3.12.14"));
		expect([...resources.keys()].filter((name) => !name.endsWith("-sbom"))).toEqual([
			"debbase-image",
			"pybuild-image",
			"package-build",
			"package-3.12-build",
			"python-image-commit",
			"python-3.12-image-commit",
			"wheelbuild-image-commit",
			"wheelbuild-3.12-image-commit",
		]);
		const { inputs } = resources.get("wheelbuild-3.12-image-commit") ?? {};
		const from = resources.get("python-3.12-image-commit")?.inputs.environment.IMAGE;
		expect(inputs.environment).toMatchObject({ FROM: from, ARTEFACT: "wheelbuild-3.12" });
	});

	it("change nothing of the one that was there in the short form", async () => {
		const before = await record(CONFIG);
		expect(await record(several("3.13.5"))).toEqual(before);
		const after = await record(several("3.13.5", "3.12.14"));
		for (const [name, resource] of before) expect(after.get(name), name).toEqual(resource);
	});

	it("may be two images of one package", async () => {
		const before = await record(CONFIG);
		const two = [{ version: "3.13.5" }, { version: "3.13.5", variant: "minimal" }];
		const after = await record({ ...REST, pythons: JSON.stringify(two) });
		for (const [name, resource] of before) expect(after.get(name), name).toEqual(resource);
		const added = [...after].filter(([name]) => !before.has(name));
		expect(added.map(([name]) => name)).toEqual(["minimal-image", "minimal-sbom"]);
		const [, minimal] = added[0] ?? [];
		expect(minimal?.inputs.environment).toMatchObject({
			FROM: before.get("python-image-commit")?.inputs.environment.IMAGE,
			ALIASES: expect.stringMatching(/:minimal-3\.13\.5".*:minimal-3\.13"/),
		});
		expect(await record({ ...CONFIG, variant: "minimal" })).toEqual(after);
	});

	it("compile nothing for tkinter, and again for debug symbols", async () => {
		const compiled = async (packages: readonly string[]) => {
			const resources = await record({ ...CONFIG, packages: JSON.stringify(packages) });
			return resources.get("package-build")?.inputs.environment.COMPILED;
		};
		const common = await compiled([]);
		expect(await compiled(["tk"])).toBe(common);
		expect(await compiled(["dbgsym"])).not.toBe(common);
	});

	it("are not touched by one that is added", async () => {
		const before = await record(several("3.13.5", "3.12.14", "3.11.16"));
		const after = await record(several("3.13.5", "3.12.14", "3.11.16", "3.14.7"));
		for (const [name, resource] of before) expect(after.get(name), name).toEqual(resource);
		expect([...after.keys()].filter((name) => !before.has(name))).toEqual(
			[...after.keys()].filter((name) => name.includes("-3.14-")),
		);
	});

	it("are the same images in another order, and as those of two stacks", async () => {
		const both = await images(several("3.13.5", "3.12.14"));
		expect(await images(several("3.12.14", "3.13.5"))).toEqual(both);
		const apart = [await images(several("3.13.5")), await images(several("3.12.14"))];
		expect(new Set(apart.flatMap((each) => [...each]))).toEqual(both);
	});

	it("have the same labels in another order: no list is in an image", async () => {
		const labels = async (config: Record<string, string>) =>
			new Map(
				[...(await record(config)).values()].flatMap(({ inputs }) =>
					inputs.environment?.LABELS === undefined
						? []
						: [[inputs.environment.IMAGE, inputs.environment.LABELS]],
				),
			);
		const before = await labels(several("3.13.5", "3.12.14"));
		expect(await labels(several("3.12.14", "3.13.5"))).toEqual(before);
	});

	it("move aliases of their own, which nobody else's pushes move", async () => {
		const registry = "127.0.0.1:9/team/python";
		const resources = await record({ ...several("3.13.5", "3.12.14"), registry });
		const aliases = (name: string) =>
			JSON.parse(resources.get(name)?.inputs.environment.ALIASES) as string[];
		expect(aliases("python-3.12-image-commit")).toEqual([
			`${registry}:python-3.12.14`,
			`${registry}:python-3.12`,
		]);
		const [first] = aliases("wheelbuild-image-commit");
		expect(aliases("wheelbuild-3.12-image-commit")).not.toContain(first);
	});
});
