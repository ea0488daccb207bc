import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { sha256 } from "../components/step/file.ts";

/** A registry in memory, for one repository, `team/x`. */
export class MemoryRegistry {
	readonly contents = new Map<string, Buffer>();
	readonly tags = new Map<string, string>();
	readonly #server: Server;
	readonly #token: boolean;
	readonly #open: boolean;

	/** @param options `token`: it gives tokens; `open`: it asks for no credentials. */
	constructor({ token = false, open = false }: { token?: boolean; open?: boolean }) {
		this.#token = token;
		this.#open = open;
		this.#server = createServer((request, response) => void this.#handle(request, response));
	}

	/** @returns `127.0.0.1:port`. */
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

	/** Store a content; returns its digest. */
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
		if (!this.#open && headers.authorization !== (this.#token ? "Bearer granted" : basic)) {
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
		const content = this.contents.get(this.tags.get(name) ?? name);
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
