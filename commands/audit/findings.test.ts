import { describe, expect, it } from "vitest";
import { compareVersions, findSeries } from "../../stacks/cpython.ts";
import { osvRecords } from "../../tests/osv.ts";
import type { Component } from "./components.ts";
import { findings, type Placed, placed } from "./findings.ts";
import { isAffected, type OsvRecord, packageKey } from "./osv.ts";

const records = Object.values(osvRecords).flat();

function debian(name: string, version: string): Component {
	const packages = [{ ecosystem: "Debian:12" as const, name, version }];
	return { kind: "debian", name, version, packages, refs: [], resolved: [] };
}

function pypi(kind: "locked" | "pip", name: string, version: string): Component {
	const packages = [{ ecosystem: "PyPI" as const, name, version }];
	return { kind, name, version, packages, refs: [], resolved: [] };
}

function cpython(version: string, resolved: string[] = []): Component {
	const git = { ecosystem: "GIT" as const, name: "https://github.com/python/cpython" };
	return {
		...{ kind: "cpython", name: "CPython", version, refs: [], resolved },
		packages: [
			{ ...git, version: `v${version}` },
			{ ecosystem: "Bitnami", name: "python", version },
		],
	};
}

/** What images have, by records that are matched as OSV would. */
function found(components: readonly Component[], of: readonly OsvRecord[] = records) {
	const all: Placed[] = components.map((component) => ({ component, images: ["python"] }));
	const packages = components.flatMap((each) => each.packages);
	const matches = packages.map(
		(each) => [packageKey(each), of.filter((record) => isAffected(record, each))] as const,
	);
	return findings(all, new Map(matches));
}

const shown = (all: ReturnType<typeof found>) => all.map(({ id, way, fixed }) => [id, way, fixed]);

describe("the way out", () => {
	it("of Debian's is a newer base, where its archive has a fix", () => {
		expect(shown(found([debian("glibc", "2.36-9+deb12u14"), debian("bash", "5.2.15-2")]))).toEqual([
			["CVE-2026-1001", "base", "2.36-9+deb12u15"],
			["CVE-2026-1003", "none", undefined],
			["CVE-2026-1002", "none", undefined],
		]);
	});

	it("of CPython is a release of its series, else a patch of one's own", () => {
		expect(shown(found([cpython("3.13.5")]))).toEqual([
			["CVE-2026-3001", "python", "3.13.8"],
			["CVE-2026-3002", "patch", undefined],
		]);
	});

	it("of CPython whose fix is known as a commit alone is the first release of the catalog without it", () => {
		const [psf] = osvRecords.git;
		const first = findSeries("3.13")?.releases.find(
			({ version }) => compareVersions(version, "3.13.7") > 0,
		);
		expect(shown(found([cpython("3.13.5")], [psf as OsvRecord]))).toEqual([
			["CVE-2026-3001", "python", first?.version],
		]);
	});

	it("of CPython whose fix another series alone has is a patch", () => {
		const [bitnami] = osvRecords.bitnami;
		const [psf] = osvRecords.git;
		const old = {
			...psf,
			affected: psf?.affected?.map((each) => ({ ...each, versions: ["v3.9.25"] })),
		};
		expect(shown(found([cpython("3.9.25")], [bitnami as OsvRecord, old as OsvRecord]))).toEqual([
			["CVE-2026-3001", "patch", undefined],
		]);
	});

	it("of a lock's distribution is its lock, of the venv's pip the catalog", () => {
		expect(shown(found([pypi("locked", "jinja2", "3.1.6"), pypi("pip", "pip", "26.0")]))).toEqual([
			["CVE-2026-2001", "lock", "3.1.7"],
			["CVE-2026-2002", "pip", "26.1"],
		]);
	});

	it("of what is bundled is that of what it is in", () => {
		const inside = (carrier: Component): Component => ({
			...{ ...pypi("pip", "pip", "25.1"), kind: "bundled", carrier },
		});
		const ways = [cpython("3.13.7"), pypi("locked", "x", "1")].map(
			(carrier) => found([inside(carrier)])[0]?.way,
		);
		expect(ways).toEqual(["python", "lock"]);
	});
});

describe("a vulnerability", () => {
	it("of several databases is one, with all its ids, and the worst of their severities", () => {
		const [jinja] = found([pypi("locked", "jinja2", "3.1.6")]);
		expect(jinja).toMatchObject({
			aliases: ["CVE-2026-2001", "GHSA-aaaa-bbbb-cccc", "PYSEC-2026-1"],
			severity: "high",
			summary: "Jinja escapes its sandbox",
		});
		const [python] = found([cpython("3.13.5")]);
		expect(python?.aliases).toEqual(["BIT-python-2026-3001", "CVE-2026-3001", "PSF-2026-1"]);
		expect([python?.severity, python?.score]).toEqual(["high", 7.5]);
	});

	it("has the fix that all databases agree on", () => {
		const [ghsa, pysec] = osvRecords.python as [OsvRecord, OsvRecord];
		const later = JSON.parse(JSON.stringify(pysec).replace("3.1.7", "3.1.8")) as OsvRecord;
		expect(found([pypi("locked", "jinja2", "3.1.6")], [later, ghsa])[0]?.fixed).toBe("3.1.8");
	});

	it("joins records that only a third says are the same", () => {
		const [ghsa, pysec] = osvRecords.python as [OsvRecord, OsvRecord];
		const one = { ...ghsa, aliases: [] };
		const other = { ...pysec, id: "PYSEC-9", aliases: ["CVE-2026-9"] };
		const both = { ...pysec, id: "X-1", aliases: [one.id, "CVE-2026-9"] };
		expect(found([pypi("locked", "jinja2", "3.1.6")], [one, other, both])).toHaveLength(1);
	});

	it("of an advisory of several counts where none of them has a record", () => {
		const dsa = osvRecords.debian.filter(({ id }) => id.startsWith("DSA"));
		expect(shown(found([debian("glibc", "2.36-9+deb12u14")], dsa))).toEqual([
			["DSA-6001-1", "base", "2.36-9+deb12u15"],
		]);
	});

	it("that a patch of its own resolves does not count, nor what Debian calls unimportant", () => {
		const states = found([
			cpython("3.13.5", ["CVE-2026-3002"]),
			debian("glibc", "2.36-9+deb12u14"),
		]);
		expect(states.map(({ id, state }) => [id, state])).toEqual([
			["CVE-2026-1001", "open"],
			["CVE-2026-3001", "open"],
			["CVE-2026-1002", "unimportant"],
			["CVE-2026-3002", "resolved"],
		]);
	});
});

it("a component of several images is one, but not where one of them lacks a patch", () => {
	const all = placed([
		["python", [cpython("3.13.5"), debian("bash", "5")]],
		["app-shop", [cpython("3.13.5", ["CVE-2026-3002"]), { ...debian("bash", "5"), refs: ["b"] }]],
	]);
	expect(all.map(({ component, images }) => [component.name, images])).toEqual([
		["CPython", ["python"]],
		["bash", ["python", "app-shop"]],
		["CPython", ["app-shop"]],
	]);
	expect(all[1]?.component.refs).toEqual(["b"]);
});
