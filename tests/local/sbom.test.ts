import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Version } from "@cyclonedx/cyclonedx-library/Spec";
import { JsonStrictValidator } from "@cyclonedx/cyclonedx-library/Validation";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dockerPush } from "../../components/distribution/daemon.ts";
import { readReferrer } from "../../components/distribution/referrers.ts";
import { attach } from "../../components/sbom/attach.ts";
import { BOM_TYPE, PROVENANCE_TYPE } from "../../components/sbom/media-types.ts";
import type { Statement } from "../../components/sbom/provenance.ts";
import { sha256 } from "../../components/step/file.ts";
import { Checkout, docker, type RunOutputs } from "./checkout.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { seedImages } from "./seed.ts";

/*
 * What describes the images of a stack, made of real ones; and attached to them in Debian's
 * docker-registry, which has no referrers API.
 */

const MINUTE = 60_000;
const ARTEFACTS = ["package", "python", "wheelbuild"] as const;
let checkout: Checkout;
let outputs: RunOutputs;

beforeAll(async () => {
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository);
	outputs = await checkout.build();
}, 20 * MINUTE);
afterAll(() => checkout.remove());

/** Path of an artefact's SBOM or provenance. */
function fileOf(artefact: (typeof ARTEFACTS)[number], ending = "cdx.json"): string {
	const name =
		artefact === "package"
			? basename(outputs.package.file, ".deb")
			: outputs.images[artefact].name.replace(/^.*:/, "");
	return join(checkout.folder, "packages", checkout.stack, `${name}.${ending}`);
}

/** What is looked at of an SBOM. */
interface Component {
	readonly name: string;
	readonly version: string;
	readonly purl?: string;
	readonly components?: readonly Component[];
}

function componentsOf(artefact: (typeof ARTEFACTS)[number]): readonly Component[] {
	const bom = JSON.parse(readFileSync(fileOf(artefact), "utf8")) as { components: Component[] };
	return bom.components;
}

function statementOf(artefact: (typeof ARTEFACTS)[number]): Statement {
	return JSON.parse(readFileSync(fileOf(artefact, "intoto.json"), "utf8")) as Statement;
}

/** Run the command that prints them. */
function print(args: readonly string[] = [], env: Record<string, string> = {}) {
	return execa("node", ["commands/sbom/main.ts", "--stack", checkout.stack, ...args], {
		cwd: checkout.folder,
		env,
		reject: false,
		stripFinalNewline: false,
	});
}

describe("beside the .deb", () => {
	it.each(ARTEFACTS)("is an SBOM of %s that follows the schema", async (artefact) => {
		const validator = new JsonStrictValidator(Version.v1dot6);
		expect(await validator.validate(readFileSync(fileOf(artefact), "utf8"))).toBeNull();
	});

	it.each(["python", "wheelbuild"] as const)("it lists what dpkg lists in %s", (artefact) => {
		const { name } = outputs.images[artefact];
		const query = ["--network=none", "--entrypoint=dpkg-query", name, "--show"];
		const listing = docker("run", "--rm", ...query).replaceAll(/(:\w+)?\t/g, " ");
		const listed = componentsOf(artefact)
			.filter(({ purl }) => purl?.startsWith("pkg:deb/"))
			.map((component) => `${component.name} ${component.version}`);
		expect(listed.sort()).toEqual(listing.split("\n").sort());
	});

	it("it has the pip of the image, and what CPython bundles", () => {
		const { name } = outputs.images.python;
		const pip = docker("run", "--rm", name, "python", "-c", "import pip; print(pip.__version__)");
		const expat = docker(
			...["run", "--rm", name, "python", "-c"],
			"import pyexpat; print(pyexpat.EXPAT_VERSION.removeprefix('expat_'))",
		);
		const components = componentsOf("python");
		expect(components).toContainEqual(expect.objectContaining({ name: "pip", version: pip }));
		const cpython = components.find((component) => component.name === "CPython");
		expect(cpython?.components).toContainEqual(
			expect.objectContaining({ name: "expat", version: expat }),
		);
		expect(cpython?.components?.map((component) => component.name)).toContain("pip");
		expect(componentsOf("package")).toContainEqual(cpython);
	});

	it("is a provenance of what is there", () => {
		const id = docker("image", "inspect", "--format={{.Id}}", outputs.images.python.name);
		expect(statementOf("python").subject).toEqual([
			{ name: outputs.images.python.name, digest: { sha256: id.replace("sha256:", "") } },
		]);
		expect(statementOf("package").subject).toContainEqual({
			name: basename(outputs.package.file),
			digest: { sha256: outputs.package.sha256 },
		});
		for (const artefact of ARTEFACTS) {
			const [bom] = statementOf(artefact).predicate.runDetails.byproducts;
			expect(bom?.digest?.sha256).toBe(sha256(readFileSync(fileOf(artefact))));
		}
	});

	it(
		"nothing is written again, but what is missing or damaged, and then alike",
		async () => {
			const all = ARTEFACTS.flatMap((artefact) => [
				fileOf(artefact),
				fileOf(artefact, "intoto.json"),
			]);
			const before = all.map((file) => readFileSync(file, "utf8"));
			rmSync(fileOf("package"));
			writeFileSync(fileOf("python"), "{}");
			const untouched = statSync(fileOf("wheelbuild")).mtimeMs;
			const { stderr } = await checkout.run();
			expect(stderr).toMatch(/package +write SBOM/);
			expect(stderr).not.toMatch(/wheelbuild +write SBOM/);
			expect(all.map((file) => readFileSync(file, "utf8"))).toEqual(before);
			expect(statSync(fileOf("wheelbuild")).mtimeMs).toBe(untouched);
		},
		3 * MINUTE,
	);

	it(
		"a preview neither makes nor mentions them",
		async () => {
			rmSync(fileOf("python"));
			const { stderr } = await checkout.run(["--preview"]);
			expect(stderr).not.toMatch(/sbom/i);
			expect(existsSync(fileOf("python"))).toBe(false);
		},
		MINUTE,
	);
});

describe("the command", () => {
	it.each([
		["the SBOM of python, made again where it is missing", [], "python", "cdx.json"],
		["that of the package", ["--image", "package"], "package", "cdx.json"],
		["a provenance", ["--image", "wheelbuild", "--provenance"], "wheelbuild", "intoto.json"],
	] as const)(
		"prints %s, and nothing else",
		async (_, args, artefact, ending) => {
			const { stdout, exitCode } = await print(args);
			expect(exitCode).toBe(0);
			expect(stdout).toBe(readFileSync(fileOf(artefact, ending), "utf8"));
		},
		MINUTE,
	);

	it("refuses what it does not know, and says what it knows", async () => {
		const { stderr, exitCode } = await print(["--image", "debbase"]);
		expect(exitCode).toBe(1);
		expect(stderr).toMatch(/^error: --image "debbase".*; known: python, wheelbuild, package$/m);
	});

	it("says how to build an image that is nowhere", async () => {
		const { stderr, exitCode } = await print(["-c", "packageRelease=99"]);
		expect(exitCode).toBe(1);
		expect(stderr).toMatch(
			/^error: the image .* is not in the Docker daemon; build it: npm start/m,
		);
	});
});

describe("in a registry without the referrers API", () => {
	let registry: TestRegistry;
	let local: string;
	let image: string;
	let digest: string;

	beforeAll(async () => {
		registry = await startRegistry();
		process.env.DOCKER_CONFIG = registry.login();
		const repository = `${registry.host}/team/${checkout.stack}`;
		// The smallest of the images.
		local = `${checkout.repository}:package-${outputs.package.key}`;
		image = local.replace(checkout.repository, repository);
		docker("tag", local, image);
		digest = await dockerPush(image);
		docker("image", "rm", image);
	}, MINUTE);
	afterAll(() => registry.stop());

	/** The files, as a stack with this registry has them. */
	function files(): string[] {
		const statement = readFileSync(fileOf("package", "intoto.json"), "utf8");
		const renamed = join(checkout.folder, "renamed.intoto.json");
		writeFileSync(renamed, statement.replaceAll(local, image));
		return [fileOf("package"), renamed];
	}

	async function listing(): Promise<string> {
		const authorization = `Basic ${Buffer.from("AWS:token").toString("base64")}`;
		const path = image.slice(image.indexOf("/") + 1).replace(/:.*/, "");
		const url = `http://${registry.host}/v2/${path}/manifests/${digest.replace(":", "-")}`;
		const accept = "application/vnd.oci.image.index.v1+json";
		return (await fetch(url, { headers: { authorization, accept } })).text();
	}

	it("they are attached to the image, and read back", async () => {
		await attach(image, digest, files());
		const bom = await readReferrer(image, digest, BOM_TYPE);
		expect(bom).toEqual(readFileSync(fileOf("package")));
		const provenance = await readReferrer(image, digest, PROVENANCE_TYPE);
		expect((JSON.parse(provenance?.toString() ?? "") as Statement).subject).toContainEqual({
			name: image,
			digest: { sha256: digest.replace("sha256:", "") },
		});
	});

	it("attached again, they are the same, byte for byte", async () => {
		const before = await listing();
		expect((JSON.parse(before) as { manifests: object[] }).manifests).toHaveLength(2);
		await attach(image, digest, files());
		expect(await listing()).toBe(before);
	});

	it("the command prints them where the daemon lacks the image", async () => {
		const config = ["-c", `registry=${image.replace(/:[^:]*$/, "")}`];
		const { stdout, stderr, exitCode } = await print([...config, "--image", "package"]);
		expect(stderr).not.toMatch(/^error/m);
		expect(exitCode).toBe(0);
		expect(stdout).toBe(readFileSync(fileOf("package"), "utf8"));
	});
});
