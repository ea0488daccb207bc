import { Version } from "@cyclonedx/cyclonedx-library/Spec";
import { JsonStrictValidator } from "@cyclonedx/cyclonedx-library/Validation";
import { describe, expect, it } from "vitest";
import { sha256 } from "../step/file.ts";
import { billOfMaterials } from "./bom.ts";
import {
	type AppFacts,
	type AppliedPatch,
	bundledIn,
	type Distribution,
	type Facts,
} from "./facts.ts";
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

/** A patch that upstream has, and one that nobody else has. */
const PATCHES: readonly AppliedPatch[] = [
	{
		...{ name: "a.patch", subject: "Fix a", sha256: "aa".repeat(32), type: "backport" },
		cves: ["CVE-2026-0001", "CVE-2026-0002"],
		url: "https://example.org/commit/1",
	},
	{
		...{ name: "b.patch", subject: "Fix b", sha256: "bb".repeat(32), type: "unofficial" },
		...{ cves: [], diff: "--- a/x\n+++ b/x\n" },
	},
];

const PATCHED: Facts = { ...PYTHON, cpython: { ...PYTHON.cpython, patches: PATCHES } };

/** An app with a wheel that others made, and one that is compiled here. */
const ORDERS: AppFacts = {
	name: "orders",
	version: "1.4",
	files: "f1".repeat(32),
	locks: [{ name: "pylock.toml", sha256: "10".repeat(32) }],
	licences: [],
	linked: [],
	locals: [],
	distributions: [
		{
			name: "lxml",
			version: "6.0.0",
			wheel: {
				name: "lxml-6.0.0-cp313-cp313-manylinux_2_28_x86_64.whl",
				sha256: "a1".repeat(32),
				url: "https://files.example.com/lxml-6.0.0-cp313-cp313-manylinux_2_28_x86_64.whl",
			},
			licences: [{ expression: "BSD-3-Clause AND MIT" }],
			bundled: [
				{ name: "libxml2", version: "2.14", purl: "pkg:rpm/almalinux/libxml2@2.14", licences: [] },
				// auditwheel lists a package for each of its files.
				{ name: "libxml2", version: "2.14", purl: "pkg:rpm/almalinux/libxml2@2.14", licences: [] },
			],
			linked: [],
		},
		{
			name: "cryptography",
			version: "45.0.0",
			wheel: { name: "cryptography-45.0.0-1deb12-cp313-x.whl", sha256: "c0".repeat(32) },
			sdist: { name: "cryptography-45.0.0+x.tar.gz", sha256: "5d".repeat(32) },
			licences: [{ name: "Somebody's" }, { name: "mit" }],
			bundled: [],
			linked: ["libssl3", "libgone"],
		},
	],
};

const APP: Facts = {
	...PYTHON,
	image: "registry.example.com:5000/team/x/orders:1.4-0123456789ab",
	labels: { ...PYTHON.labels, "debian-python.artefact": "app-orders" },
	madeFrom: ["registry.example.com:5000/team/x:python-3.13.5-r1-0123456789ab"],
	app: ORDERS,
};

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
		["an app", APP],
		["an image of a patched Python", PATCHED],
		["the package of a patched Python", { ...PACKAGE, cpython: PATCHED.cpython }],
		["an image of a Python that tells nothing of what it bundles", { ...PYTHON, bundled: [] }],
	])("of %s follows CycloneDX's schema", async (_, facts) => {
		const validator = new JsonStrictValidator(Version.v1dot6);
		expect(await validator.validate(billOfMaterials(facts))).toBeNull();
		expect(await validator.validate(billOfMaterials(facts).replace('"libr', '"x'))).not.toBeNull();
	});

	it("has what was applied to CPython, with the CVEs that it resolves", () => {
		const source = (id: string) => ({ name: "CVE", url: `https://www.cve.org/CVERecord?id=${id}` });
		expect(find(bomOf(PATCHED), "CPython")).toEqual({
			...find(bom, "CPython"),
			pedigree: {
				patches: [
					{
						type: "backport",
						diff: { url: "https://example.org/commit/1" },
						resolves: ["CVE-2026-0001", "CVE-2026-0002"].map((id) => ({
							...{ type: "security", id },
							source: source(id),
						})),
					},
					{
						type: "unofficial",
						diff: { text: { contentType: "text/x-diff", content: "--- a/x\n+++ b/x\n" } },
					},
				],
			},
		});
		expect(bomOf(PATCHED).serialNumber).not.toBe(bom.serialNumber);
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

	describe("of an app", () => {
		const ofApp = bomOf(APP);

		it("has all that python's has", () => {
			expect(ofApp.components).toEqual(expect.arrayContaining([...bom.components]));
		});

		it("says of a wheel that others made whose it is, and what it brings along", () => {
			const [file] = ORDERS.distributions;
			expect(find(ofApp, "lxml")).toMatchObject({
				purl: "pkg:pypi/lxml@6.0.0",
				hashes: [{ alg: "SHA-256", content: file?.wheel.sha256 }],
				licenses: [{ expression: "BSD-3-Clause AND MIT" }],
				externalReferences: [{ type: "distribution", url: file?.wheel.url }],
				properties: [
					{ name: "debian-python:file", value: file?.wheel.name },
					{ name: "debian-python:wheel", value: "downloaded" },
				],
			});
			expect(find(ofApp, "lxml")?.components).toMatchObject([
				{ name: "libxml2", version: "2.14", purl: "pkg:rpm/almalinux/libxml2@2.14" },
			]);
		});

		it("says of one that is compiled here of what, and what of Debian it links", () => {
			expect(find(ofApp, "cryptography")).toMatchObject({
				hashes: [{ alg: "SHA-256", content: "c0".repeat(32) }],
				licenses: [{ license: { name: "Somebody's" } }, { license: { id: "MIT" } }],
				externalReferences: [
					{
						type: "source-distribution",
						// An address is none without them escaped.
						url: "cryptography-45.0.0%2Bx.tar.gz",
						hashes: [{ alg: "SHA-256", content: "5d".repeat(32) }],
					},
				],
				properties: expect.arrayContaining([
					{ name: "debian-python:wheel", value: "compiled here" },
				]) as object[],
			});
			const own = ofApp.dependencies.find(({ ref }) => ref === "pkg:pypi/cryptography@45.0.0");
			expect(own?.dependsOn).toEqual([
				expect.stringContaining("/cpython3.13@"),
				expect.stringContaining("/libssl3@"),
			]);
		});

		it("does not take the app for a distribution of the same name in the index", () => {
			expect(find(ofApp, "orders")).toMatchObject({ type: "application", version: "1.4" });
			expect(find(ofApp, "orders")?.purl).toBeUndefined();
		});

		it("has the hash of its own wheel where it is a distribution", () => {
			const wheel = { name: "orders-1.4-1deb12-py3-none-any.whl", sha256: "0e".repeat(32) };
			const app = { ...ORDERS, wheel, licences: [{ expression: "MIT" }], linked: ["libssl3"] };
			const found = bomOf({ ...APP, app });
			expect(find(found, "orders")).toMatchObject({
				hashes: [{ alg: "SHA-256", content: wheel.sha256 }],
				licenses: [{ license: { id: "MIT" } }],
			});
			const own = found.dependencies.find(({ ref }) => ref === "app/orders@1.4");
			expect(own?.dependsOn).toContainEqual(expect.stringContaining("/libssl3@"));
		});

		it("has what is a folder with the hash of its wheel, and takes it for no stranger's", () => {
			const wheel = { name: "core-0.1-1deb12-py3-none-any.whl", sha256: "0c".repeat(32) };
			const local = { name: "core", version: "0.1", files: "f2".repeat(32), wheel };
			const locals = [{ ...local, licences: [], linked: ["libssl3"] }];
			const found = bomOf({ ...APP, app: { ...ORDERS, locals } });
			expect(find(found, "core")).toMatchObject({
				type: "library",
				hashes: [{ alg: "SHA-256", content: wheel.sha256 }],
			});
			expect(find(found, "core")?.purl).toBeUndefined();
			const own = found.dependencies.find(({ ref }) => ref === "local/core@0.1");
			expect(own?.dependsOn).toContainEqual(expect.stringContaining("/libssl3@"));
		});

		it("has the pip of its lock instead of python's", () => {
			const [, compiled] = ORDERS.distributions;
			const pip = { ...(compiled as Distribution), name: "pip", version: "27.0" };
			const { components } = bomOf({ ...APP, app: { ...ORDERS, distributions: [pip] } });
			const found = components.filter(({ name }) => name === "pip");
			expect(found.map(({ version }) => version)).toEqual(["27.0"]);
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

	it("names what an app is made of: python, the locks and its files, beside what python is made of", () => {
		const { buildDefinition } = read(APP).predicate;
		expect(buildDefinition).toHaveProperty("buildType", "urn:debian-python:build:app:v1");
		expect(buildDefinition).toHaveProperty(
			"resolvedDependencies",
			expect.arrayContaining([
				{ uri: expect.stringContaining("/x@python-3.13.5-r1-0123456789ab") as string },
				{ name: "cpython3.13", digest: { sha256: "de".repeat(32) } },
				{ name: "pylock.toml", digest: { sha256: "10".repeat(32) } },
				{ name: "files of orders", digest: { files_sha256: "f1".repeat(32) } },
			]),
		);
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

	it("names what the training counted, of a package that has it", () => {
		const name = "profile-0123456789ab.tar";
		const labels = {
			...PACKAGE.labels,
			"debian-python.profile.sha256": `${name} ${"ca".repeat(32)}`,
		};
		expect(read({ ...PACKAGE, labels }).predicate.buildDefinition).toHaveProperty(
			"resolvedDependencies",
			expect.arrayContaining([{ name, digest: { sha256: "ca".repeat(32) } }]),
		);
	});

	it("names the patches that the package is made with", () => {
		const { buildDefinition } = read({ ...PACKAGE, cpython: PATCHED.cpython }).predicate;
		expect(buildDefinition).toHaveProperty(
			"resolvedDependencies",
			expect.arrayContaining([
				{
					...{ name: "a.patch", digest: { sha256: "aa".repeat(32) } },
					annotations: { origin: "https://example.org/commit/1" },
				},
				{ name: "b.patch", digest: { sha256: "bb".repeat(32) } },
			]),
		);
	});
});
