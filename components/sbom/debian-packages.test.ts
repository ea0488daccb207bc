import { describe, expect, it } from "vitest";
import { installedPackages, licenceNames, parseControl } from "./debian-packages.ts";

/** As dpkg writes it, shortened. */
const STATUS = `Package: mawk
Status: install ok installed
Architecture: amd64
Version: 1.3.4.20200120-3.1
Provides: awk
Pre-Depends: libc6 (>= 2.34)
Description: Pattern scanning and text processing language
 Mawk is an interpreter for the AWK Programming Language.
 .
 It is small.

Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.36-9
Depends: libgcc-s1 | libgcc1, libc6:any

Package: base-files
Status: install ok installed
Architecture: amd64
Version: 12.4
Depends: missing | awk,
 libc6 (>= 2.2)

Package: logsave
Status: install ok installed
Source: e2fsprogs (1.47.0-2)
Architecture: amd64
Version: 1.47.0-2+b2

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
`;

describe("installed packages", () => {
	const packages = installedPackages(STATUS, (name) => (name === "mawk" ? ["GPL-2"] : []));

	it("are what dpkg calls installed, in byte order", () => {
		expect(packages.map(({ name }) => name)).toEqual(["base-files", "libc6", "logsave", "mawk"]);
	});

	it("have what dpkg says of them, and the licences", () => {
		expect(packages[3]).toEqual({
			name: "mawk",
			version: "1.3.4.20200120-3.1",
			architecture: "amd64",
			source: { name: "mawk", version: "1.3.4.20200120-3.1" },
			depends: ["libc6"],
			licences: ["GPL-2"],
		});
	});

	it("have a source whose version may be another one", () => {
		expect(packages[1]?.source).toEqual({ name: "glibc", version: "2.36-9" });
		expect(packages[2]?.source).toEqual({ name: "e2fsprogs", version: "1.47.0-2" });
	});

	it("depend on the first alternative that is there, also by what it provides", () => {
		expect(packages[0]?.depends).toEqual(["libc6", "mawk"]);
		expect(packages[1]?.depends).toEqual([]);
	});
});

describe("licence names", () => {
	it("are those of a machine-readable copyright file, each once", () => {
		const copyright = [
			"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
			"",
			"Files: *",
			"License: GPL-2+ or Artistic",
			" The text that follows is no name.",
			"",
			"License: Expat",
			"License: GPL-2+ or Artistic",
		].join("\n");
		expect(licenceNames(copyright)).toEqual(["Expat", "GPL-2+ or Artistic"]);
	});

	it("are not guessed from free text", () => {
		expect(licenceNames("This is GNU bash.\nLicense: see below\n")).toEqual([]);
	});
});

describe("a control file", () => {
	it("joins what is continued on further lines", () => {
		expect(parseControl("A: 1,\n 2,\n\t3\nB:\n\nA: 4\n")).toEqual([
			{ A: "1, 2, 3", B: "" },
			{ A: "4" },
		]);
	});
});
