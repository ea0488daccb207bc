import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tagOf } from "../../components/image-name.ts";
import { Checkout, docker } from "./checkout.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * An app that is compiled with all that builds it: Jinja by flit-core and MarkupSafe by setuptools, both
 * of which build themselves. The locks have wheels of all of them, none of which may be taken.
 */

const MINUTE = 60_000;

const PYPROJECT = `
[project]
name = "tree"
version = "1.0"
requires-python = ">=3.13"
dependencies = ["jinja2"]

[tool.debian-python]
command = ["python", "-c", "import markupsafe as m; print(m._escape_inner.__module__)"]
from-source = ":all:"
`;

/** SHA-256 of the source distributions. */
const SDISTS = {
	"flit-core": "18f63100d6f94385c6ed57a72073443e1a71a4acb4339491615d0f16d6ff01b2",
	jinja2: "0137fb05990d35f1275a587e9aee6d56da821fc83491a0fb838183be43f66d6d",
	markupsafe: "ee55d3edf80167e48ea11a923c7386f4669df67d7994554387f84e7d8b0a2bf0",
	setuptools: "f36b47402ecde768dbfafc46e8e4207b4360c654f1f3bb84475f0a28628fb19c",
};
type Name = keyof typeof SDISTS;

const LOCK = `
lock-version = "1.0"
created-by = "by hand"
${entry("jinja2", "3.1.6", "jinja2-3.1.6", "85ece4451f492d0c13c5dd7c13a64681a86afae63a5f347908daf103ce6d2f67")}
${entry("markupsafe", "3.0.2", "markupsafe-3.0.2", "0".repeat(64))}
`;

const BUILD_LOCK = `
lock-version = "1.0"
created-by = "by hand"
dependency-groups = ["flit-core", "jinja2", "markupsafe", "setuptools"]
${entry("flit-core", "3.12.0", "flit_core-3.12.0", "e7a0304069ea895172e3c7bb703292e992c5d1555dd1233ab7b5621b5b69e62c", "jinja2")}
${entry("setuptools", "80.9.0", "setuptools-80.9.0", "062d34222ad13e0cc312a4c02d73f059e86a4acbfbdea8f8f76b28c99f306922", "markupsafe")}

[tool.debian-python.requires]
${Object.entries(SDISTS)
	.map(([name, sha256]) => `${name} = ["${sha256}"]`)
	.join("\n")}
`;

/** A distribution of a lock, which builds that of a group, with a wheel that others made. */
function entry(name: Name, version: string, stem: string, wheel: string, group?: Name): string {
	return `
[[packages]]
name = "${name}"
version = "${version}"
${group === undefined ? "" : `marker = "'${group}' in dependency_groups"`}
sdist = { name = "${stem}.tar.gz", hashes = { sha256 = "${SDISTS[name]}" } }
wheels = [{ name = "${stem}-py3-none-any.whl", hashes = { sha256 = "${wheel}" } }]
`;
}

let checkout: Checkout;
/** The app's image. */
let app: string;
/** The images of wheels, by their artefacts. */
let images: Readonly<Record<string, { name: string }>>;

beforeAll(async () => {
	checkout = new Checkout();
	mkdirSync(join(checkout.folder, "tree"));
	checkout.write("tree/pyproject.toml", PYPROJECT);
	checkout.write("tree/pylock.toml", LOCK);
	checkout.write("tree/pylock.build.toml", BUILD_LOCK);
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	const outputs = await checkout.build(["-c", 'apps=["tree"]']);
	app = outputs.apps.tree?.name ?? "";
	images = outputs.images;
}, 20 * MINUTE);
afterAll(() => checkout.remove());

interface Bom {
	readonly components: readonly {
		readonly purl?: string;
		readonly properties?: readonly { name: string; value: string }[];
		readonly externalReferences?: readonly { hashes?: readonly { content: string }[] }[];
	}[];
	readonly formulation: readonly [
		{ components: readonly { name: string; hashes: readonly { content: string }[] }[] },
	];
}

describe("an app with from-source = :all:", { timeout: MINUTE }, () => {
	it("runs, with what is in C", () => {
		expect(docker("run", "--rm", "--read-only", app)).toBe("markupsafe._speedups");
	});

	it("has no wheel that others made, by its SBOM", () => {
		const folder = join(checkout.folder, "packages", checkout.stack);
		const file = join(folder, `tree-${tagOf(app)}.cdx.json`);
		const { components } = JSON.parse(readFileSync(file, "utf8")) as Bom;
		const wheels = components.flatMap(({ purl, properties = [], externalReferences = [] }) => {
			const origin = properties.find(({ name }) => name === "debian-python:wheel")?.value;
			const sources = externalReferences.flatMap(({ hashes = [] }) => hashes);
			return origin === undefined ? [] : [{ purl, origin, sdist: sources[0]?.content }];
		});
		const origin = "compiled here";
		expect(wheels).toEqual([
			{ purl: "pkg:pypi/jinja2@3.1.6", origin, sdist: SDISTS.jinja2 },
			{ purl: "pkg:pypi/markupsafe@3.0.2", origin, sdist: SDISTS.markupsafe },
		]);
	});

	it.each([
		["jinja2-3.1.6", "jinja2", "flit-core"],
		["markupsafe-3.0.2", "markupsafe", "setuptools"],
	])("%s was built by what is compiled here, as its own SBOM says", (stem, name, tool) => {
		const file = `/venv/lib/python3.13/site-packages/${stem}.dist-info/sboms/${name}.cdx.json`;
		const { formulation } = JSON.parse(docker("run", "--rm", app, "cat", file)) as Bom;
		const label = '{{index .Config.Labels "debian-python.wheel.sha256"}}';
		const image = images[`wheel-${tool}`]?.name ?? "";
		const content = docker("image", "inspect", "--format", label, image);
		expect(content).toMatch(/^[0-9a-f]{64}$/);
		expect(formulation[0].components).toEqual([
			expect.objectContaining({ name: tool, hashes: [{ alg: "SHA-256", content }] }),
		]);
	});
});
