import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { StepError } from "../../../components/step/error.ts";

/** A registry on loopback, with its own storage. */
export interface Registry {
	/** `127.0.0.1:port`. */
	readonly host: string;
	/** The bytes of all that was pushed. */
	bytes(): Promise<number>;
	stop(): Promise<void>;
}

/**
 * See that this machine has what a comparison takes, before minutes go by.
 *
 * @throws StepError with what it lacks.
 */
export async function checkMachine(): Promise<void> {
	if (process.getuid?.() !== 0)
		throw new StepError(
			"--apps starts Docker daemons of its own, which takes root",
			"run it as root",
		);
	const missing = async (program: string, ...args: string[]) =>
		(await execa(program, args, { reject: false })).failed;
	if (await missing("docker-registry", "--version"))
		throw new StepError(
			"--apps needs Debian's docker-registry, which is not on PATH",
			"apt-get install docker-registry",
		);
	// Docker's clients build with BuildKit by buildx from 23 on, before it by themselves.
	const { stdout: version } = await execa("docker", ["version", "--format", "{{.Client.Version}}"]);
	if (Number.parseInt(version, 10) >= 23 && (await missing("docker", "buildx", "version")))
		throw new StepError(
			`--apps builds uv's guide with BuildKit, and Docker's client ${version} has no buildx`,
			"apt-get install docker-buildx (Docker's own packages: docker-buildx-plugin), or have a client before 23 first on PATH",
		);
}

/** Start Debian's docker-registry. */
export async function startRegistry(folder: string): Promise<Registry> {
	const host = `127.0.0.1:${await freePort()}`;
	const data = join(folder, "data");
	await mkdir(data, { recursive: true });
	const config = {
		version: "0.1",
		log: { level: "warn" },
		storage: { filesystem: { rootdirectory: data } },
		http: { addr: host },
	};
	// JSON is YAML.
	await writeFile(join(folder, "config.yml"), JSON.stringify(config));
	const registry = start("docker-registry", ["serve", join(folder, "config.yml")], folder);
	await until(`the registry at ${host}`, () => fetch(`http://${host}/v2/`));
	return { host, bytes: () => bytesIn(data), stop: () => end(registry) };
}

/** A Docker daemon of its own, with nothing in it. */
export interface Engine {
	/** DOCKER_HOST. */
	readonly host: string;
	/** Goes with it. */
	readonly folder: string;
	stop(): Promise<void>;
}

/**
 * Start a Docker daemon. It takes root, and iptables for its network.
 *
 * @param number tells it from others: below 255.
 */
export async function startEngine(folder: string, number: number): Promise<Engine> {
	await mkdir(folder, { recursive: true });
	const bridge = `bench${number}`;
	await execa("ip", ["link", "add", bridge, "type", "bridge"]);
	await execa("ip", ["address", "add", `172.30.${number}.1/24`, "dev", bridge]);
	const host = `unix://${folder}/docker.sock`;
	const daemon = start(
		"dockerd",
		[
			`--host=${host}`,
			`--bridge=${bridge}`,
			`--data-root=${folder}/data`,
			`--exec-root=${folder}/exec`,
			`--pidfile=${folder}/docker.pid`,
		],
		folder,
	);
	await until(`the Docker daemon in ${folder}`, () => execa("docker", ["--host", host, "version"]));
	return {
		host,
		folder,
		async stop() {
			await end(daemon);
			await execa("ip", ["link", "delete", bridge]);
			// Several times as fast as Node's own with so many files.
			await execa("rm", ["--recursive", "--force", folder]);
		},
	};
}

/** Start a program that ends with this one, however that ends; what it says is in `log` of the folder. */
function start(program: string, args: readonly string[], folder: string): ChildProcess {
	const log = openSync(join(folder, "log"), "w");
	return spawn("setpriv", ["--pdeathsig=TERM", program, ...args], { stdio: ["ignore", log, log] });
}

async function end(program: ChildProcess): Promise<void> {
	if (program.exitCode !== null) return;
	const ended = once(program, "exit");
	program.kill();
	await ended;
}

async function until(what: string, answers: () => Promise<unknown>): Promise<void> {
	for (let tries = 100; tries > 0; tries--) {
		try {
			await answers();
			return;
		} catch {
			await sleep(200);
		}
	}
	throw new StepError(`${what} did not start`, "see its log, and whether this runs as root");
}

async function bytesIn(folder: string): Promise<number> {
	const names = await readdir(folder, { recursive: true, withFileTypes: true });
	const files = names.filter((entry) => entry.isFile() && entry.name === "data");
	const sizes = await Promise.all(
		files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
	);
	return sizes.reduce((sum, size) => sum + size, 0);
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}
