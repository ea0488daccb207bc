import "../tests/catalog.ts";
import { describe, expect, it } from "vitest";
import { type Compatibility, compatibility } from "./compatibility.ts";
import { cpythonSeries, findRelease, newestRelease } from "./cpython.ts";
import { type Codename, codenames } from "./debian.ts";

const S = "supported";
const U = "unproven";
const I = "impossible";

/** Every release of the catalog, and versions around a limit: docker-library/python and PEP 644. */
const matrix: Record<string, readonly Compatibility["status"][]> = {
	//          jessie stretch buster bullseye bookworm trixie
	"3.4.10": [S, U, I, I, I, I],
	"3.5.0": [S, I, I, I, I, I],
	"3.5.1": [S, I, I, I, I, I],
	"3.5.2": [S, I, I, I, I, I],
	"3.5.3": [S, S, S, U, U, U],
	"3.5.10": [S, S, S, U, U, U],
	"3.6.15": [S, S, S, S, U, U],
	"3.7.17": [I, S, S, S, S, U],
	"3.8.20": [I, S, S, S, S, U],
	"3.9.2": [I, S, S, S, S, S],
	"3.9.25": [I, S, S, S, S, S],
	"3.10.21": [I, I, S, S, S, S],
	"3.11.2": [I, I, S, S, S, S],
	"3.11.16": [I, I, S, S, S, S],
	"3.12.14": [I, I, U, S, S, S],
	"3.13.5": [I, I, U, S, S, S],
	"3.13.15": [I, I, U, S, S, S],
	"3.14.7": [I, I, U, U, S, S],
	"3.14.8": [I, I, U, U, S, S],
	"3.15.0rc1": [I, I, U, U, U, U],
	"3.15.0": [I, I, U, U, U, U],
};

const pairs = Object.entries(matrix).flatMap(([version, statuses]) =>
	codenames.map((codename, index) => [version, codename, statuses[index]] as const),
);

it("the table holds every release of the catalog", () => {
	const versions = cpythonSeries.flatMap(({ releases }) => releases.map(({ version }) => version));
	expect(Object.keys(matrix)).toEqual(expect.arrayContaining(versions));
	expect(cpythonSeries).toHaveLength(12);
	expect(codenames).toHaveLength(6);
});

it.each(pairs)("CPython %s on %s: %s", (version, codename, status) => {
	const judgement = compatibility(version, codename);
	expect(judgement.status).toBe(status);
	expect(judgement.reason).toMatch(/^[\x20-\x7e]{20,250}$/);
	expect(judgement.nearest.releases.includes(codename)).toBe(status === S);
	for (const python of judgement.nearest.pythons) {
		expect(findRelease(python)).toBeDefined();
		expect(compatibility(python, codename).status).toBe(S);
	}
	for (const release of judgement.nearest.releases)
		expect(compatibility(version, release).status).toBe(S);
});

const newest: Record<Codename, string> = {
	jessie: "3.6.15",
	stretch: "3.9.25",
	buster: "3.11.16",
	bullseye: "3.13.15",
	bookworm: "3.14.7",
	trixie: "3.14.7",
};

it.each(Object.entries(newest))("newest Python for %s: %s", (codename, version) => {
	const { reason, nearest } = compatibility("3.15.0rc1", codename as Codename);
	expect(reason).toContain(`newest Python for ${codename}: ${version}`);
	expect(nearest.pythons[0]).toBe(version);
});

describe("reasons", () => {
	it.each([
		[
			"3.10.21",
			"stretch",
			"CPython 3.10 needs OpenSSL 1.1.1; stretch has 1.1.0; newest Python for stretch: 3.9.25",
		],
		["3.7.17", "jessie", "CPython 3.7 needs OpenSSL 1.0.2; jessie has 1.0.1t"],
		["3.5.2", "stretch", "CPython 3.5.2 needs OpenSSL older than 1.1.0; stretch has 1.1.0"],
		["3.4.10", "trixie", "CPython 3.4.10 needs OpenSSL older than 1.1.0; trixie has 3.5"],
		["3.4.10", "stretch", "libssl1.0-dev"],
		["3.9.25", "stretch", "PEP 644"],
		["3.12.14", "buster", "only pre-releases of CPython 3.12 on buster"],
		["3.13.5", "buster", "nobody is known to have shipped CPython 3.13 on buster"],
		["3.14.7", "buster", "without compression.zstd, which needs zstd 1.4.5 (buster has 1.3.8)"],
		["3.13.5", "bookworm", "docker-library/python shipped CPython 3.13 on bookworm"],
	] as const)("%s on %s: %s", (version, codename, reason) => {
		expect(compatibility(version, codename).reason).toContain(reason);
	});

	it("the zstd note is only there where zstd is too old and the pair possible", () => {
		expect(compatibility("3.14.7", "bullseye").reason).not.toContain("zstd");
		expect(compatibility("3.14.7", "jessie").reason).not.toContain("zstd");
		expect(compatibility("3.13.5", "buster").reason).not.toContain("zstd");
	});
});

describe("nearest", () => {
	it("the same series comes first, then its neighbours, newer before older", () => {
		expect(compatibility("3.5.2", "stretch").nearest.pythons.slice(0, 3)).toEqual([
			"3.5.10",
			"3.6.15",
			"3.7.17",
		]);
		expect(compatibility("3.10.21", "bookworm").nearest.pythons.slice(0, 3)).toEqual([
			"3.10.21",
			"3.11.16",
			"3.9.25",
		]);
	});

	it("the nearest releases come first", () => {
		const { releases } = compatibility("3.10.21", "stretch").nearest;
		expect(releases).toEqual(["buster", "bullseye", "bookworm", "trixie"]);
		expect(compatibility("3.4.10", "trixie").nearest.releases).toEqual(["jessie"]);
	});

	it("every release has a newest Python that works", () => {
		for (const codename of codenames) {
			const works = cpythonSeries.filter(
				(series) => compatibility(newestRelease(series).version, codename).status === S,
			);
			expect(works.at(-1)).toBeDefined();
		}
	});
});

it("a series outside the catalog is an error", () => {
	expect(() => compatibility("3.16.0", "trixie")).toThrow("CPython 3.16.0 is of no series");
	expect(() => compatibility("3.13", "trixie")).toThrow();
});
