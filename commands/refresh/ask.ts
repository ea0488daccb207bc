import { StepError } from "../../components/step/error.ts";

/** How long a server may take to answer, in ms. */
const TIMEOUT = 20_000;

/**
 * Ask a server by HTTP. What it answers is returned, whatever its status.
 *
 * @throws StepError that names the server where none answers.
 */
export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
	try {
		return await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT) });
	} catch (error) {
		const { cause, message } = error as Error;
		const { code } = (cause ?? {}) as { code?: string };
		throw new StepError(
			`${new URL(url).host} cannot be asked (${code ?? message})`,
			"check the network and its proxy (HTTPS_PROXY), or run again later",
		);
	}
}

/**
 * Ask a server for JSON.
 *
 * @throws StepError that names the server where it answers with something else.
 */
export async function askJson(url: string, headers: Record<string, string> = {}): Promise<unknown> {
	const response = await ask(url, { headers });
	try {
		if (response.ok) return await response.json();
	} catch {
		// Not JSON, or cut short.
	}
	throw new StepError(
		`${url} answers ${response.status} and no JSON that can be read`,
		"run again later",
	);
}
