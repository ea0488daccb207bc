import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import pRetry from "p-retry";
import { reasonOf, StepError } from "../step/error.ts";
import { sha256 as sha256Of } from "../step/file.ts";
import type { Step } from "../step/step.ts";

/** Waits of 2 and 10 seconds between tries. */
const RETRIES = { retries: 2, minTimeout: 2_000, factor: 5 };

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

function download(url: string, signal: AbortSignal): Promise<Buffer> {
	return pRetry(() => tryDownload(url, signal), {
		...RETRIES,
		signal,
		shouldRetry: ({ error }) => error instanceof PassingError,
	});
}

async function tryDownload(url: string, signal: AbortSignal): Promise<Buffer> {
	const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]);
	let status: number;
	try {
		const response = await fetch(url, { signal: limited });
		if (response.ok) return Buffer.from(await response.arrayBuffer());
		status = response.status;
	} catch (error) {
		if (signal.aborted) throw new StepError("stopped");
		throw fetchError(PassingError, url, reasonOf(error as Error));
	}
	throw fetchError(status < 500 ? StepError : PassingError, url, `HTTP status ${status}`);
}

/** What another try may mend. */
class PassingError extends StepError {}

function fetchError(Kind: typeof StepError, url: string, why: string): StepError {
	return new Kind(
		`fetch: ${url} could not be fetched (${why})`,
		"look at the network, and set caBundle where a proxy opens TLS",
	);
}
