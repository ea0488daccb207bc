import { execa } from "execa";
import pRetry from "p-retry";
import { dockerHost, formerName, keyIn, registryHost, repositoryOf } from "../image-name.ts";
import { daemonVariables } from "../step/daemon.ts";
import { type ImageConfig, imageConfig, imageId, tagImage } from "../step/docker.ts";
import { dockerError, explainClient, explainDocker, lastLine } from "../step/docker-error.ts";
import { engine } from "../step/engine.ts";
import { askEngine } from "../step/engine-api.ts";
import { RegistryError, StepError } from "../step/error.ts";
import { refuseProxies, strayProxies } from "../step/proxies.ts";
import { INPUTS_LABEL, type Inputs, keyOfInputs } from "../step/why.ts";
import { readTagDigest } from "./client.ts";
import { loginAdvice, registryAuthHeader } from "./credentials.ts";

/** Waits of 1, 4 and 10 seconds between tries: what a registry that is restarted or throttles needs. */
const RETRIES = { retries: 3, minTimeout: 1_000, factor: 4, maxTimeout: 10_000 };

/** Whether the daemon has an image, under its name or another. Nothing is changed. */
export async function isInDaemon(name: string): Promise<boolean> {
	return (await imageId(name)) !== undefined || (await otherNames(name)).length > 0;
}

/**
 * Whether the registry that an image's name says has it in the repository of another stack. Who does
 * not answer for that one has nothing to offer. Nothing is pulled.
 */
export async function isBeside(name: string, signal?: AbortSignal): Promise<boolean> {
	return (await publishedBeside(name, signal)) !== undefined;
}

/** The names under which the daemon has an image beside its own: its former one, and other stacks'. */
async function otherNames(name: string): Promise<string[]> {
	const names = [formerName(name) ?? [], ...(await namesBeside(name))].flat();
	const ids = await Promise.all(names.map((each) => imageId(each)));
	return names.filter((_, index) => ids[index] !== undefined);
}

/** YAML takes long to load for the many that are there under their names. */
async function namesBeside(name: string): Promise<string[]> {
	return (await import("./beside.ts")).namesBeside(name);
}

async function publishedBeside(name: string, signal?: AbortSignal): Promise<string | undefined> {
	const host = registryHost(name);
	if (host === undefined) return undefined;
	for (const other of (await namesBeside(name)).filter((each) => registryHost(each) === host))
		if ((await askDigest(other, signal).catch(() => undefined)) !== undefined) return other;
	return undefined;
}

/**
 * Find an image that may have been made before: in the daemon, else in the registry that its name
 * says, from where it is pulled; under its name, else under that of another stack of the project. Docker
 * checks every digest on the way; that the image is the one that its tag says is checked here, by its key,
 * and that it has no machine's proxies.
 *
 * @returns whether it is in the daemon now.
 * @throws StepError that names registry, image and remedy where the registry does not answer.
 */
export async function findImage(name: string, signal?: AbortSignal): Promise<boolean> {
	if ((await imageId(name)) === undefined) {
		const hasRegistry = registryHost(name) !== undefined;
		if (!hasRegistry || (await remoteDigest(name, signal)) === undefined)
			return takeOther(name, signal);
		await pull(name, signal);
	}
	await refuseProxies(name);
	return true;
}

async function pull(name: string, signal?: AbortSignal): Promise<void> {
	await dockerRetry("pull", ["--quiet"], name, signal);
	await checkKey(name);
}

/** Name an image that is there under another name alone: what was made then need not be again. */
async function takeOther(name: string, signal?: AbortSignal): Promise<boolean> {
	for (const other of await otherNames(name)) {
		if ((await strayProxies(other)).length > 0) continue;
		await tagImage(other, name);
		return true;
	}
	const other = await publishedBeside(name, signal);
	if (other === undefined) return false;
	await pull(other, signal);
	if ((await strayProxies(other)).length > 0) return false;
	await tagImage(other, name);
	return true;
}

/**
 * Make sure that the daemon has an image that was made before.
 *
 * @throws StepError that names the image and what makes it again.
 */
export async function needImage(name: string, signal?: AbortSignal): Promise<void> {
	if (await findImage(name, signal)) return;
	const place =
		registryHost(name) === undefined ? "" : ` nor in the registry ${registryHost(name)}`;
	throw new StepError(
		`the image ${name} is not in the Docker daemon${place}, although it was built`,
		"it was removed, or this is another machine and the stack has no registry: npm start builds what is " +
			"missing; with Pulumi, pulumi up --refresh --run-program (debbase, pybuild) or --replace '**package-build'",
	);
}

/**
 * Push an image, and tell its digest.
 *
 * @returns `sha256:...`, as the registry has it.
 * @throws StepError that names registry, image and remedy.
 */
export async function dockerPush(name: string, signal?: AbortSignal): Promise<string> {
	const output = await dockerRetry("push", [], name, signal);
	const digest = /digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1];
	if (digest === undefined) throw new StepError(`docker push ${name} told no digest`, "run again");
	await (await engine()).knowPushed(`${repositoryOf(name)}@${digest}`, signal);
	return digest;
}

/** Run docker against a registry, with bounded retries. */
function dockerRetry(verb: string, args: readonly string[], name: string, signal?: AbortSignal) {
	return retry(async () => {
		const command = [verb, ...args, name];
		const env = daemonVariables();
		const result = await execa("docker", command, { cancelSignal: signal, env, reject: false });
		if (!result.failed) return result.stdout;
		if (result.isCanceled) throw new StepError("stopped");
		if (result.code === "ENOENT") throw dockerError(command, result);
		throw await registryFault(verb, name, result.stderr);
	}, signal);
}

/** Try again, a few times, what a registry answers with a passing fault. */
export function retry<T>(attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
	const isPassing = (error: Error) => error instanceof RegistryError && !error.final;
	return pRetry(attempt, {
		...RETRIES,
		signal,
		shouldRetry: ({ error }) => isPassing(error),
		onFailedAttempt({ error, retriesLeft }) {
			if (isPassing(error) && retriesLeft > 0)
				process.stderr.write(`==> ${error.message.split(";")[0]}; trying again\n`);
		},
	});
}

/** A fault of a registry, with what helps where it refuses this machine's credentials. */
async function registryFault(verb: string, name: string, stderr: string): Promise<RegistryError> {
	const advice = await loginAdvice(dockerHost(name));
	return registryError(verb, name, stderr, advice);
}

/** What went wrong between the daemon and a registry; exported for its test. */
export function registryError(
	verb: string,
	name: string,
	stderr: string,
	advice: string,
): RegistryError {
	const host = dockerHost(name);
	const what = `docker ${verb} ${name}: the registry ${host}`;
	const words = lastLine(stderr);
	if (/immutable|cannot be overwritten/i.test(stderr)) {
		return new RegistryError(
			`${what} has other content under this tag, and its tags are immutable`,
			"raise packageRelease",
			true,
		);
	}
	if (/name unknown|repository .* does not exist/i.test(stderr)) {
		return new RegistryError(
			`${what} has no such repository`,
			"create the repository, then run again",
			true,
		);
	}
	if (/^unsupported:|: unsupported:|\b405\b|method not allowed/im.test(stderr)) {
		return new RegistryError(
			`${what} does not allow that: it is read-only, or passes on what another registry has (${words})`,
			"set the config key registry to one that takes pushes",
			true,
		);
	}
	if (
		/unauthorized|no basic auth|denied|authentication required|token has expired|authorization failed|\b401\b/i.test(
			stderr,
		)
	) {
		return new RegistryError(`${what} refuses the credentials (${words})`, advice, true);
	}
	const daemon = registryTrouble(stderr) ? explainClient(stderr) : explainDocker(stderr);
	if (daemon !== undefined)
		return new RegistryError(`${what}: ${daemon.message}`, "then run again", true);
	return new RegistryError(
		`${what} failed (${words})`,
		"run again when it answers: what is done is kept",
		false,
	);
}

/** Words of the daemon's that also mean a registry's connection, not the daemon's own. */
function registryTrouble(stderr: string): boolean {
	return (
		/^Error response from daemon|received unexpected HTTP status|dial tcp|EOF|connection reset/im.test(
			stderr,
		) && !/cannot connect to the docker daemon|no space left/i.test(stderr)
	);
}

/** A tag that says a key must lead to an image with that key. */
async function checkKey(name: string): Promise<void> {
	const { Labels: labels } = (await imageConfig(name)) ?? {};
	if (hasKey(name, labels)) return;
	throw new StepError(
		`the image ${name} in the registry was made of something else (its key is ${keyOfLabels(labels) ?? "not in it"})`,
		"somebody moved the tag: delete it in the registry, then run again",
	);
}

/** Whether an image is what its tag says, where that says a key, by its labels. */
export function hasKey(name: string, labels: ImageConfig["Labels"]): boolean {
	const wanted = keyIn(name);
	return (
		wanted === undefined || [keyOfLabels(labels), labels?.["debian-python.recipe"]].includes(wanted)
	);
}

function keyOfLabels(labels: ImageConfig["Labels"]): string | undefined {
	const inputs = labels?.[INPUTS_LABEL];
	return inputs === undefined ? undefined : keyOfInputs(JSON.parse(inputs) as Inputs);
}

/**
 * The digest that a tag has in its registry; undefined where that registry says that it has none.
 * Nothing is pulled. The Docker daemon is asked, since it also pushes: what it takes for the registry
 * of that name, over http or https and through which proxy, is what counts, not what this machine does.
 *
 * @throws StepError where the registry gives any other answer, or none.
 */
export function remoteDigest(name: string, signal?: AbortSignal): Promise<string | undefined> {
	return retry(() => askDigest(name, signal), signal);
}

async function askDigest(name: string, signal?: AbortSignal): Promise<string | undefined> {
	const host = dockerHost(name);
	const headers = await registryAuthHeader(host);
	const { status, body } = await askEngine(`/distribution/${name}/json`, { headers, signal });
	const answer = parseAnswer(body);
	if (status === 200 && answer?.Descriptor !== undefined) return answer.Descriptor.digest;
	if (isNotFound(status, answer?.message)) return undefined;
	// Podman's API has no such call: text/plain, without any JSON.
	if (status === 404 && answer === undefined) return readTagDigest(name);
	throw await registryFault(
		"manifest inspect",
		name,
		answer?.message ?? `status ${status}: ${body}`,
	);
}

/** What the daemon says of a tag (Docker Engine API, "Get image information from the registry"). */
interface DistributionAnswer {
	readonly Descriptor?: { readonly digest: string };
	readonly message?: string;
}

function parseAnswer(body: string): DistributionAnswer | undefined {
	try {
		return JSON.parse(body) as DistributionAnswer;
	} catch {
		return undefined;
	}
}

/**
 * Whether the daemon passes on a registry's own word that there is no such tag (distribution
 * specification, "Error Codes"). Another server's page of that status is not such a word.
 */
export function isNotFound(status: number, message = ""): boolean {
	return status === 404 && /^(?:errors:\n)?(?:manifest|name) unknown\b/.test(message);
}
