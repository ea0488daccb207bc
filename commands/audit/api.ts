import pMap from "p-map";
import pRetry from "p-retry";
import { reasonOf, StepError } from "../../components/step/error.ts";
import { type Matches, type OsvPackage, type OsvRecord, packageKey } from "./osv.ts";

/** Address of OSV's API, or of what stands in for it: OSV_API_URL. */
export function osvApi(): string {
	return (process.env.OSV_API_URL || "https://api.osv.dev").replace(/\/+$/, "");
}

/** The most queries of a batch (osv.dev, osv_service_v1.proto). */
const BATCH = 1000;

/** Pages of one answer, after which something else is wrong. */
const PAGES = 100;

/** Records that are asked for at once. */
const AT_ONCE = 10;

/** How patient one is. */
export interface Patience {
	/** Longest wait for an answer, in ms. OSV itself gives up after 35 s. */
	readonly timeout: number;
	/** Further tries, after waits of 1, 4 and 10 seconds. */
	readonly retries: number;
	/** Ends it all. */
	readonly signal?: AbortSignal;
}

/** For who waits for the answer. */
export const PATIENT: Patience = { timeout: 60_000, retries: 3 };

/** A query of a batch (osv.dev, "POST /v1/querybatch"). */
interface Query {
	readonly package: { readonly ecosystem: string; readonly name: string };
	readonly version: string;
	readonly page_token?: string;
}

/** What answers a query: ids alone. Neither key is there where there is nothing. */
interface Page {
	readonly vulns?: readonly { readonly id: string }[];
	readonly next_page_token?: string;
}

/**
 * Ask OSV which vulnerabilities packages have. Their names and versions are sent to it.
 *
 * @throws StepError where it does not answer, or not in its form: that is never "none".
 */
export async function askOsv(
	packages: readonly OsvPackage[],
	patience: Patience,
): Promise<Matches> {
	const ids = await affectedIds(packages, patience);
	const all = [...new Set([...ids.values()].flat())];
	const records = await pMap(all, (id) => readRecord(id, patience), { concurrency: AT_ONCE });
	const byId = new Map(all.map((id, index) => [id, records[index] ?? { id }]));
	const recordsOf = (each: OsvPackage) =>
		(ids.get(packageKey(each)) ?? []).flatMap((id) => byId.get(id) ?? []);
	return new Map(packages.map((each) => [packageKey(each), recordsOf(each)]));
}

/** Each query's answer has pages of its own: only those that go on are asked again. */
async function affectedIds(
	packages: readonly OsvPackage[],
	patience: Patience,
): Promise<Map<string, string[]>> {
	const found = new Map(packages.map((each) => [packageKey(each), [] as string[]]));
	let open = packages.map((of) => ({ of, query: queryOf(of) }));
	for (let page = 0; open.length > 0; page++) {
		if (page === PAGES) throw misread("/v1/querybatch", `${PAGES} pages, and more to come`);
		const queries = open.map(({ query }) => query);
		const answers: Page[] = [];
		for (let start = 0; start < queries.length; start += BATCH)
			answers.push(...(await askBatch(queries.slice(start, start + BATCH), patience)));
		open = open.flatMap(({ of, query }, index) => {
			const { vulns = [], next_page_token: token = "" } = answers[index] ?? {};
			found.get(packageKey(of))?.push(...vulns.map(({ id }) => id));
			return token === "" ? [] : [{ of, query: { ...query, page_token: token } }];
		});
	}
	return found;
}

function queryOf({ ecosystem, name, version }: OsvPackage): Query {
	return { package: { ecosystem, name }, version };
}

async function askBatch(queries: readonly Query[], patience: Patience): Promise<readonly Page[]> {
	const path = "/v1/querybatch";
	const init = { method: "POST", body: JSON.stringify({ queries }) };
	const { results } = ((await ask(path, patience, init)) ?? {}) as { results?: readonly Page[] };
	// Answers are in the order of the queries: any other number would blame the wrong packages.
	if (results?.length === queries.length) return results;
	throw misread(path, `${results?.length ?? "no"} results for ${queries.length} queries`);
}

/** One that was taken back since it was listed is known by its id alone. */
async function readRecord(id: string, patience: Patience): Promise<OsvRecord> {
	const record = await ask(`/v1/vulns/${encodeURIComponent(id)}`, patience);
	return (record as OsvRecord | undefined) ?? { id };
}

/** What another try may mend. */
class PassingError extends StepError {}

const REMEDY =
	"check the network and its proxy (HTTPS_PROXY), run again later, or take OSV's dumps: --offline FOLDER";

/** Ask for JSON; undefined where there is no such thing. */
async function ask(path: string, patience: Patience, init: RequestInit = {}): Promise<unknown> {
	const { timeout, retries, signal } = patience;
	const tryOnce = async () => {
		const limits = [AbortSignal.timeout(timeout), ...(signal === undefined ? [] : [signal])];
		const response = await request(path, { ...init, signal: AbortSignal.any(limits) });
		if (response.status === 404 && init.method === undefined) return undefined;
		if (response.status === 429 || response.status >= 500) throw notAnswered(path, response);
		if (!response.ok) throw new StepError(`${osvApi()}${path} answers ${response.status}`, REMEDY);
		return readJson(path, response);
	};
	return pRetry(tryOnce, {
		...{ retries, minTimeout: 1_000, factor: 4, maxTimeout: 10_000 },
		...(signal && { signal }),
		shouldRetry: ({ error }) => error instanceof PassingError,
	}).catch((error: unknown) => {
		// In a wait between two tries.
		throw error instanceof StepError || signal?.aborted !== true ? error : new StepError("stopped");
	});
}

async function request(path: string, init: RequestInit): Promise<Response> {
	try {
		return await fetch(`${osvApi()}${path}`, {
			...init,
			headers: { "content-type": "application/json" },
		});
	} catch (error) {
		if ((error as Error).name === "AbortError") throw new StepError("stopped");
		throw new PassingError(`${osvApi()} cannot be asked (${reasonOf(error as Error)})`, REMEDY);
	}
}

async function readJson(path: string, response: Response): Promise<unknown> {
	try {
		return await response.json();
	} catch {
		// A page of a proxy, or an answer cut short.
		throw notAnswered(path, response);
	}
}

function notAnswered(path: string, { status }: Response): PassingError {
	return new PassingError(`${osvApi()}${path} answers ${status} and nothing to read`, REMEDY);
}

function misread(path: string, what: string): StepError {
	return new StepError(`${osvApi()}${path} answers what OSV's API does not have: ${what}`, REMEDY);
}
