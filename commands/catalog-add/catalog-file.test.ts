import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CPythonRelease, cpythonSeries } from "../../stacks/cpython.ts";
import { insertRelease, writeRelease } from "./catalog-file.ts";

const catalog = readFileSync("stacks/cpython.ts", "utf8");

function release(version: string): CPythonRelease {
	return { version, format: "tar.xz", sha256: "0123456789abcdef".repeat(4) };
}

function biomeFormat(text: string): string {
	return execFileSync(
		"node_modules/.bin/biome",
		["format", "--stdin-file-path=stacks/cpython.ts"],
		{
			input: text,
			encoding: "utf8",
		},
	);
}

/** The lines that the new text has and the old one lacks; the others must be the same, in order. */
function added(text: string): { before: string; lines: string[] } {
	const [before = [], after = []] = [catalog.split("\n"), text.split("\n")];
	const at = after.findIndex((line, index) => line !== before[index]);
	const count = after.length - before.length;
	expect([...after.slice(0, at), ...after.slice(at + count)]).toEqual(before);
	return {
		before: after.slice(0, at).join("\n"),
		lines: after.slice(at, at + count),
	};
}

describe("a release goes into the real catalog", () => {
	it.each(cpythonSeries.map(({ series }) => series))("as the newest of %s", (series) => {
		const text = insertRelease(catalog, series, release(`${series}.999`));
		const { before, lines } = added(text);
		expect(lines.join("\n")).toContain(`xzTarball("${series}.999", "`);
		expect(before.slice(before.lastIndexOf("series: "))).toMatch(`series: "${series}"`);
	});

	it("as Biome formats it", () => {
		const text = cpythonSeries.reduce(
			(before, { series }) => insertRelease(before, series, release(`${series}.999`)),
			catalog,
		);
		expect(biomeFormat(text)).toBe(text);
	});
});

it("a release goes between the older ones and the newer ones, whatever comments they have", () => {
	const entry = (version: string, comment = "") =>
		`\t\t\txzTarball("${version}", "${release(version).sha256}"),${comment}\n`;
	const file = (...entries: string[]) =>
		`export const a = [\n\t{\n\t\tseries: "3.15", // {\n\t\treleases: [\n${entries.join("")}\t\t],\n\t},\n];\n`;
	const [beta, candidate] = [entry("3.15.0b2", " // ],"), entry("3.15.0rc1", " // {")];
	const last = entry("3.15.10");
	for (const [version, expected] of [
		["3.15.0b1", file(entry("3.15.0b1"), beta, candidate, last)],
		["3.15.0b3", file(beta, entry("3.15.0b3"), candidate, last)],
		["3.15.0", file(beta, candidate, entry("3.15.0"), last)],
		["3.15.9", file(beta, candidate, entry("3.15.9"), last)],
		["3.15.11", file(beta, candidate, last, entry("3.15.11"))],
	] as const)
		expect(insertRelease(file(beta, candidate, last), "3.15", release(version))).toBe(expected);
});

it("the first release of a new series", () => {
	const empty = catalog.replace(/(series: "3\.15",.*?releases: )\[.*?\n\t\t\]/s, "$1[]");
	expect(empty).toContain("releases: [],");
	const text = insertRelease(empty, "3.15", release("3.15.0a1"));
	expect(insertRelease(text, "3.15", release("3.15.0a1"))).toBe(text);
	expect(biomeFormat(text)).toBe(text);
});

it("a release that is there stays as it is", () => {
	for (const { series, releases } of cpythonSeries)
		for (const known of releases) expect(insertRelease(catalog, series, known)).toBe(catalog);
});

it.each([{ sha256: "0".repeat(64) }, { format: "tgz" as const }])(
	"a release that is there with another hash or format is refused (%j)",
	(change) => {
		const [known] = cpythonSeries[0]?.releases ?? [];
		if (known === undefined) throw new Error("the catalog is empty");
		expect(() => insertRelease(catalog, "3.4", { ...known, ...change })).toThrow(
			/^the catalog has Python 3\.4\.\d+ with other content: tar\.xz [0-9a-f]{64}, not /,
		);
	},
);

it("a series that is not there is refused", () => {
	expect(() => insertRelease(catalog, "3.99", release("3.99.0"))).toThrow(
		"the catalog has 0 lists of",
	);
});

describe("the file", () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "catalog-"));
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	it("is replaced whole, also over what a killed run left, and once", async () => {
		const path = join(folder, "cpython.ts");
		writeFileSync(path, catalog);
		writeFileSync(`${path}.partial`, "half of a cata");
		expect(await writeRelease(path, "3.13", release("3.13.999"))).toBe(true);
		const written = readFileSync(path, "utf8");
		expect(written).toBe(insertRelease(catalog, "3.13", release("3.13.999")));
		expect(await writeRelease(path, "3.13", release("3.13.999"))).toBe(false);
		expect(readFileSync(path, "utf8")).toBe(written);
		expect(readdirSync(folder)).toEqual(["cpython.ts"]);
	});
});
