import { expect, it } from "vitest";
import { debPurl, pypiPurl } from "../../components/sbom/purl.ts";
import { componentsOf } from "./components.ts";

const bom = (...components: object[]) => ({
	serialNumber: "urn:uuid:404db6c4-c27d-8de0-a53d-2fc90df5b9e4",
	version: 1,
	components: components as never,
});
const deb = (name: string, version: string, source?: { name: string; version: string }) => {
	const purl = debPurl("debian", { name, version, architecture: "amd64" }, "12", source);
	return { "bom-ref": purl, name, version, purl };
};
const asked = (...components: object[]) =>
	componentsOf(bom(...components)).flatMap(({ packages }) => packages);

it("has Debian's packages by source, whose version a rebuild does not change", () => {
	expect(
		asked(
			deb("libc6", "2.36-9+deb12u14", { name: "glibc", version: "2.36-9+deb12u14" }),
			deb("libcap2", "1:2.66-4+deb12u3+b1", { name: "libcap2", version: "1:2.66-4+deb12u3" }),
			deb("tzdata", "2025b-0+deb12u2"),
		),
	).toEqual([
		{ ecosystem: "Debian:12", name: "glibc", version: "2.36-9+deb12u14" },
		{ ecosystem: "Debian:12", name: "libcap2", version: "1:2.66-4+deb12u3" },
		{ ecosystem: "Debian:12", name: "tzdata", version: "2025b-0+deb12u2" },
	]);
});

it("has a source once, with the places of all its packages", () => {
	const source = { name: "glibc", version: "2.36-9" };
	const found = componentsOf(
		bom(deb("libc6", "2.36-9", source), deb("libc-bin", "2.36-9", source)),
	);
	expect(found).toHaveLength(1);
	expect(found[0]?.refs).toEqual([
		expect.stringMatching(
			/^urn:cdx:404db6c4-c27d-8de0-a53d-2fc90df5b9e4\/1#pkg%3Adeb%2Fdebian%2Flibc6%40/,
		),
		expect.stringContaining("libc-bin"),
	]);
});

it("has CPython by its tag and by its version, and no package that is made here", () => {
	const purl = debPurl("debian-python", { name: "cpython3.13", version: "3.13.5-1+deb12" }, "12");
	expect(
		asked(
			{ name: "CPython", version: "3.13.5", purl: "pkg:generic/cpython@3.13.5?checksum=sha256:00" },
			{ name: "cpython3.13", version: "3.13.5-1+deb12", purl },
		),
	).toEqual([
		{ ecosystem: "GIT", name: "https://github.com/python/cpython", version: "v3.13.5" },
		{ ecosystem: "Bitnami", name: "python", version: "3.13.5" },
	]);
});

it("has no headers of the kernel, and nothing without a purl", () => {
	const headers = deb("linux-libc-dev", "6.1.192-2", { name: "linux", version: "6.1.192-2" });
	expect(asked(headers, { name: "shop", version: "1.0" })).toEqual([]);
});

it("tells a lock's distribution, the venv's pip, and what is inside of another", () => {
	const wheel = (origin: string) => [{ name: "debian-python:wheel", value: origin }];
	const found = componentsOf(
		bom(
			{
				name: "CPython",
				purl: "pkg:generic/cpython@3.13.5",
				components: [{ name: "pip", purl: pypiPurl("pip", "25.1.1") }],
			},
			{ name: "pip", purl: pypiPurl("pip", "26.2.1") },
			{
				name: "psycopg-c",
				purl: pypiPurl("psycopg-c", "3.2.9"),
				properties: wheel("compiled here"),
			},
			{
				name: "Jinja2",
				purl: pypiPurl("Jinja2", "3.1.0"),
				properties: wheel("downloaded"),
				components: [{ name: "serde", purl: "pkg:cargo/serde@1.0" }],
			},
		),
	);
	expect(
		found.map(({ kind, name, version, carrier }) => [kind, name, version, carrier?.name]),
	).toEqual([
		["cpython", "CPython", "3.13.5", undefined],
		["bundled", "pip", "25.1.1", "CPython"],
		["pip", "pip", "26.2.1", undefined],
		["locked", "psycopg-c", "3.2.9", undefined],
		["locked", "jinja2", "3.1.0", undefined],
	]);
});

it("knows what its own patches resolve", () => {
	const patches = [
		{ type: "backport", resolves: [{ type: "security", id: "CVE-2025-2" }] },
		{ type: "backport", resolves: [{ type: "security", id: "CVE-2025-1" }, { type: "defect" }] },
		{ type: "unofficial" },
	];
	const [cpython] = componentsOf(
		bom({ name: "CPython", purl: "pkg:generic/cpython@3.9.25", pedigree: { patches } }),
	);
	expect(cpython?.resolved).toEqual(["CVE-2025-1", "CVE-2025-2"]);
});
