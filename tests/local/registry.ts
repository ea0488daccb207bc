import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../commands/bench/apps/machines.ts";

/** A registry of the tests' own: Debian's docker-registry, with Amazon ECR's kind of credentials. */
export interface TestRegistry {
	/** `127.0.0.1:port`. */
	readonly host: string;
	/** DOCKER_CONFIG of somebody who is logged in at the registry, and at other hosts that are named. */
	login(...hosts: string[]): string;
	/**
	 * Lose what is attached to an image: the list of it, which a registry's clean-up may take for an image
	 * without use.
	 *
	 * @param path of its repository, such as `team/python`.
	 */
	loseAttached(path: string, digest: string): Promise<void>;
	stop(): void;
}

const USER = "AWS";
const PASSWORD = "token";
/** Both, as HTTP and Docker's config have them. */
const BASIC = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");

/** Start a registry on loopback, with its own storage. */
export async function startRegistry(): Promise<TestRegistry> {
	const folder = mkdtempSync(join(tmpdir(), "registry-"));
	const port = await freePort();
	const users = execFileSync("htpasswd", ["-Bbn", USER, PASSWORD], { encoding: "utf8" });
	writeFileSync(join(folder, "htpasswd"), users);
	const config = {
		version: "0.1",
		log: { level: "warn" },
		storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
		http: { addr: `127.0.0.1:${port}` },
		auth: { htpasswd: { realm: "test", path: join(folder, "htpasswd") } },
	};
	// JSON is YAML.
	writeFileSync(join(folder, "config.yml"), JSON.stringify(config));
	const registry = spawn("docker-registry", ["serve", join(folder, "config.yml")], {
		stdio: "ignore",
	});
	const host = `127.0.0.1:${port}`;
	await answers(host);
	return {
		host,
		login: (...hosts) => dockerConfig(folder, [host, ...hosts]),
		async loseAttached(path, digest) {
			const authorization = `Basic ${BASIC}`;
			const headers = { authorization, accept: "application/vnd.oci.image.index.v1+json" };
			const ask = (reference: string, method: string) =>
				fetch(`http://${host}/v2/${path}/manifests/${reference}`, { method, headers });
			const list = await ask(digest.replace(":", "-"), "GET");
			const { status } = await ask(list.headers.get("docker-content-digest") ?? "", "DELETE");
			if (status !== 202) throw new Error(`nothing is attached to ${path}@${digest}`);
		},
		stop() {
			registry.kill();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

async function answers(host: string): Promise<void> {
	for (let tries = 100; tries > 0; tries--) {
		const response = await fetch(`http://${host}/v2/`).catch(() => undefined);
		if (response?.status === 401) return;
		await sleep(100);
	}
	throw new Error("the registry did not start");
}

function dockerConfig(folder: string, hosts: readonly string[]): string {
	const config = join(folder, `docker-${hosts.length}`);
	mkdirSync(config, { recursive: true });
	const auths = Object.fromEntries(hosts.map((host) => [host, { auth: BASIC }]));
	writeFileSync(join(config, "config.json"), JSON.stringify({ auths }));
	return config;
}

/** What a misbehaving proxy does with a request and its answer. */
type Verdict = "answered" | "corrupt" | "lost" | undefined;

/** What a misbehaving proxy does with a request; undefined passes it on as it is. */
export type Fault = (
	request: IncomingMessage,
	response: ServerResponse,
) => Verdict | Promise<Verdict>;

/** A proxy before a registry that misbehaves as it is told. */
export interface FaultyProxy {
	readonly host: string;
	fault: Fault | undefined;
	/** Requests since the proxy started, as `GET /v2/...`. */
	readonly seen: string[];
	stop(): void;
}

/** Start a proxy on loopback. */
export async function startProxy(registry: TestRegistry): Promise<FaultyProxy> {
	const server = createServer((incoming, response) => void handle(incoming, response));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const proxy: FaultyProxy = {
		host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
		fault: undefined,
		seen: [],
		stop() {
			server.close();
			server.closeAllConnections();
		},
	};
	async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
		proxy.seen.push(`${incoming.method} ${incoming.url}`);
		const verdict = await proxy.fault?.(incoming, response);
		if (verdict === "answered") return;
		// Host stays the proxy's: the registry builds upload addresses from it.
		const [host, port] = registry.host.split(":");
		const { method, url: path, headers } = incoming;
		const outgoing = request({ host, port, method, path, headers }, (answer) => {
			if (verdict === "lost") return;
			response.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.on("data", (chunk: Buffer) => {
				if (verdict === "corrupt") chunk[0] = (chunk[0] ?? 0) ^ 0xff;
				response.write(chunk);
			});
			answer.on("end", () => response.end());
		});
		outgoing.on("error", () => response.destroy());
		incoming.on("error", () => outgoing.destroy());
		incoming.pipe(outgoing);
	}
	return proxy;
}
