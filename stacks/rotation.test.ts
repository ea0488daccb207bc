import { describe, expect, it } from "vitest";
import { findSeries } from "./cpython.ts";
import { type Codename, codenames, debianReleases } from "./debian.ts";
import { knownSide, patchesText, rotation, type Side } from "./rotation.ts";

function side(codename: Codename, series = "3.9", more: Partial<Side> = {}): Side {
	const entry = findSeries(series);
	if (entry === undefined) throw new Error(series);
	return {
		debian: debianReleases[codename],
		python: { version: `${series}.0`, series: entry },
		pip: entry.pip.version,
		...more,
	};
}

it("is nothing where nothing differs, or where what differs is not known", () => {
	expect(rotation(side("bookworm"), side("bookworm"))).toBeUndefined();
	expect(rotation(side("bookworm"), side("bookworm", "3.9", { architecture: "arm64" }))).toBe(
		undefined,
	);
});

it("from bookworm to trixie has newer libraries under the same sonames", () => {
	expect(rotation(side("bookworm", "3.14"), side("trixie", "3.14"))).toEqual({
		versions: [
			{ what: "Debian", before: "bookworm (12)", after: "trixie (13)" },
			{ what: "glibc", before: "2.36", after: "2.41" },
			{ what: "OpenSSL", before: "3.0", after: "3.5" },
			{ what: "libffi", before: "3.4.4", after: "3.4.8" },
			{ what: "SQLite", before: "3.40.1", after: "3.46.1" },
			{ what: "zstd", before: "1.5.4", after: "1.5.7" },
			{ what: "gcc", before: "12.2", after: "14.2" },
		],
		sonames: { gone: [], added: [] },
		wheels: {
			rebuild: "none",
			because: [
				"the same ABI, and no library is gone",
				expect.stringMatching(/with 2\.41 does not go back to bookworm$/),
			],
		},
		support: [
			{ what: "security team until", before: "2026-07-11", after: "2028-08-09" },
			{ what: "LTS until", before: "2028-06-30", after: "2030-06-30" },
			{ what: "ELTS (paid) until", before: "2033-06-30", after: "2035-06-30" },
		],
	});
});

it("from bullseye to bookworm loses OpenSSL 1.1 and libffi 7", () => {
	const { sonames, wheels } = rotation(side("bullseye"), side("bookworm")) ?? {};
	expect(sonames).toEqual({
		gone: ["libcrypto.so.1.1", "libffi.so.7", "libssl.so.1.1"],
		added: ["libcrypto.so.3", "libffi.so.8", "libssl.so.3"],
	});
	expect(wheels?.rebuild).toBe("linked");
	expect(wheels?.because[0]).toContain("libffi.so.7");
});

describe("compiled wheels", () => {
	const rebuild = (before: Side, after: Side) => rotation(before, after)?.wheels;

	it("of another series are all built again, but for the stable ABI on the way up", () => {
		expect(rebuild(side("bookworm", "3.13"), side("bookworm", "3.14"))).toEqual({
			rebuild: "compiled",
			because: ["CPython 3.14 has another ABI than 3.13; only those of the stable ABI (abi3) stay"],
		});
		const down = rebuild(side("bookworm", "3.10"), side("bookworm", "3.9"));
		expect(down?.because).toEqual(["CPython 3.9 has another ABI than 3.10"]);
	});

	it("of the same series stay at a new patch release", () => {
		const newer = { ...side("bookworm").python, version: "3.9.25" };
		const wheels = rebuild(side("bookworm"), side("bookworm", "3.9", { python: newer }));
		expect(wheels).toEqual({
			rebuild: "none",
			because: ["the same ABI, and no library is gone"],
		});
	});

	it("of another variant are all built again", () => {
		const common = side("bookworm", "3.13");
		const python = { ...common.python, variant: "free-threaded" } as const;
		const free = side("bookworm", "3.13", { python });
		expect(rotation(common, free)).toMatchObject({
			versions: [{ what: "Python", before: "3.13.0", after: "3.13.0t" }],
			wheels: { rebuild: "compiled", because: ["CPython 3.13t has another ABI than 3.13"] },
		});
	});

	it("stay for a debug build, and go with it", () => {
		const common = side("bookworm", "3.13");
		const debug = side("bookworm", "3.13", { python: { ...common.python, variant: "debug" } });
		expect(rebuild(common, debug)?.rebuild).toBe("none");
		expect(rebuild(debug, common)?.rebuild).toBe("compiled");
	});

	it("go forward to a newer glibc, and never back", () => {
		for (const [at, older] of codenames.entries())
			for (const newer of codenames.slice(at + 1)) {
				expect(rebuild(side(older), side(newer))?.rebuild).not.toBe("compiled");
				expect(rebuild(side(newer), side(older))?.rebuild).toBe("compiled");
			}
	});

	it("of another architecture are all built again", () => {
		const on = (architecture: string) => side("trixie", "3.14", { architecture });
		expect(rebuild(on("amd64"), on("arm64"))).toEqual({
			rebuild: "compiled",
			because: ["they are compiled for amd64"],
		});
	});
});

it("tells the pip of the other series", () => {
	expect(rotation(side("trixie", "3.9"), side("trixie", "3.10"))?.versions).toEqual([
		{ what: "Python", before: "3.9.0", after: "3.10.0" },
		{ what: "pip", before: "26.0.1", after: "26.2.1" },
	]);
});

describe("a side by its names", () => {
	it("has what the catalogs know", () => {
		expect(knownSide("bookworm", "3.13.5", "amd64")).toEqual({
			debian: debianReleases.bookworm,
			python: { version: "3.13.5", series: findSeries("3.13") },
			architecture: "amd64",
		});
	});

	it.each([
		[undefined, "3.13.5"],
		["bookworm", undefined],
		["sarge", "3.13.5"],
		["constructor", "3.13.5"],
		["bookworm", "2.7.18"],
	])("%s with %s is not known", (codename, version) => {
		expect(knownSide(codename, version, undefined)).toBeUndefined();
	});
});

it("a patch is a change for users, of no wheel", () => {
	const patches = patchesText([
		{ name: "a.patch", cves: ["CVE-2026-0001"] },
		{ name: "b.patch", cves: [] },
	]);
	const before = side("bookworm", "3.13", { patches: patchesText() });
	expect(rotation(before, { ...before, patches })).toMatchObject({
		versions: [
			{ what: "Python's patches", before: "none", after: "a.patch (CVE-2026-0001), b.patch" },
		],
		wheels: { rebuild: "none" },
	});
});
