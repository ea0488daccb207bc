import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { docker } from "./checkout.ts";

/*
 * Other machines on this one: each is an engine in mount, network and process namespaces of
 * its own, which end with the process that made them. Folders and the network go with Lan.stop().
 */

/** What Podman needs where limits are low and control groups old, and what it would write into /etc. */
const CONTAINERS_CONF = `
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
network_config_dir = "/mnt/networks"
`;

/** What rootless Podman needs to store images as root's does. */
const STORAGE_CONF = `
[storage]
driver = "overlay"
graphroot = "/mnt/data"
runroot = "/run/daemon/containers"
`;

/** A network of this machine's Docker daemon, for its NAT: there are no containers on it. */
export class Lan {
	readonly #name = `engines-${randomBytes(4).toString("hex")}`;
	readonly #bridge = `br-${randomBytes(4).toString("hex")}`;
	readonly #folder = mkdtempSync(join(tmpdir(), "engines-"));
	readonly #registry: number;
	readonly #gateway: string;
	readonly #prefix: string;
	readonly #forwarder: Server;
	readonly #machines: Machine[] = [];

	/** @param registry `127.0.0.1:port`, which is its address on each of the machines too. */
	constructor(registry: string) {
		const option = `--opt=com.docker.network.bridge.name=${this.#bridge}`;
		docker("network", "create", option, this.#name);
		const format = "{{range .IPAM.Config}}{{.Gateway}}/{{.Subnet}}{{end}}";
		const [gateway = "", , prefix = ""] = docker(
			...["network", "inspect", "--format", format, this.#name],
		).split("/");
		this.#gateway = gateway;
		this.#prefix = prefix;
		this.#registry = Number(registry.split(":")[1]);
		this.#forwarder = createServer((socket) => {
			pipeline(socket, connect(this.#registry, "127.0.0.1"), socket, () => undefined);
		}).listen(this.#registry, gateway);
	}

	/**
	 * Start a machine with an empty daemon.
	 *
	 * @param config its daemon.json.
	 * @param root folder with its Debian; by default it has this machine's own, but without the folders
	 * where the tests' checkouts are.
	 */
	machine(config: object, root?: string): Promise<Machine> {
		return this.#start("docker", { "daemon.json": JSON.stringify(config) }, root);
	}

	/** Start a machine with this one's Podman, which has nothing; root runs it unless it is to be rootless. */
	podman(engine: "podman" | "rootless" = "podman"): Promise<Machine> {
		return this.#start(engine, {
			"storage.conf": STORAGE_CONF,
			"containers.conf": CONTAINERS_CONF,
			// As Docker does by itself.
			"registries.conf": '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n',
		});
	}

	async #start(
		engine: "docker" | "podman" | "rootless",
		files: Readonly<Record<string, string>>,
		root?: string,
	): Promise<Machine> {
		const number = this.#machines.length + 2;
		const address = this.#gateway.replace(/\d+$/, String(number));
		const disk = join(this.#folder, String(number));
		mkdirSync(disk);
		for (const [name, content] of Object.entries(files)) writeFileSync(join(disk, name), content);
		const network = [
			...[
				engine,
				this.#bridge,
				`${address}/${this.#prefix}`,
				this.#gateway,
				String(this.#registry),
			],
		];
		const hidden = root === undefined ? [tmpdir(), process.cwd()] : [];
		const machine = new Machine(disk, address, [...network, disk, root ?? "/", ...hidden]);
		this.#machines.push(machine);
		await machine.answers();
		return machine;
	}

	/** A folder with a Debian that has Docker: its daemon, and buildx for a client. */
	async bootstrap(release: string): Promise<string> {
		const root = join(this.#folder, release);
		await execa("mmdebstrap", [
			"--variant=minbase",
			"--include=docker.io,docker-buildx,iptables,ca-certificates",
			'--aptopt=APT::Install-Recommends "false"',
			"--dpkgopt=path-exclude=/usr/share/doc/*",
			release,
			root,
		]);
		return root;
	}

	/** End the machines, and remove all that is theirs. */
	async stop(): Promise<void> {
		await Promise.all(this.#machines.map((machine) => machine.stop()));
		this.#forwarder.close();
		docker("network", "rm", this.#name);
		// Several times as fast as Node's own with so many files.
		await execa("rm", ["--recursive", "--force", this.#folder]);
	}
}

/** A machine with a Docker daemon, or Podman in its place. */
export class Machine {
	/** DOCKER_HOST by the daemon's socket. */
	readonly socket: string;
	/** DOCKER_HOST by the network: of Docker. */
	readonly tcp: string;
	readonly #log: string;
	readonly #process: ChildProcess;
	readonly #ended: Promise<unknown>;

	constructor(disk: string, address: string, args: readonly string[]) {
		this.socket = `unix://${disk}/docker.sock`;
		this.tcp = `tcp://${address}:2375`;
		this.#log = join(disk, "log");
		const log = openSync(this.#log, "w");
		const script = join(import.meta.dirname, "machine");
		this.#process = spawn(
			"setpriv",
			["--pdeathsig=KILL", "unshare", "--mount", "--net", "sh", script, ...args],
			{ stdio: ["ignore", log, log] },
		);
		this.#ended = once(this.#process, "exit");
	}

	/** Run docker on it, and return what it prints. */
	docker(...args: string[]): string {
		return docker("--host", this.socket, ...args);
	}

	/** Pull an image. Not synchronously: this process is its way to the registry. */
	async pull(image: string): Promise<void> {
		await execa("docker", ["--host", this.socket, "pull", "--quiet", image]);
	}

	/** Wait until its daemon answers. */
	async answers(): Promise<void> {
		for (let tries = 120; tries > 0 && this.#process.exitCode === null; tries--) {
			try {
				this.docker("version");
				return;
			} catch {
				await sleep(500);
			}
		}
		throw new Error(`the machine did not start:\n${readFileSync(this.#log, "utf8")}`);
	}

	/** End it as a plug that is pulled. */
	async stop(): Promise<void> {
		this.#process.kill("SIGKILL");
		await this.#ended;
		// The kernel keeps a network namespace, and with it this, while a connection is being closed.
		await execa("ip", ["link", "delete", `uplink${this.#process.pid}`], { reject: false });
	}
}
