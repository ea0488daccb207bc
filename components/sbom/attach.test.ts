import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryRegistry } from "../../tests/memory-registry.ts";
import { UnattachableError } from "../distribution/client.ts";
import { readReferrer } from "../distribution/referrers.ts";
import { attach, attachMissing } from "./attach.ts";
import { missingFiles } from "./attached.ts";
import { BOM_TYPE, PROVENANCE_TYPE } from "./media-types.ts";
import { formatStatement, type Statement } from "./provenance.ts";

/*
 * Registries that do not run here: one with the referrers API and tags that never move, as Amazon
 * ECR's, and one that gives tokens, as Docker Hub. tests/local/sbom.test.ts has a real one without.
 */

// The library reads it when it is loaded. Nothing is there, so asking it for this machine would fail.
vi.hoisted(() => {
	process.env.https_proxy = "http://127.0.0.1:9";
});

describe.each([
	["with basic authentication", { token: false }],
	["that gives tokens", { token: true }],
])("a registry %s", (_, options) => {
	let registry: MemoryRegistry;
	let folder: string;
	let image: string;
	let digest: string;
	let files: [bom: string, provenance: string];

	beforeEach(async () => {
		registry = new MemoryRegistry(options);
		image = `${await registry.start()}/team/x:python-3.13.5-r1-0123456789ab`;
		digest = registry.put(Buffer.from('{"schemaVersion":2}'));
		folder = mkdtempSync(join(tmpdir(), "attach-"));
		files = [join(folder, "x.cdx.json"), join(folder, "x.intoto.json")];
		writeFileSync(files[0], '{"bomFormat":"CycloneDX"}');
		writeFileSync(files[1], formatStatement(statement(image)));
		logIn("secret");
	});
	afterEach(() => {
		vi.unstubAllEnvs();
		registry.stop();
		rmSync(folder, { recursive: true });
	});

	/** Give the machine's Docker credentials that a helper has. */
	function logIn(secret: string): void {
		const config = JSON.stringify({ credHelpers: { [registry.host]: "test" } });
		const helper = `#!/bin/sh\ngrep -qx ${registry.host} && echo '{"Username":"AWS","Secret":"${secret}"}'\n`;
		writeFileSync(join(folder, "config.json"), config);
		writeFileSync(join(folder, "docker-credential-test"), helper, { mode: 0o755 });
		vi.stubEnv("DOCKER_CONFIG", folder);
		vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
	}

	it("takes the files as referrers, without any tag, and gives them back", async () => {
		await attach(image, digest, files);
		const bom = await readReferrer(image, digest, BOM_TYPE);
		expect(bom?.toString()).toBe('{"bomFormat":"CycloneDX"}');
		const read = JSON.parse(
			(await readReferrer(image, digest, PROVENANCE_TYPE))?.toString() ?? "",
		) as Statement;
		expect(read.subject).toEqual([
			{ name: "x.deb", digest: { sha256: "de" } },
			{ name: image, digest: { sha256: digest.slice("sha256:".length) } },
		]);
		expect([...registry.tags]).toEqual([]);
	});

	it("has nothing new when the files are attached again", async () => {
		await attach(image, digest, files);
		const before = [...registry.contents.keys()];
		await attach(image, digest, files);
		expect([...registry.contents.keys()]).toEqual(before);
	});

	it("attaches what is missing, and nothing where nothing is", async () => {
		await attach(image, digest, [files[0]]);
		expect(await missingFiles(image, digest, files)).toEqual([files[1]]);
		await attachMissing(image, digest, files);
		expect(await missingFiles(image, digest, files)).toEqual([]);
	});

	it("is busy for a moment: that is no refusal, and the files are attached", async () => {
		registry.busy = 1;
		await attachMissing(image, digest, files);
		expect(await missingFiles(image, digest, files)).toEqual([]);
	});

	it("takes no artefacts: so it says", async () => {
		registry.refused = 405;
		await expect(attachMissing(image, digest, files)).rejects.toThrow(UnattachableError);
	});

	it("is busy when it is asked whether it wants credentials: so it says, and nothing else", async () => {
		registry.busy = 1;
		await expect(attach(image, digest, files)).rejects.toThrow(/answers 503; run again/);
	});

	it("has none for an image to which nothing was attached", async () => {
		expect(await readReferrer(image, digest, BOM_TYPE)).toBeUndefined();
	});

	it("is not believed where a content is damaged", async () => {
		await attach(image, digest, files);
		for (const [name, content] of registry.contents)
			if (content.includes("CycloneDX")) registry.contents.set(name, Buffer.from("{}"));
		await expect(readReferrer(image, digest, BOM_TYPE)).rejects.toThrow(/is damaged/);
	});

	it("refuses wrong credentials: the error has the command that logs in", async () => {
		logIn("wrong");
		await expect(attach(image, digest, files)).rejects.toThrow(
			`x.cdx.json cannot be attached to ${image}: the registry ${registry.host} refuses the credentials; run: docker login ${registry.host}`,
		);
	});

	it("never gets another image's provenance", async () => {
		writeFileSync(files[1], formatStatement(statement("another")));
		await expect(attach(image, digest, files)).rejects.toThrow(/is of another image/);
	});
});

it("a registry that is down: the error says what to do", async () => {
	const registry = new MemoryRegistry({ token: false });
	const host = await registry.start();
	registry.stop();
	await expect(attach(`${host}/team/x:1`, "sha256:0", [])).rejects.toThrow(
		/127\.0\.0\.1:\d+.* does not answer .*ECONNREFUSED.*; run again/,
	);
});

function statement(image: string): Statement {
	return {
		_type: "https://in-toto.io/Statement/v1",
		subject: [
			{ name: "x.deb", digest: { sha256: "de" } },
			{ name: image, digest: { sha256: "1d" } },
		],
		predicateType: "https://slsa.dev/provenance/v1",
		predicate: { buildDefinition: {}, runDetails: { builder: {}, byproducts: [] } },
	};
}
