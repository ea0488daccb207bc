import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
	appendFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { DescribeRepositoriesCommand, ECRClient, type Repository } from "@aws-sdk/client-ecr";
import { execa } from "execa";
import { startRegistry, type TestRegistry } from "./registry.ts";

/*
 * An Amazon ECR of the tests' own. Its API is moto's server. moto has no data plane: that is Debian's
 * docker-registry, and before it a TLS server that refuses what the real one refuses, by what moto
 * holds of the repository: pushes to a repository that does not exist, and any push under a tag that
 * exists and may not move. Not played: IAM, the expiry of tokens, lifecycle, scans.
 */

const MOTO = "5.2.5";
/** The account that moto gives to everybody. */
const ACCOUNT = "123456789012";
const REGION = "us-east-1";

/** The name of the account's data plane. */
export const ECR_HOST = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com`;

/** The tests' Amazon ECR. */
export interface TestEcr {
	/** The environment of somebody who is logged in at it, and at nothing else. */
	readonly env: Readonly<Record<string, string>>;
	/** A client of its API. */
	readonly client: ECRClient;
	/** Tags that were pushed, as `path:tag`, in order. */
	readonly pushed: string[];
	/** Tag and digest of all that a repository holds. */
	contents(path: string): Promise<Record<string, string>>;
	/** Stop it, and take back all that it changed on the machine. */
	stop(): void;
}

/** Start it on this machine, whose Docker daemon then reaches it under its real name. */
export async function startEcr(): Promise<TestEcr> {
	const undo: (() => void)[] = [];
	const stop = () => {
		for (const step of undo.splice(0).reverse()) step();
	};
	try {
		const moto = await startMoto();
		undo.push(() => moto.process.kill());
		const registry = await startRegistry();
		undo.push(() => registry.stop());
		const env = { ...moto.env, DOCKER_CONFIG: registry.login(ECR_HOST) };
		const client = new ECRClient({
			endpoint: moto.url,
			region: REGION,
			credentials: { accessKeyId: "test", secretAccessKey: "test" },
		});
		const pushed: string[] = [];
		undo.push(await startFront(registry, client, pushed));
		undo.push(nameHost());
		await reached(env.DOCKER_CONFIG);
		return { env, client, pushed, contents: (path) => contents(registry, path), stop };
	} catch (error) {
		stop();
		throw error;
	}
}

/** A server that plays AWS's APIs. */
export interface TestAws {
	readonly url: string;
	readonly process: ChildProcess;
	/** The environment of somebody who has an account there. */
	readonly env: Readonly<Record<string, string>>;
}

/** Start it on this machine. */
export async function startMoto(): Promise<TestAws> {
	// The port is in what it says.
	const server = spawn(installMoto(), ["-c", MOTO_SERVER, "--host", "127.0.0.1", "--port", "0"], {
		stdio: ["ignore", "ignore", "pipe"],
	});
	const said: string[] = [];
	let url: string | undefined;
	for await (const line of createInterface({ input: server.stderr })) {
		said.push(line);
		url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
		if (url !== undefined) break;
	}
	if (url === undefined) throw new Error(`moto's server did not start:\n${said.join("\n")}`);
	// What it says of each request must not fill the pipe.
	server.stderr.resume();
	const env = {
		AWS_ENDPOINT_URL: url,
		AWS_REGION: REGION,
		AWS_ACCESS_KEY_ID: "test",
		AWS_SECRET_ACCESS_KEY: "test",
		// Nothing of the machine's own.
		AWS_CONFIG_FILE: "/nonexistent",
		AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
		AWS_EC2_METADATA_DISABLED: "true",
	};
	return { url, process: server, env };
}

/**
 * Its server, but for what KMS gets to sign: that is a digest already (KMS API reference, Sign: "DIGEST"),
 * which moto hashes again; and S3's conditional writes, which one after the other are looked at and done.
 */
const MOTO_SERVER = `
import sys
import threading
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from moto.kms.utils import ECDSAPrivateKey
from moto.s3.responses import S3Response
from moto.server import main

def sign(self, message, signing_algorithm):
    return self.private_key.sign(message, ec.ECDSA(utils.Prehashed(hashes.SHA256())))

put_object = S3Response.put_object
one_at_a_time = threading.Lock()

def put(self):
    with one_at_a_time:
        return put_object(self)

ECDSAPrivateKey.sign = sign
S3Response.put_object = put
sys.exit(main())
`;

/** Have moto in the user's cache; returns its Python. It is large, so it is installed once on a machine. */
function installMoto(): string {
	const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
	const venv = join(cache, "debian-python", `moto-${MOTO}`);
	const done = join(venv, "installed");
	mkdirSync(dirname(venv), { recursive: true });
	if (existsSync(done)) return join(venv, "bin/python3");
	// Two files of tests may do this at once: whoever is first gives it its name.
	const making = mkdtempSync(`${venv}-`);
	execFileSync("python3", ["-m", "venv", making]);
	execFileSync(join(making, "bin/pip"), ["install", "--quiet", `moto[server]==${MOTO}`], {
		stdio: ["ignore", "inherit", "inherit"],
	});
	writeFileSync(join(making, "installed"), "");
	if (!existsSync(done)) {
		rmSync(venv, { recursive: true, force: true });
		renameSync(making, venv);
	} else rmSync(making, { recursive: true });
	return join(venv, "bin/python3");
}

/** Put TLS, with a certificate that Docker trusts, and ECR's refusals before the registry. */
async function startFront(
	registry: TestRegistry,
	client: ECRClient,
	pushed: string[],
): Promise<() => void> {
	const { key, cert, remove } = trustedCertificate();
	const server = createServer(
		{ key, cert },
		(incoming, response) => void handle(incoming, response),
	);
	async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
		const refused = await refusal(registry, client, incoming);
		if (refused !== undefined) {
			const { status, ...error } = refused;
			incoming.resume();
			response.writeHead(status, { "content-type": "application/json" });
			response.end(JSON.stringify({ errors: [error] }));
			return;
		}
		// Docker gives digests too, where it pushes the parts of an image index.
		const put = manifest(incoming);
		if (incoming.method === "PUT" && put !== undefined) pushed.push(`${put.path}:${put.reference}`);
		const [host, port] = registry.host.split(":");
		const { method, url: path } = incoming;
		// From host and scheme the registry builds the addresses of uploads.
		const headers = { ...incoming.headers, "x-forwarded-proto": "https" };
		const outgoing = request({ host, port, method, path, headers }, (answer) => {
			response.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.pipe(response);
		});
		outgoing.on("error", () => response.destroy());
		incoming.on("error", () => outgoing.destroy());
		incoming.pipe(outgoing);
	}
	try {
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject).listen(443, "127.0.0.1", resolve);
		});
	} catch (error) {
		remove();
		throw error;
	}
	return () => {
		server.close();
		server.closeAllConnections();
		remove();
	};
}

/** What the real data plane would refuse, in its words. */
async function refusal(
	registry: TestRegistry,
	client: ECRClient,
	incoming: IncomingMessage,
): Promise<{ status: number; code: string; message: string } | undefined> {
	const { method, url = "", headers } = incoming;
	const { authorization } = headers;
	const path = /^\/v2\/(.+)\/(manifests|blobs|tags)\//.exec(url)?.[1];
	if (path === undefined || authorization === undefined) return undefined;
	const repository = await describeRepository(client, path);
	if (repository === undefined) {
		return {
			status: 404,
			code: "NAME_UNKNOWN",
			message: `The repository with name '${path}' does not exist in the registry with id '${ACCOUNT}'`,
		};
	}
	const tag = manifest(incoming)?.reference;
	if (method !== "PUT" || tag === undefined || mayMove(repository, tag)) return undefined;
	// ECR refuses the same content too (aws/containers-roadmap#2179).
	if (!(await digestOf(registry, path, tag, authorization))) return undefined;
	return {
		status: 400,
		code: "TAG_INVALID",
		message: `The image tag '${tag}' already exists in the '${path}' repository and cannot be overwritten because the tag is immutable.`,
	};
}

/** The manifest of a request, where it is for one. */
function manifest({ url = "" }: IncomingMessage): { path: string; reference: string } | undefined {
	const [, path, reference] = /^\/v2\/(.+)\/manifests\/([^?]+)/.exec(url) ?? [];
	return path === undefined || reference === undefined ? undefined : { path, reference };
}

/** What the API has of a repository; undefined where there is none. */
export async function describeRepository(
	client: ECRClient,
	path: string,
): Promise<Repository | undefined> {
	try {
		const describe = new DescribeRepositoriesCommand({ repositoryNames: [path] });
		return (await client.send(describe)).repositories?.[0];
	} catch (error) {
		if ((error as Error).name === "RepositoryNotFoundException") return undefined;
		throw error;
	}
}

function mayMove({ imageTagMutabilityExclusionFilters = [] }: Repository, tag: string): boolean {
	return imageTagMutabilityExclusionFilters.some(({ filter = "" }) =>
		new RegExp(`^${filter.replaceAll(".", "\\.").replaceAll("*", ".*")}$`).test(tag),
	);
}

async function digestOf(
	registry: TestRegistry,
	path: string,
	tag: string,
	authorization: string,
): Promise<string | undefined> {
	const accept = "application/vnd.docker.distribution.manifest.v2+json";
	const url = `http://${registry.host}/v2/${path}/manifests/${tag}`;
	const { ok, headers } = await fetch(url, { method: "HEAD", headers: { authorization, accept } });
	return ok ? (headers.get("docker-content-digest") ?? "") : undefined;
}

async function contents(registry: TestRegistry, path: string): Promise<Record<string, string>> {
	const authorization = `Basic ${Buffer.from("AWS:token").toString("base64")}`;
	const url = `http://${registry.host}/v2/${path}/tags/list`;
	const response = await fetch(url, { headers: { authorization } });
	const { tags } = (await response.json()) as { tags: string[] };
	const digests = tags.map(
		async (tag) => [tag, (await digestOf(registry, path, tag, authorization)) ?? ""] as const,
	);
	return Object.fromEntries(await Promise.all(digests));
}

/** A certificate that is its own CA, where Docker looks for one (dockerd's guide, "certs.d"). */
function trustedCertificate(): { key: string; cert: string; remove: () => void } {
	const folder = mkdtempSync(join(tmpdir(), "certificate-"));
	const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
	execFileSync(
		"openssl",
		[
			...["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"],
			...["-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", key, "-out", cert],
			...["-subj", `/CN=${ECR_HOST}`, "-addext", `subjectAltName=DNS:${ECR_HOST}`],
		],
		{ stdio: "pipe" },
	);
	const made = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
	rmSync(folder, { recursive: true });
	const trusted = `/etc/docker/certs.d/${ECR_HOST}`;
	mkdirSync(trusted, { recursive: true });
	writeFileSync(join(trusted, "ca.crt"), made.cert);
	const remove = () => {
		rmSync(trusted, { recursive: true, force: true });
		execFileSync("rmdir", ["--ignore-fail-on-non-empty", dirname(trusted)]);
	};
	return { ...made, remove };
}

/** Let this machine find the data plane on itself. */
function nameHost(): () => void {
	const file = "/etc/hosts";
	const line = `127.0.0.1 ${ECR_HOST}\n`;
	// In its place: in a container the file is a mount.
	const remove = () => writeFileSync(file, readFileSync(file, "utf8").replaceAll(line, ""));
	// A test that was killed may have left it.
	remove();
	if (!readFileSync(file, "utf8").endsWith("\n")) appendFileSync(file, "\n");
	appendFileSync(file, line);
	return remove;
}

/** Wait until the daemon reads the new name; it looks at the file every few seconds. */
async function reached(config: string): Promise<void> {
	let said = "";
	for (let tries = 30; tries > 0; tries--) {
		const pull = ["--config", config, "pull", `${ECR_HOST}/nothing:here`];
		said = (await execa("docker", pull, { reject: false })).stderr;
		if (said.includes("does not exist in the registry")) return;
		await sleep(1000);
	}
	throw new Error(`the Docker daemon does not reach ${ECR_HOST}: ${said}`);
}
