import { Version } from "@cyclonedx/cyclonedx-library/Spec";
import { JsonStrictValidator } from "@cyclonedx/cyclonedx-library/Validation";
import { describe, expect, it } from "vitest";
import { sha256 } from "../step/file.ts";
import { billOfMaterials } from "./bom.ts";
import { bundledIn, type Facts } from "./facts.ts";
import { provenance, type Statement } from "./provenance.ts";

/** From Misc/sbom.spdx.json of CPython 3.13.5, shortened. */
const SPDX = JSON.stringify({
	SPDXID: "SPDXRef-DOCUMENT",
	packages: [
		{
			SPDXID: "SPDXRef-PACKAGE-expat",
			name: "expat",
			versionInfo: "2.6.3",
			checksums: [{ algorithm: "SHA256", checksumValue: "17aa6cfc".repeat(8) }],
			downloadLocation: "https://example.org/expat-2.6.3.tar.gz",
			externalRefs: [
				{
					referenceCategory: "SECURITY",
					referenceLocator: "cpe:2.3:a:libexpat_project:libexpat:2.6.3:*:*:*:*:*:*:*",
					referenceType: "cpe23Type",
				},
			],
		},
		{
			SPDXID: "SPDXRef-PACKAGE-macholib",
			name: "macholib",
			versionInfo: "1.0",
			downloadLocation: "NOASSERTION",
			externalRefs: [{ referenceLocator: "pkg:pypi/macholib@1.0", referenceType: "purl" }],
		},
	],
});

const WHEEL = { name: "pip", version: "26.2.1", sha256: "71".repeat(32) };

const PYTHON: Facts = {
	image: "registry.example.com:5000/team/x:python-3.13.5-r1-0123456789ab",
	id: `sha256:${"1d".repeat(32)}`,
	labels: {
		"debian-python.artefact": "python",
		"debian-python.inputs": '{"package":"abcdefabcdef"}',
		"debian-python.deb.sha256": "de".repeat(32),
		"org.opencontainers.image.base.name": `debian:bookworm-slim@sha256:${"ba".repeat(32)}`,
		"org.opencontainers.image.base.digest": `sha256:${"ba".repeat(32)}`,
	},
	platform: "linux/amd64",
	debian: { codename: "bookworm", number: "12" },
	cpython: { version: "3.13.5", format: "tar.xz", sha256: "93".repeat(32) },
	bundled: [...bundledIn(SPDX), { ...WHEEL, purl: "pkg:pypi/pip@26.2.1" }],
	packageName: "cpython3.13",
	packages: [
		{
			name: "cpython3.13",
			version: "3.13.5-1+deb12",
			architecture: "amd64",
			source: { name: "cpython3.13", version: "3.13.5-1+deb12" },
			depends: ["libssl3"],
			licences: ["PSF-2"],
		},
		{
			name: "libssl3",
			version: "3.0.22-1~deb12u2",
			architecture: "amd64",
			source: { name: "openssl", version: "3.0.22-1~deb12u2" },
			depends: [],
			licences: ["Apache-2.0", "GPL-2 or Artistic"],
		},
	],
	debs: [],
	pip: WHEEL,
	madeFrom: ["registry.example.com:5000/team/x:debbase-0123456789ab"],
	compiledWith: [],
};

const PACKAGE: Facts = {
	...PYTHON,
	image: "debian-python/x:package-0123456789ab",
	labels: {
		"debian-python.artefact": "package",
		"debian-python.inputs": '{"PROFILE":"quick"}',
		"debian-python.builder.id": `sha256:${"b1".repeat(32)}`,
	},
	packages: [],
	debs: [
		{
			file: "cpython3.13_3.13.5-1+deb12_amd64.deb",
			sha256: "de".repeat(32),
			name: "cpython3.13",
			version: "3.13.5-1+deb12",
			architecture: "amd64",
			depends: "libc6 (>= 2.35)",
		},
	],
	madeFrom: ["debian-python/x:builder-0123456789ab"],
	compiledWith: [{ name: "gcc", version: "4:12.2.0-3" }],
};
delete (PACKAGE as { pip?: object }).pip;

/** What is looked at of an SBOM. */
interface Bom {
	readonly serialNumber: string;
	readonly metadata: { readonly component: Component };
	readonly components: readonly Component[];
	readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: string[] }[];
}
interface Component {
	readonly name: string;
	readonly version: string;
	readonly purl?: string;
	readonly cpe?: string;
	readonly hashes?: object[];
	readonly licenses?: object[];
	readonly properties?: object[];
	readonly components?: readonly Component[];
	readonly externalReferences?: readonly { readonly url: string; readonly hashes: object[] }[];
}

function bomOf(facts: Facts): Bom {
	return JSON.parse(billOfMaterials(facts)) as Bom;
}

function find({ components }: Bom, name: string): Component | undefined {
	return components.find((component) => component.name === name);
}

describe("an SBOM", () => {
	const bom = bomOf(PYTHON);

	it.each([
		["an image", PYTHON],
		["the package", PACKAGE],
		["an image of a Python that tells nothing of what it bundles", { ...PYTHON, bundled: [] }],
	])("of %s follows CycloneDX's schema", async (_, facts) => {
		const validator = new JsonStrictValidator(Version.v1dot6);
		expect(await validator.validate(billOfMaterials(facts))).toBeNull();
		expect(await validator.validate(billOfMaterials(facts).replace('"libr', '"x'))).not.toBeNull();
	});

	it("names Debian's packages as Debian's scanners do, with their source", () => {
		expect(find(bom, "libssl3")).toMatchObject({
			version: "3.0.22-1~deb12u2",
			purl: "pkg:deb/debian/libssl3@3.0.22-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl",
			licenses: [{ license: { name: "Apache-2.0" } }, { license: { name: "GPL-2 or Artistic" } }],
		});
	});

	it("does not call our own package Debian's, and has its hash", () => {
		expect(find(bom, "cpython3.13")).toMatchObject({
			purl: "pkg:deb/debian-python/cpython3.13@3.13.5-1+deb12?arch=amd64&distro=debian-12",
			hashes: [{ alg: "SHA-256", content: "de".repeat(32) }],
		});
	});

	it("has CPython with its source, and what it bundles", () => {
		const cpython = find(bom, "CPython");
		expect(cpython?.cpe).toBe("cpe:2.3:a:python:python:3.13.5:*:*:*:*:*:*:*");
		expect(cpython?.externalReferences?.[0]).toMatchObject({
			url: "https://www.python.org/ftp/python/3.13.5/Python-3.13.5.tar.xz",
			hashes: [{ alg: "SHA-256", content: "93".repeat(32) }],
		});
		expect(cpython?.components?.map(({ name, version }) => `${name} ${version}`)).toEqual([
			"expat 2.6.3",
			"macholib 1.0",
			"pip 26.2.1",
		]);
		expect(cpython?.components?.[0]?.cpe).toMatch(/libexpat:2\.6\.3/);
	});

	it("has the virtual environment's pip by its hash, and the base", () => {
		expect(find(bom, "pip")).toMatchObject({
			purl: "pkg:pypi/pip@26.2.1",
			hashes: [{ alg: "SHA-256", content: WHEEL.sha256 }],
		});
		expect(bom.metadata.component.properties).toContainEqual({
			name: "org.opencontainers.image.base.digest",
			value: `sha256:${"ba".repeat(32)}`,
		});
	});

	it("knows what depends on what", () => {
		const own = bom.dependencies.find(({ ref }) => ref.includes("/cpython3.13@"));
		expect(own?.dependsOn).toEqual([
			"cpython@3.13.5",
			expect.stringContaining("pkg:deb/debian/libssl3@"),
		]);
	});

	it("of the package is about the .deb, by its hash", () => {
		expect(bomOf(PACKAGE).metadata.component).toMatchObject({
			name: "cpython3.13",
			hashes: [{ alg: "SHA-256", content: "de".repeat(32) }],
			properties: [
				{ name: "debian-python:depends", value: "libc6 (>= 2.35)" },
				{ name: "debian-python:file", value: "cpython3.13_3.13.5-1+deb12_amd64.deb" },
			],
		});
	});

	it("writes a pre-release as the update that it is to scanners", () => {
		const cpython = { ...PYTHON.cpython, version: "3.15.0rc1" };
		const found = find(bomOf({ ...PYTHON, cpython }), "CPython");
		expect(found?.cpe).toBe("cpe:2.3:a:python:python:3.15.0:rc1:*:*:*:*:*:*");
		expect(found?.externalReferences?.[0]?.url).toContain("/3.15.0/Python-3.15.0rc1.tar.xz");
	});

	it("is the same for the same content, in whatever order that is found", () => {
		const packages = [...PYTHON.packages].reverse();
		const bundled = [...PYTHON.bundled].reverse();
		expect(billOfMaterials({ ...PYTHON, packages, bundled })).toBe(billOfMaterials(PYTHON));
	});

	it("has another serial number for another content", () => {
		const other = bomOf({ ...PYTHON, packages: PYTHON.packages.slice(1) });
		expect(other.serialNumber).not.toBe(bom.serialNumber);
	});
});

describe("a provenance", () => {
	const read = (facts: Facts) => JSON.parse(provenance(facts, "the SBOM")) as Statement;

	it("is a statement of SLSA about the image, with the SBOM as what came along", () => {
		expect(read(PYTHON)).toMatchObject({
			_type: "https://in-toto.io/Statement/v1",
			subject: [{ name: PYTHON.image, digest: { sha256: "1d".repeat(32) } }],
			predicateType: "https://slsa.dev/provenance/v1",
			predicate: {
				buildDefinition: {
					buildType: "urn:debian-python:build:python:v1",
					externalParameters: { package: "abcdefabcdef" },
					internalParameters: { platform: "linux/amd64" },
				},
				runDetails: { byproducts: [{ digest: { sha256: sha256("the SBOM") } }] },
			},
		});
	});

	it("names what an image is made of: the images, the base, the .deb, pip", () => {
		expect(read(PYTHON).predicate.buildDefinition).toHaveProperty("resolvedDependencies", [
			{
				uri: "pkg:docker/registry.example.com:5000/team/x@debbase-0123456789ab?platform=linux%2Famd64",
			},
			{
				name: "base",
				uri: expect.stringMatching(/^pkg:docker\/debian@bookworm-slim\?/) as string,
				digest: { sha256: "ba".repeat(32) },
			},
			{ name: "cpython3.13", digest: { sha256: "de".repeat(32) } },
			{ uri: "pkg:pypi/pip@26.2.1", digest: { sha256: WHEEL.sha256 } },
		]);
	});

	it("names what the package is made of: pybuild by its ID, the source, what compiled it", () => {
		const { subject, predicate } = read(PACKAGE);
		expect(subject[0]).toEqual({
			name: "cpython3.13_3.13.5-1+deb12_amd64.deb",
			digest: { sha256: "de".repeat(32) },
		});
		expect(predicate.buildDefinition).toHaveProperty("resolvedDependencies", [
			{
				uri: expect.stringContaining("@builder-0123456789ab") as string,
				digest: { sha256: "b1".repeat(32) },
			},
			{
				uri: "https://www.python.org/ftp/python/3.13.5/Python-3.13.5.tar.xz",
				digest: { sha256: "93".repeat(32) },
			},
			{ uri: "pkg:deb/debian/gcc@4:12.2.0-3?distro=debian-12" },
		]);
	});
});
