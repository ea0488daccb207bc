import { describe, expect, it } from "vitest";
import {
	componentsIn,
	installedIn,
	licencesIn,
	linkedPackage,
	metadataFields,
	READ_FILES,
} from "./distributions.ts";

/** Of a distribution whose METADATA has these lines. */
const licences = (...lines: string[]) =>
	licencesIn(metadataFields(`Metadata-Version: 2.4\nName: x\n${lines.join("\n")}\n\nText`));

const APACHE = "Classifier: License :: OSI Approved :: Apache Software License";
const NAMED = { name: "Apache Software License" };

describe("the licence is", () => {
	it.each([
		[
			"the expression, where there is one",
			["License: MIT License", "License-Expression: MIT OR Apache-2.0", APACHE],
			{ expression: "MIT OR Apache-2.0" },
		],
		["else what is called so", ["License: MIT License", APACHE], { name: "MIT License" }],
		["no whole text", ["License: MIT\n        Permission is", APACHE], NAMED],
		["not that it is unknown", ["License: UNKNOWN", APACHE], NAMED],
	])("%s", (_, lines, licence) => {
		expect(licences(...lines)).toEqual([licence]);
	});

	it("each that a classifier names", () => {
		const other = "Classifier: License :: Public Domain";
		expect(licences(APACHE, other)).toEqual([NAMED, { name: "Public Domain" }]);
	});

	it("none where a classifier says only that there is one, or the description does", () => {
		expect(licences("Classifier: License :: OSI Approved", "Classifier: Topic :: x")).toEqual([]);
		expect(licencesIn(metadataFields("Name: x\r\n\r\nLicense: MIT\r\n"))).toEqual([]);
	});
});

describe("what an SBOM of a wheel lists is", () => {
	it("CycloneDX's components, and those inside them", () => {
		const inner = { name: "ring", version: "0.17", licenses: [{ license: { id: "ISC" } }] };
		const outer = {
			name: "openssl",
			purl: "pkg:rpm/almalinux/openssl-libs@1.1",
			hashes: [{ alg: "SHA-256", content: "a".repeat(64) }],
			licenses: [{ expression: "Apache-2.0" }],
			components: [inner],
		};
		const document = { bomFormat: "CycloneDX", components: [outer] };
		expect(componentsIn(JSON.stringify(document))).toEqual([
			{
				name: "openssl",
				version: "",
				purl: outer.purl,
				sha256: "a".repeat(64),
				licences: [{ expression: "Apache-2.0" }],
			},
			{ name: "ring", version: "0.17", licences: [{ name: "ISC" }] },
		]);
	});

	it("SPDX's packages", () => {
		const document = { spdxVersion: "SPDX-2.3", packages: [{ name: "zlib", versionInfo: "1.3" }] };
		expect(componentsIn(JSON.stringify(document))).toEqual([{ name: "zlib", version: "1.3" }]);
	});

	it("nothing that would make the image's SBOM break its schema", () => {
		const broken = { name: "x", cpe: "x", hashes: [{ alg: "SHA-256", content: "x" }] };
		const document = { bomFormat: "CycloneDX", components: [broken, { version: "1" }] };
		expect(componentsIn(JSON.stringify(document))).toEqual([
			{ name: "x", version: "", licences: [] },
		]);
	});

	it.each(["<bom/>", "[]", "null", '{"bomFormat":"CycloneDX","components":7}'])(
		"nothing, of %s",
		(document) => expect(componentsIn(document)).toEqual([]),
	);
});

it("a wheel that is compiled here names Debian packages that it links, without versions", () => {
	const component = (purl: string) => ({ name: "x", version: "", purl });
	expect(linkedPackage(component("pkg:deb/debian/libstdc%2B%2B6?distro=debian-12"))).toBe(
		"libstdc++6",
	);
	expect(linkedPackage(component("pkg:deb/debian/libpq5@15.1?distro=debian-12"))).toBeUndefined();
	expect(linkedPackage(component("pkg:cargo/ring@0.17"))).toBeUndefined();
});

it("distributions are told by their own names, and are no part of themselves", () => {
	const sbom = {
		bomFormat: "CycloneDX",
		components: [{ name: "Zope_Interface" }, { name: "libc" }],
	};
	const files = new Map(
		Object.entries({
			"site-packages/zope.interface-7.0.dist-info/METADATA":
				"Name: zope.interface\nVersion: 7.0\nLicense: ZPL-2.1",
			"site-packages/zope.interface-7.0.dist-info/sboms/auditwheel.cdx.json": JSON.stringify(sbom),
			"site-packages/six-1.0.dist-info/METADATA": "Name: six\nVersion: 1.0",
		}).map(([path, text]) => [path, Buffer.from(text)]),
	);
	for (const path of files.keys()) expect(path).toMatch(READ_FILES);
	expect([...installedIn(files)]).toEqual([
		[
			"zope-interface",
			{
				version: "7.0",
				licences: [{ name: "ZPL-2.1" }],
				components: [{ name: "libc", version: "", licences: [] }],
			},
		],
		["six", { version: "1.0", licences: [], components: [] }],
	]);
});

it("what is vendored inside a distribution is not read", () => {
	expect("site-packages/x/_vendor/y-1.dist-info/METADATA").not.toMatch(READ_FILES);
	expect("site-packages/x-1.dist-info/RECORD").not.toMatch(READ_FILES);
});
