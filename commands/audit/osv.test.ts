import { describe, expect, it } from "vitest";
import { fixedIn, fixingCommits, isAffected, type OsvPackage, type OsvRecord } from "./osv.ts";

const jinja = (version: string): OsvPackage => ({ ecosystem: "PyPI", name: "jinja2", version });

function record(...events: { [kind: string]: string }[]): OsvRecord {
	const ranges = [{ type: "ECOSYSTEM" as const, events }];
	return {
		id: "PYSEC-1",
		affected: [{ package: { ecosystem: "PyPI", name: "jinja2" }, ranges }],
	};
}

describe("a package is affected", () => {
	const twice = record(
		{ introduced: "0" },
		{ fixed: "2.1" },
		{ introduced: "3.0" },
		{ fixed: "3.2" },
	);

	it.each([
		["1.0", true],
		["2.1", false],
		["2.9", false],
		["3.0", true],
		["3.2rc1", true],
		["3.2", false],
		["not a version", false],
	])("in %s: %s", (version, is) => {
		expect(isAffected(twice, jinja(version))).toBe(is);
	});

	it("up to the last that is, and not after it", () => {
		const until = record({ introduced: "1.0" }, { last_affected: "1.5" });
		expect(
			["0.9", "1.0", "1.5", "1.6"].map((version) => isAffected(until, jinja(version))),
		).toEqual([false, true, true, false]);
		expect(fixedIn(until, jinja("1.5"))).toBeUndefined();
	});

	it("whatever the order of the events, and with a fix at the version of another's begin", () => {
		const mixed = record({ fixed: "2.0" }, { introduced: "2.0" }, { introduced: "0" });
		expect([isAffected(mixed, jinja("1.9")), isAffected(mixed, jinja("2.0"))]).toEqual([
			true,
			false,
		]);
	});

	it("in a version that is listed, though no range has it", () => {
		const package_ = { ecosystem: "PyPI", name: "jinja2" };
		const listed = { id: "PYSEC-2", affected: [{ package: package_, versions: ["2.4.1"] }] };
		expect(isAffected(listed, jinja("2.4.1"))).toBe(true);
		expect(isAffected(listed, jinja("2.4.2"))).toBe(false);
	});

	it("not by a record that was withdrawn, or of another package or release of Debian", () => {
		expect(isAffected({ ...twice, withdrawn: "2026-01-01T00:00:00Z" }, jinja("1.0"))).toBe(false);
		expect(isAffected(twice, { ...jinja("1.0"), name: "markupsafe" })).toBe(false);
		expect(isAffected(twice, { ...jinja("1.0"), ecosystem: "Debian:12" })).toBe(false);
	});
});

it("is fixed in the first version that is newer", () => {
	const backported = record(
		{ introduced: "0" },
		{ fixed: "2.1" },
		{ introduced: "3.0" },
		{ fixed: "3.2" },
	);
	expect(fixedIn(backported, jinja("1.0"))).toBe("2.1");
	expect(fixedIn(backported, jinja("3.1"))).toBe("3.2");
	expect(fixedIn(backported, jinja("3.2"))).toBeUndefined();
});

describe("a tag of a repository", () => {
	// As psf/advisory-database has it, with the tags that OSV adds.
	const psf: OsvRecord = {
		id: "PSF-2024-6",
		affected: [
			{
				ranges: [
					{
						type: "GIT",
						repo: "https://github.com/python/cpython",
						events: [{ introduced: "0" }, { fixed: "39258d3595300bc7b952854c915f63ae2d4b9c3e" }],
					},
				],
				versions: ["v3.9.19", "v3.9.20"],
			},
		],
	};
	const cpython = (version: string, name = "https://github.com/python/cpython"): OsvPackage => ({
		ecosystem: "GIT",
		name,
		version,
	});

	it("is affected where it is listed, by any address of the repository", () => {
		expect(isAffected(psf, cpython("v3.9.20"))).toBe(true);
		expect(isAffected(psf, cpython("v3.9.20", "https://github.com/Python/cpython.git"))).toBe(true);
		expect(isAffected(psf, cpython("v3.10.0"))).toBe(false);
		expect(isAffected(psf, cpython("v3.9.20", "https://github.com/python/mypy"))).toBe(false);
	});

	it("is fixed by commits", () => {
		expect(fixedIn(psf, cpython("v3.9.20"))).toBeUndefined();
		expect(fixingCommits(psf, cpython("v3.9.20"))).toEqual([
			"39258d3595300bc7b952854c915f63ae2d4b9c3e",
		]);
	});
});
