import { mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { osvRecords, writeDumps } from "../../tests/osv.ts";
import { readDumps } from "./dumps.ts";
import type { OsvPackage } from "./osv.ts";

const packages: OsvPackage[] = [
	{ ecosystem: "Debian:12", name: "glibc", version: "2.36-9+deb12u14" },
	{ ecosystem: "Debian:13", name: "glibc", version: "2.36-9+deb12u14" },
	{ ecosystem: "PyPI", name: "jinja2", version: "3.1.6" },
	{ ecosystem: "GIT", name: "https://github.com/python/cpython", version: "v3.13.5" },
];

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "dumps-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("has what the API would answer", async () => {
	const { debian: Debian, python: PyPI, git: GIT } = osvRecords;
	const other = { id: "CVE-1", affected: [{ ranges: [], versions: ["v3.13.5"] }] };
	await writeDumps(folder, { Debian, PyPI, GIT: [...GIT, other] });
	const matches = await readDumps(folder, packages);
	expect([...matches].map(([key, records]) => [key, records.map(({ id }) => id)])).toEqual([
		[
			"Debian:12/glibc@2.36-9+deb12u14",
			["DEBIAN-CVE-2026-1001", "DEBIAN-CVE-2026-1002", "DSA-6001-1"],
		],
		["Debian:13/glibc@2.36-9+deb12u14", []],
		["PyPI/jinja2@3.1.6", ["GHSA-aaaa-bbbb-cccc", "PYSEC-2026-1"]],
		["GIT/https://github.com/python/cpython@v3.13.5", ["PSF-2026-1", "PSF-2026-2"]],
	]);
});

it("is an error where dumps are missing, with their names", async () => {
	await writeDumps(folder, { PyPI: [] });
	await expect(readDumps(folder, packages)).rejects.toThrow(
		/lacks Debian\/all\.zip, GIT\/all\.zip; fetch each from /,
	);
});

it("is an error where a dump is cut short", async () => {
	const { debian: Debian, python: PyPI, git: GIT } = osvRecords;
	await writeDumps(folder, { Debian, PyPI, GIT });
	truncateSync(join(folder, "PyPI/all.zip"), 300);
	await expect(readDumps(folder, packages)).rejects.toThrow(
		/PyPI\/all\.zip cannot be read \(.+\); /,
	);
});
