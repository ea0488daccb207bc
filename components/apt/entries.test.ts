import { describe, expect, it } from "vitest";
import {
	addEntries,
	type Entry,
	hasImage,
	indexText,
	keptEntries,
	parseEntries,
	poolFolder,
} from "./entries.ts";

const DAY = 24 * 60 * 60 * 1000;
const now = new Date("2026-11-27T12:00:00Z");
const daysAgo = (days: number) => new Date(now.getTime() - days * DAY);

/** A package that was published so many days ago. */
function entry(version: string, days: number, more: Record<string, string> = {}): Entry {
	const fields = {
		Package: "cpython3.13",
		Architecture: "amd64",
		Version: version,
		Filename: `${poolFolder("bookworm", `key${version}`, daysAgo(days), "0a")}/x.deb`,
		SHA256: version,
		...more,
	};
	const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
	return parseEntries(lines.join(""))[0] as Entry;
}

const versions = (entries: readonly Entry[]) => entries.map(({ version }) => version);

it("an index is read and written as it is, whatever the order", () => {
	const index = [
		"Package: a\nArchitecture: amd64\nVersion: 1\nFilename: pool/a.deb\nDescription: one\n two\n .\n three\n\n",
		"Package: b\nArchitecture: all\nVersion: 1\nFilename: pool/b.deb\n\n",
	];
	const entries = parseEntries(index.join(""));
	expect(entries.map((each) => each.package)).toEqual(["a", "b"]);
	expect(indexText(entries.toReversed(), "amd64")).toBe(index.join(""));
	expect(indexText(entries, "arm64")).toBe(index[1]);
	expect(parseEntries("")).toEqual([]);
});

it("a folder in the pool is of one image, and of one publication", () => {
	const moment = new Date("2026-11-27T12:34:56.789Z");
	const folder = poolFolder("bookworm", "0123456789ab", moment, "0a0b0c0d");
	expect(folder).toBe("pool/bookworm/0123456789ab/20261127T123456Z-0a0b0c0d");
	const [published] = parseEntries(`Package: a\nFilename: ${folder}/a.deb\n`);
	expect(hasImage([published as Entry], "0123456789ab")).toBe(true);
	expect(hasImage([published as Entry], "0123456789ac")).toBe(false);
});

describe("what is added", () => {
	const former = [entry("1", 3), entry("2", 2)];

	it("is there beside what was", () => {
		expect(versions(addEntries(former, [entry("3", 0)], "bookworm"))).toEqual(["1", "2", "3"]);
	});

	it("takes the place of the same, of another image", () => {
		const same = entry("2", 0);
		expect(addEntries(former, [same], "bookworm")).toEqual([former[0], same]);
	});

	it("is refused where the version is there with other content, but not of another architecture", () => {
		const other = entry("2", 0, { SHA256: "other" });
		expect(() => addEntries(former, [other], "bookworm")).toThrow(
			"cpython3.13 2 (amd64) is published in bookworm with other content, and what is published never changes; raise packageRelease",
		);
		const elsewhere = { ...other, architecture: "arm64" };
		expect(addEntries(former, [elsewhere], "bookworm")).toHaveLength(3);
	});
});

describe("what stays", () => {
	const kept = (entries: readonly Entry[], days: number) =>
		versions(keptEntries(entries, now, days));

	it("is what was published last, for ever", () => {
		expect(kept([entry("1", 10_000)], 0)).toEqual(["1"]);
	});

	it("is what it took the place of, for so many days from then on", () => {
		const entries = [entry("1", 500), entry("2", 40), entry("3", 20)];
		expect(kept(entries, 41)).toEqual(["1", "2", "3"]);
		expect(kept(entries, 39)).toEqual(["2", "3"]);
		expect(kept(entries, 19)).toEqual(["3"]);
	});

	it("is another package, or of another architecture, whatever is newer", () => {
		const entries = [
			entry("1", 500),
			entry("2", 400, { Package: "cpython3.14" }),
			entry("3", 300, { Architecture: "arm64" }),
		];
		expect(kept(entries, 0)).toEqual(["1", "2", "3"]);
	});
});
