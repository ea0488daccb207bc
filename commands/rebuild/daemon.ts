import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { docker } from "../../components/step/docker.ts";
import { lastLine } from "../../components/step/docker-error.ts";
import { StepError } from "../../components/step/error.ts";
import { isLeftover, temporaryName } from "../../components/step/owner.ts";
import type { Step } from "../../components/step/step.ts";

/** How long a daemon may take to start and to end, in ms. */
const TIMEOUT = 60_000;

/**
 * Do work with a Docker daemon that has nothing yet, as this process's: that of DOCKER_HOST, else one of
 * its own, which ends with it.
 *
 * @throws StepError where DOCKER_HOST's has something, or none can be started here.
 */
export async function withEmptyDaemon<Result>(
	step: Step,
	work: () => Promise<Result>,
): Promise<Result> {
	if (process.env.DOCKER_HOST !== undefined) {
		await refuseFull(process.env.DOCKER_HOST);
		return work();
	}
	if (process.getuid?.() !== 0)
		throw new StepError(
			"only root starts a Docker daemon",
			"run this as root, or set DOCKER_HOST to the address of one that is empty",
		);
	return withOwnDaemon(step, work);
}

/** What is there need not be made again, and so proves nothing. */
async function refuseFull(host: string): Promise<void> {
	for (const kind of ["image", "volume"]) {
		const found = await docker([kind, "ls", "--quiet"]);
		if (found === "") continue;
		throw new StepError(
			`the Docker daemon at ${host} has ${found.split("\n").length} ${kind}s, and must be empty`,
			"unset DOCKER_HOST, with which one of its own is started, or set it to an empty one",
		);
	}
}

async function withOwnDaemon<Result>(step: Step, work: () => Promise<Result>): Promise<Result> {
	const folder = join(step.createFolder(), "docker");
	mkdirSync(folder);
	// The machine's own daemon makes the network, so that it also says who gets out by which address.
	await sweepNetworks();
	const network = temporaryName();
	const bridge = `rb-${network.slice(-8)}`;
	const option = `--opt=com.docker.network.bridge.name=${bridge}`;
	await docker(["network", "create", option, network]);
	try {
		const daemon = startDaemon(folder, bridge);
		try {
			process.env.DOCKER_HOST = `unix://${folder}/docker.sock`;
			await answers(daemon, folder);
			return await work();
		} finally {
			delete process.env.DOCKER_HOST;
			daemon.kill();
			if (daemon.exitCode === null) await once(daemon, "exit");
		}
	} finally {
		await docker(["network", "rm", network]);
	}
}

/** Remove the networks that killed runs left. */
async function sweepNetworks(): Promise<void> {
	const names = (await docker(["network", "ls", "--format", "{{.Name}}"])).split("\n");
	for (const name of names.filter((each) => isLeftover(each)))
		await docker(["network", "rm", name]).catch(() => undefined);
}

function startDaemon(folder: string, bridge: string) {
	const log = openSync(join(folder, "log"), "w");
	const options = [
		`--bridge=${bridge}`,
		// Else it takes away the rules of the machine's own.
		"--iptables=false",
		`--data-root=${folder}/data`,
		`--exec-root=${folder}/run`,
		`--pidfile=${folder}/pid`,
		`--host=unix://${folder}/docker.sock`,
		// Where a containerd of the machine serves both.
		`--containerd-namespace=${bridge}`,
		`--containerd-plugins-namespace=${bridge}-plugins`,
	];
	// It ends with this process, however that ends.
	return spawn("setpriv", ["--pdeathsig=TERM", "dockerd", ...options], {
		stdio: ["ignore", log, log],
	});
}

async function answers(daemon: ReturnType<typeof startDaemon>, folder: string): Promise<void> {
	const end = Date.now() + TIMEOUT;
	while (daemon.exitCode === null && Date.now() < end) {
		if (!(await execa("docker", ["version"], { reject: false })).failed) return;
		await sleep(200);
	}
	throw new StepError(
		`dockerd does not start: ${lastLine(readFileSync(join(folder, "log"), "utf8"))}`,
		"set DOCKER_HOST to the address of an empty Docker daemon",
	);
}
