import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { UnattachableError } from "../distribution/client.ts";
import { readReferrer } from "../distribution/referrers.ts";
import { sha256 } from "../step/file.ts";
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

/** A registry in memory, for one repository, `team/x`. */
class MemoryRegistry {
	readonly contents = new Map<string, Buffer>();
	readonly tags = new Map<string, string>();
	readonly #server: Server;
	readonly #token: boolean;

	constructor({ token }: { readonly token: boolean }) {
		this.#token = token;
		this.#server = createServer((request, response) => void this.#handle(request, response));
	}

	async start(): Promise<string> {
		await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
		return this.host;
	}

	get host(): string {
		return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	stop(): void {
		this.#server.close();
		this.#server.closeAllConnections();
	}

	put(content: Buffer): string {
		const digest = `sha256:${sha256(content)}`;
		this.contents.set(digest, content);
		return digest;
	}

	/** How many of the next requests find it busy. */
	busy = 0;
	/** What it answers to a manifest. */
	refused: number | undefined;

	async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { method = "", headers } = request;
		if (this.busy > 0) {
			this.busy--;
			response.writeHead(503).end();
			return;
		}
		const url = new URL(request.url ?? "", `http://${this.host}`);
		const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
		const basic = `Basic ${Buffer.from("AWS:secret").toString("base64")}`;
		if (url.pathname === "/token") {
			const granted = headers.authorization === basic && url.searchParams.get("service") === "x";
			response.writeHead(granted ? 200 : 401).end('{"token":"granted"}');
			return;
		}
		if (headers.authorization !== (this.#token ? "Bearer granted" : basic)) {
			const challenge = `Bearer realm="http://${this.host}/token",service="x",scope="repository:team/x:pull,push"`;
			response.writeHead(401, { "www-authenticate": this.#token ? challenge : "Basic realm=x" });
			response.end();
			return;
		}
		this.#answer(method, url, body, response);
	}

	#answer(method: string, url: URL, body: Buffer, response: ServerResponse): void {
		const [, kind = "", name = ""] =
			/^\/v2\/team\/x\/(blobs|manifests|referrers)\/(.*)$/.exec(url.pathname) ?? [];
		if (kind === "referrers") response.writeHead(200).end(this.#referrers(name));
		else if (method === "POST")
			response.writeHead(202, { location: "/v2/team/x/blobs/uploads/1" }).end();
		else if (method === "PUT" && kind === "manifests" && this.refused !== undefined)
			response.writeHead(this.refused).end();
		else if (method === "PUT") this.#store(name, body, response);
		else this.#give(method, name, response);
	}

	#give(method: string, name: string, response: ServerResponse): void {
		const content = this.contents.get(name);
		const headers = {
			"content-type": "application/vnd.oci.image.manifest.v1+json",
			"docker-content-digest": name,
			"content-length": content?.length ?? 0,
		};
		if (content === undefined) response.writeHead(404).end();
		else response.writeHead(200, headers).end(method === "HEAD" ? undefined : content);
	}

	#store(name: string, body: Buffer, response: ServerResponse): void {
		const digest = this.put(body);
		if (!name.startsWith("sha256:") && !name.startsWith("uploads/")) this.tags.set(name, digest);
		response.writeHead(201, { "oci-subject": digest }).end();
	}

	#referrers(subject: string): string {
		const manifests = [...this.contents].flatMap(([digest, content]) => {
			if (!content.includes('"subject"') || !content.includes(subject)) return [];
			const { artifactType } = JSON.parse(content.toString()) as { artifactType?: string };
			return artifactType === undefined ? [] : [{ digest, artifactType }];
		});
		return JSON.stringify({ schemaVersion: 2, manifests });
	}
}

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
