import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf, StepError } from "../step/error.ts";
import { sha256 as sha256Of } from "../step/file.ts";
import type { Step } from "../step/step.ts";

/** Waits between tries, in ms. */
const WAITS = [2_000, 10_000];

/** Longest try, in ms: a tarball is some 20 MB. Node itself ends one that stands still for 5 minutes. */
const TIMEOUT = 15 * 60_000;

/**
 * Fetch a source tarball on this machine, for a container whose TLS is too old to. Node takes
 * further CA certificates and a proxy from the environment (NODE_EXTRA_CA_CERTS, NODE_USE_ENV_PROXY).
 *
 * @returns the path of the file, whose sha256 is right; its name is the URL's.
 * @throws StepError that names the URL, what went wrong and the remedy.
 */
export async function fetchSource(step: Step, url: string, sha256: string): Promise<string> {
	step.progress(`fetch ${basename(url)}`);
	const content = await download(url, step.signal);
	const found = sha256Of(content);
	if (found !== sha256) {
		throw new StepError(
			`fetch: ${url}: sha256 ${found} instead of ${sha256}`,
			"correct sourceSha256, or look at who answers for that address in your network",
		);
	}
	const file = join(step.createFolder(), basename(url));
	await writeFile(file, content);
	return file;
}

async function download(url: string, signal: AbortSignal): Promise<Buffer> {
	for (const wait of [...WAITS, undefined]) {
		const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]);
		try {
			const response = await fetch(url, { signal: limited });
			if (response.ok) return Buffer.from(await response.arrayBuffer());
			if (wait === undefined || response.status < 500)
				throw fetchError(url, `HTTP status ${response.status}`);
		} catch (error) {
			if (signal.aborted) throw new StepError("stopped");
			if (error instanceof StepError) throw error;
			if (wait === undefined) throw fetchError(url, reasonOf(error as Error));
		}
		await sleep(wait, undefined, { signal });
	}
	throw new Error("the last try ends otherwise");
}

function fetchError(url: string, why: string): StepError {
	return new StepError(
		`fetch: ${url} could not be fetched (${why})`,
		"look at the network, and set caBundle where a proxy opens TLS",
	);
}
