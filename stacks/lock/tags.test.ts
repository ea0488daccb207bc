import { describe, expect, it } from "vitest";
import { bestWheel, parseWheelName, supportedTags, tagRanks } from "./tags.ts";
import type { Target } from "./target.ts";

const bookworm: Target = { python: "3.13.5", debian: "bookworm", glibc: "2.36", machine: "x86_64" };
const jessie: Target = { python: "3.6.15", debian: "jessie", glibc: "2.19", machine: "x86_64" };
const free: Target = { ...bookworm, abiFlags: "t" };
const debug: Target = { ...bookworm, abiFlags: "d" };
const arm: Target = { ...bookworm, machine: "aarch64" };

describe("supportedTags", () => {
	it("has pip's order", () => {
		const tags = supportedTags(bookworm);
		const inOrder = [
			"cp313-cp313-linux_x86_64",
			"cp313-cp313-manylinux_2_36_x86_64",
			"cp313-cp313-manylinux_2_17_x86_64",
			"cp313-cp313-manylinux2014_x86_64",
			"cp313-cp313-manylinux_2_16_x86_64",
			"cp313-cp313-manylinux2010_x86_64",
			"cp313-cp313-manylinux1_x86_64",
			"cp313-abi3-linux_x86_64",
			"cp313-none-linux_x86_64",
			"cp312-abi3-linux_x86_64",
			"cp32-abi3-manylinux1_x86_64",
			"py313-none-linux_x86_64",
			"py3-none-linux_x86_64",
			"py312-none-linux_x86_64",
			"py30-none-linux_x86_64",
			"cp313-none-any",
			"py313-none-any",
			"py3-none-any",
			"py312-none-any",
			"py30-none-any",
		];
		const places = inOrder.map((tag) => tags.indexOf(tag));
		expect(places).not.toContain(-1);
		expect(places).toEqual([...places].sort((one, other) => one - other));
		expect(new Set(tags).size).toBe(tags.length);
	});

	it("has as many as packaging 26 for the same platforms", () => {
		// 36 platforms: linux, manylinux 2.5 to 2.36, three aliases; 3 + 11 + 15 prefixes; 16 for any
		expect(supportedTags(bookworm)).toHaveLength(36 * (3 + 11 + 15) + 16);
	});

	it.each([
		["cp312-cp312-linux_x86_64", bookworm],
		["cp31-abi3-linux_x86_64", bookworm],
		["cp313-cp313-manylinux_2_37_x86_64", bookworm],
		["cp313-cp313-manylinux_2_4_x86_64", bookworm],
		["cp313-cp313-musllinux_1_2_x86_64", bookworm],
		["cp313-cp313t-linux_x86_64", bookworm],
		["cp313-cp313-linux_x86_64", free],
		["cp313-cp313d-linux_x86_64", bookworm],
		["cp313-cp313t-linux_x86_64", debug],
		["cp313-abi3-linux_x86_64", free],
		["cp32-abi3-linux_x86_64", free],
		["cp36-cp36m-manylinux_2_24_x86_64", jessie],
		["cp36-cp36-linux_x86_64", jessie],
		["cp313-cp313-manylinux1_aarch64", arm],
		["cp313-cp313-manylinux_2_17_x86_64", arm],
	])("lacks %s", (tag, target) => expect(supportedTags(target)).not.toContain(tag));

	it.each([
		["cp313-cp313t-manylinux_2_36_x86_64", free],
		["cp313-cp313d-manylinux_2_36_x86_64", debug],
		["cp313-cp313-manylinux_2_36_x86_64", debug],
		["cp312-abi3-manylinux_2_36_x86_64", debug],
		["cp313-none-manylinux_2_36_x86_64", free],
		["cp312-abi3t-manylinux_2_36_x86_64", free],
		["py3-none-any", free],
		["cp36-cp36m-manylinux_2_19_x86_64", jessie],
		["cp313-cp313-manylinux2014_aarch64", arm],
	])("has %s", (tag, target) => expect(supportedTags(target)).toContain(tag));
});

describe("parseWheelName", () => {
	it("reads build tags and compressed tags", () =>
		expect(parseWheelName("foo_bar-1.0-2deb12-py2.py3-none-any.whl")).toEqual({
			distribution: "foo_bar",
			version: "1.0",
			build: [2n, "deb12"],
			tags: ["py2-none-any", "py3-none-any"],
		}));

	it.each(["foo-1.0.tar.gz", "foo-1.0-any.whl", "foo-1.0-x1-py3-none-any.whl", "foo.whl"])(
		"refuses %s",
		(name) => expect(parseWheelName(name)).toBeUndefined(),
	);
});

describe("bestWheel", () => {
	it.each<[string, string[], Target]>([
		[
			"a-1-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
			["a-1-py3-none-any.whl"],
			bookworm,
		],
		[
			"a-1-cp313-cp313-manylinux_2_28_x86_64.whl",
			["a-1-cp313-cp313-manylinux2014_x86_64.whl"],
			bookworm,
		],
		[
			"a-1-cp313-cp313-manylinux1_x86_64.whl",
			["a-1-cp39-abi3-manylinux_2_28_x86_64.whl"],
			bookworm,
		],
		["a-1-cp311-abi3-manylinux1_x86_64.whl", ["a-1-cp39-abi3-manylinux_2_28_x86_64.whl"], bookworm],
		[
			"a-1-cp313-cp313-manylinux2014_aarch64.whl",
			["a-1-cp313-cp313-manylinux2014_x86_64.whl"],
			arm,
		],
		[
			"a-1-py2.py3-none-any.whl",
			["a-1-cp313-cp313-manylinux_2_39_x86_64.whl", "a-1-cp312-cp312-linux_x86_64.whl"],
			bookworm,
		],
		[
			"a-1-10-py3-none-any.whl",
			["a-1-py3-none-any.whl", "a-1-9-py3-none-any.whl", "a-1-9z-py3-none-any.whl"],
			bookworm,
		],
		["a-1-9b-py3-none-any.whl", ["a-1-9-py3-none-any.whl", "a-1-9a-py3-none-any.whl"], bookworm],
		["a-1-py3-none-any.whl", ["b-1-py3-none-any.whl", "a-1.tar.gz"], bookworm],
	])("takes %s", (best, others, target) => {
		const ranks = tagRanks(target);
		expect(bestWheel([best, ...others], ranks)).toBe(best);
		expect(bestWheel([...others.toReversed(), best], ranks)).toBe(best);
	});

	it("takes none that does not fit", () =>
		expect(
			bestWheel(["a-1-cp312-cp312-linux_x86_64.whl", "a-1.zip"], tagRanks(bookworm)),
		).toBeUndefined());
});
