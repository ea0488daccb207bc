import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	absentModules,
	type CPythonSeries,
	canOptimize,
	compareVersions,
	cpythonSeries,
	extensionsFor,
	findRelease,
	findSeries,
	hasZstd,
	isPreRelease,
	leftOutModules,
	newestRelease,
	parseVersion,
	seriesOf,
	sourceUrl,
} from "./cpython.ts";
import { debianReleases } from "./debian.ts";

function series(name: string): CPythonSeries {
	const found = findSeries(name);
	if (found === undefined) throw new Error(`no series ${name}`);
	return found;
}

it("the catalog has 3.4 to 3.15, in order", () => {
	expect(cpythonSeries.map((entry) => entry.series)).toEqual(
		Array.from({ length: 12 }, (_, index) => `3.${index + 4}`),
	);
});

describe.each(cpythonSeries)("$series", (entry) => {
	it("releases are of this series, in order, with a hash of their own", () => {
		const versions = entry.releases.map(({ version }) => version);
		expect(versions.length).toBeGreaterThan(0);
		for (const version of versions) expect(seriesOf(version)).toBe(entry);
		expect(versions).toEqual([...versions].sort(compareVersions));
		for (const { sha256 } of entry.releases) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
	});

	it("dates, pip and release managers are well-formed", () => {
		expect(entry.endOfLife).toMatch(/^20\d\d-[01]\d(-[0-3]\d)?$/);
		const { released, bugfixEnd } = entry;
		for (const day of [released, bugfixEnd])
			expect(new Date(day).toISOString().slice(0, 10)).toBe(day);
		expect(released < bugfixEnd && bugfixEnd < entry.endOfLife).toBe(true);
		expect(entry.pip.version).toMatch(/^\d+\.\d+(\.\d+)?$/);
		expect(entry.pip.sha256).toMatch(/^[0-9a-f]{64}$/);
		expect(entry.releaseManagers).not.toHaveLength(0);
		for (const { gpg, sigstore } of entry.releaseManagers) {
			expect(gpg ?? sigstore).toBeDefined();
			if (gpg !== undefined) expect(gpg).toMatch(/^[0-9A-F]{40}$/);
			if (sigstore !== undefined) expect(sigstore.issuer).toMatch(/^https:\/\//);
		}
	});

	it("no option or extension twice", () => {
		for (const list of [entry.configureFlags, entry.extensions])
			expect(new Set(list).size).toBe(list.length);
	});
});

it("no hash stands for two things", () => {
	const hashes = cpythonSeries.flatMap(({ releases }) => releases.map(({ sha256 }) => sha256));
	expect(new Set(hashes).size).toBe(hashes.length);
});

it("configure options by series", () => {
	const having = (flag: string) =>
		cpythonSeries
			.filter((entry) => entry.configureFlags.includes(flag))
			.map((entry) => entry.series);
	expect(having("--enable-option-checking=fatal")).toHaveLength(12);
	expect(having("--with-system-ffi")).toEqual(["3.4", "3.5", "3.6"]);
	expect(having("--without-static-libpython")[0]).toBe("3.10");
	expect(having("--disable-test-modules")[0]).toBe("3.11");
});

it("extensions by series and release", () => {
	const { bookworm, buster } = debianReleases;
	expect(extensionsFor(series("3.6"), bookworm)).not.toContain("_uuid");
	expect(extensionsFor(series("3.7"), bookworm)).toContain("_uuid");
	expect(extensionsFor(series("3.12"), bookworm)).toContain("_crypt");
	expect(extensionsFor(series("3.13"), bookworm)).not.toContain("_crypt");
	expect(extensionsFor(series("3.13"), bookworm)).not.toContain("_zstd");
	expect(extensionsFor(series("3.14"), bookworm)).toContain("_zstd");
	expect(extensionsFor(series("3.14"), buster)).not.toContain("_zstd");
	expect(hasZstd(series("3.15"), debianReleases.jessie)).toBe(false);
});

it("sources on python.org", () => {
	expect(sourceUrl("3.6.15", "tar.xz")).toMatch(
		/\/ftp\/python\/3\.6\.15\/Python-3\.6\.15\.tar\.xz$/,
	);
	expect(sourceUrl("3.15.0rc1", "tgz")).toMatch(/\/3\.15\.0\/Python-3\.15\.0rc1\.tgz$/);
});

it("PGO came with 3.5.4 and 3.6.2", () => {
	const versions = [
		"3.4.10",
		"3.5.2",
		"3.5.3",
		"3.5.4",
		"3.5.10",
		"3.6.1",
		"3.6.2",
		"3.6.15",
		"3.13.5",
	];
	expect(versions.filter(canOptimize)).toEqual(["3.5.4", "3.5.10", "3.6.2", "3.6.15", "3.13.5"]);
});

describe("versions", () => {
	it("parts", () => {
		expect(parseVersion("3.13.5")).toEqual({ major: 3, minor: 13, patch: 5 });
		expect(parseVersion("3.15.0rc1")).toEqual({
			major: 3,
			minor: 15,
			patch: 0,
			preRelease: { kind: "rc", number: 1 },
		});
	});

	it.each(["", "3", "3.13", "3.13.05", "3.013.5", "v3.13.5", "3.13.5 ", "3.13.5\n", "3.15.0rc"])(
		"%j is none",
		(text) => expect(parseVersion(text)).toBeUndefined(),
	);

	it("order", () => {
		const ordered = ["3.4.10", "3.9.2", "3.9.25", "3.15.0a1", "3.15.0b2", "3.15.0rc1", "3.15.0"];
		expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
		expect(compareVersions("1.0.1t", "1.0.2")).toBeLessThan(0);
		expect(compareVersions("1.1.1w", "1.1.1")).toBe(0);
		expect(compareVersions("3.5.7", "1.1.1")).toBeGreaterThan(0);
		expect(compareVersions("3.10", "3.9")).toBeGreaterThan(0);
	});

	it("order is antisymmetric and numeric", () => {
		const part = fc.nat(999);
		fc.assert(
			fc.property(fc.tuple(part, part, part), fc.tuple(part, part, part), (a, b) => {
				const order = compareVersions(a.join("."), b.join("."));
				expect(Math.sign(order)).toBe(-Math.sign(compareVersions(b.join("."), a.join("."))) + 0);
				const first = a.findIndex((value, index) => value !== b[index]);
				expect(Math.sign(order)).toBe(Math.sign((a[first] ?? 0) - (b[first] ?? 0)));
			}),
		);
	});

	it("newest release, final before pre-release", () => {
		const newest = (...versions: string[]) => {
			const [any] = series("3.15").releases;
			if (any === undefined) throw new Error("no release");
			const releases = versions.map((version) => ({ ...any, version }));
			return newestRelease({ ...series("3.15"), releases }).version;
		};
		expect(newest("3.15.0rc1", "3.15.0rc2")).toBe("3.15.0rc2");
		expect(newest("3.15.0rc1", "3.15.9", "3.15.10", "3.15.11rc1")).toBe("3.15.10");
		expect(isPreRelease("3.15.0rc1")).toBe(true);
		expect(isPreRelease("3.15.0")).toBe(false);
	});

	it("look-ups", () => {
		expect(findRelease("3.11.2")?.format).toBe("tgz");
		expect(findRelease("3.13.999")).toBeUndefined();
		expect(seriesOf("3.13.999")?.series).toBe("3.13");
		expect(seriesOf("2.7.18")).toBeUndefined();
	});
});

describe("the modules that the package leaves out", () => {
	it("are those that debian/rules removes or does not build", () => {
		const rules = readFileSync("components/pybuild/context/recipe/debian/rules", "utf8");
		const [, prune = ""] = /^prune:\n((?:\t.*\n)+)/m.exec(rules) ?? [];
		const removed = [...prune.matchAll(/\$\(lib\)\/(\w+)(?:\.py)?(?=\s)/g)].map(([, name]) => name);
		const folders = [...prune.matchAll(/-name (\w+)/g)].map(([, name]) => name);
		expect(folders).toContain("test");
		const compile = readFileSync("components/pybuild/context/compile/compile", "utf8");
		expect(compile).toContain("py_cv_module__tkinter=n/a");
		expect(prune).toContain("/lib-dynload/nis.*so");
		expect([...removed, "test", "_tkinter", "nis"].sort()).toEqual([...leftOutModules].sort());
	});

	it("have compression.zstd among them where the release's zstd is too old", () => {
		expect(absentModules(series("3.14"), debianReleases.buster)).toEqual(
			expect.arrayContaining(["_zstd", "compression.zstd", "test"]),
		);
		expect(absentModules(series("3.14"), debianReleases.bookworm)).toEqual(leftOutModules);
	});
});
