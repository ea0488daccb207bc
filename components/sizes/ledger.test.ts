import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldersOf, growth, sumFolders, totalBytes } from "./ledger.ts";

const MB = 1_000_000;

describe("the folders of a layer", () => {
	it("have a line where they are large; a small one counts to the one that it is in", () => {
		const sizes = new Map([
			["opt/python/lib", 3 * MB],
			["opt/python/lib/json", 50_000],
			["opt/python/lib/xml", 2 * MB],
			["etc", 10],
			["usr/share/doc/a", 60_000],
			["usr/share/doc/b", 60_000],
		]);
		expect(foldersOf(sizes)).toEqual({
			".": 10,
			"opt/python/lib": 3 * MB + 50_000,
			"opt/python/lib/xml": 2 * MB,
			"usr/share/doc": 120_000,
		});
	});

	it("end at the sixth level", () => {
		const sizes = new Map([
			["a/b/c/d/e/f/g/h", MB],
			["a/b/c/d/e/f", 1],
		]);
		expect(foldersOf(sizes)).toEqual({ "a/b/c/d/e/f": MB + 1 });
	});

	it("are all of the layer, in the order of their paths", () => {
		const name = fc.constantFrom("a", "b", "B", "c.d", "é");
		const path = fc.array(name, { minLength: 1, maxLength: 9 }).map((parts) => parts.join("/"));
		const sizes = fc.array(fc.tuple(path, fc.nat(300_000))).map((entries) => new Map(entries));
		fc.assert(
			fc.property(sizes, (map) => {
				const folders = foldersOf(map);
				expect(totalBytes(folders)).toBe([...map.values()].reduce((sum, size) => sum + size, 0));
				expect(Object.keys(folders)).toEqual(Object.keys(folders).sort());
			}),
		);
	});
});

describe("growth", () => {
	it("names what changed, the most first, also what came and went", () => {
		const before = { same: 1, more: 1, gone: 5, less: 9 };
		const after = { same: 1, more: 3, come: 7, less: 8 };
		expect(growth(before, after)).toEqual([
			["come", 7],
			["more", 2],
			["less", -1],
			["gone", -5],
		]);
	});

	it("counts layers together", () => {
		expect(sumFolders([{ b: 1 }, { a: 2, b: 3 }])).toEqual({ a: 2, b: 4 });
	});
});
