import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { StepError } from "../../../components/step/error.ts";
import type { Engine } from "./machines.ts";

/** Longest start, in ms. */
const LONGEST = 120_000;

/**
 * Time from the start of a container to the first answer of the app in it, in seconds: read-only, with a
 * fifth of a processor, as an orchestrator gives to many.
 */
export async function firstAnswer(image: string, { host }: Engine): Promise<number> {
	const docker = async (...args: string[]) =>
		(await execa("docker", args, { env: { DOCKER_HOST: host } })).stdout;
	const limits = ["--read-only", "--tmpfs=/tmp", "--cpus=0.2"];
	const container = await docker("create", ...limits, image);
	try {
		const started = performance.now();
		await docker("start", container);
		const address = await docker(
			...["inspect", "--format", "{{.NetworkSettings.IPAddress}}", container],
		);
		while (performance.now() - started < LONGEST) {
			const signal = AbortSignal.timeout(5_000);
			const answer = await fetch(`http://${address}:8000/`, { signal }).catch(() => undefined);
			if (answer?.ok) return (performance.now() - started) / 1000;
			await sleep(20);
		}
		throw new StepError(`${image} did not answer: ${await docker("logs", container)}`);
	} finally {
		await docker("rm", "--force", container);
	}
}
