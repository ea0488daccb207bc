import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { keyOfInputs } from "../content-key.ts";
import { isLoopback } from "../loopback.ts";
import { docker, dockerError, explainDocker, imageId, imageLabel } from "./docker.ts";
import { StepError } from "./error.ts";
import { refuseProxies, strayProxies } from "./proxies.ts";

/** Waits between tries, in ms: what a registry that is restarted or throttles needs. */
const RETRY_WAITS = [1_000, 4_000, 10_000];

/**
 * What stands in the place of a registry in the name of an image that no registry has, as Podman and
 * Buildah name such images. Without it the name would be one on Docker Hub, which every engine asks
 * for what it lacks, and where the name may belong to somebody else; with it an engine asks its own
 * machine at most, and no proxy (golang.org/x/net/http/httpproxy, "useProxy").
 */
export const NO_REGISTRY = "localhost";

/**
 * The registry that an image's name says, where there is one: the part before the first slash, if it
 * looks like a host (distribution reference, `reference.go`, "domain"). {@link NO_REGISTRY} is none.
 */
export function registryHost(name: string): string | undefined {
	const [first = "", ...rest] = name.split("/");
	return rest.length > 0 && /[.:]/.test(first) ? first : undefined;
}

/** The name that an image without a registry had before {@link NO_REGISTRY} stood in it. */
export function formerName(name: string): string | undefined {
	return name.startsWith(`${NO_REGISTRY}/`) ? name.slice(NO_REGISTRY.length + 1) : undefined;
}

/** Whether the daemon has an image, under its name or its former one. Nothing is changed. */
export async function isInDaemon(name: string): Promise<boolean> {
	if ((await imageId(name)) !== undefined) return true;
	const former = formerName(name);
	return former !== undefined && (await imageId(former)) !== undefined;
}

/**
 * Find an image that may have been made before: in the daemon, else in the registry that its name
 * says, from where it is pulled. Docker checks every digest on the way; that the image is the one
 * that its tag says is checked here, by its key, and that it has no machine's proxies.
 *
 * @returns whether it is in the daemon now.
 * @throws StepError that names registry, image and remedy where the registry does not answer.
 */
export async function findImage(name: string, signal?: AbortSignal): Promise<boolean> {
	if ((await imageId(name)) === undefined) {
		if (registryHost(name) === undefined) return takeFormer(name);
		if (!(await retry(["pull", "--quiet", name], name, signal))) return false;
		await checkKey(name);
	}
	await refuseProxies(name);
	return true;
}

/** Name an image that has its former name alone: what was compiled then need not be again. */
async function takeFormer(name: string): Promise<boolean> {
	const former = formerName(name) ?? "";
	if (!(await isInDaemon(name)) || (await strayProxies(former)).length > 0) return false;
	await docker(["tag", former, name]);
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
export async function pushImage(name: string, signal?: AbortSignal): Promise<string> {
	const output = await retry(["push", name], name, signal);
	if (output === undefined) {
		const host = registryHost(name) ?? "docker.io";
		throw new StepError(
			`docker push ${name}: the registry ${host} has no such repository`,
			"create the repository, then run again",
		);
	}
	const digest = /digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1];
	if (digest === undefined) throw new StepError(`docker push ${name} told no digest`, "run again");
	return digest;
}

/** Run docker against a registry, with bounded retries; undefined where the image is not there. */
async function retry(
	args: readonly string[],
	name: string,
	signal?: AbortSignal,
): Promise<string | undefined> {
	for (const wait of [...RETRY_WAITS, undefined]) {
		const result = await execa("docker", [...args], { cancelSignal: signal, reject: false });
		if (!result.failed) return result.stdout;
		if (result.isCanceled) throw new StepError("stopped");
		if (result.code === "ENOENT") throw dockerError(args, result);
		if (/manifest unknown|name unknown|not found|no such manifest/i.test(result.stderr))
			return undefined;
		const error = registryError(args[0] ?? "", name, result.stderr);
		if (wait === undefined || error.final) throw error;
		process.stderr.write(`==> ${error.message.split(";")[0]}; trying again\n`);
		await sleep(wait, undefined, { signal });
	}
	return undefined;
}

/** A fault of a registry in our words. */
class RegistryError extends StepError {
	/** Whether another try would fail alike. */
	readonly final: boolean;

	constructor(problem: string, remedy: string, final: boolean) {
		super(problem, remedy);
		this.final = final;
	}
}

/** What went wrong between the daemon and a registry; exported for its test. */
export function registryError(verb: string, name: string, stderr: string): RegistryError {
	const host = registryHost(name) ?? "docker.io";
	const what = `docker ${verb} ${name}: the registry ${host}`;
	const words =
		stderr
			.trim()
			.split("\n")
			.at(-1)
			?.replace(/^Error response from daemon: /, "") ?? "";
	if (/immutable|cannot be overwritten/i.test(stderr)) {
		return new RegistryError(
			`${what} has other content under this tag, and its tags are immutable`,
			"raise packageRelease",
			true,
		);
	}
	if (
		/unauthorized|no basic auth|denied|authentication required|token has expired|authorization failed|\b401\b/i.test(
			stderr,
		)
	) {
		return new RegistryError(
			`${what} refuses the credentials (${words})`,
			`run: ${loginCommand(host)}`,
			true,
		);
	}
	const daemon = registryTrouble(stderr) ? undefined : explainDocker(stderr);
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

/** The command that logs in to a registry; Amazon ECR's is in its user guide, "Private registry authentication". */
export function loginCommand(host: string): string {
	// Also its FIPS and its dual-stack endpoint: dkr.ecr-fips.<region>, dkr-ecr.<region>.on.aws.
	const region = /^\d+\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\./.exec(host)?.[1];
	if (region === undefined) return `docker login ${host}`;
	return `aws ecr get-login-password --region ${region} | docker login --username AWS --password-stdin ${host}`;
}

/** A tag that says a key must lead to an image with that key. */
async function checkKey(name: string): Promise<void> {
	const wanted = /-([0-9a-f]{12})$/.exec(name)?.[1];
	const label = await imageLabel(name, "debian-python.inputs");
	const recipe = await imageLabel(name, "debian-python.recipe");
	const found =
		label === undefined ? undefined : keyOfInputs(JSON.parse(label) as Record<string, string>);
	if (wanted === undefined || found === wanted || recipe === wanted) return;
	throw new StepError(
		`the image ${name} in the registry was made of something else (its key is ${found ?? "not in it"})`,
		"somebody moved the tag: delete it in the registry, then run again",
	);
}

/** What docker manifest inspect --verbose says of an image. */
interface Manifest {
	readonly Descriptor: { readonly digest: string; readonly platform?: { readonly os: string } };
}

/**
 * The digest that a tag has in its registry; undefined where it has none. Nothing is pulled. Of an
 * index (an image with attestations, from buildx on the containerd image store) it is the image's own.
 */
export async function remoteDigest(
	name: string,
	signal?: AbortSignal,
): Promise<string | undefined> {
	const insecure = isLoopback(registryHost(name) ?? "") ? ["--insecure"] : [];
	const output = await retry(["manifest", "inspect", "--verbose", ...insecure, name], name, signal);
	if (output === undefined) return undefined;
	const manifests = [JSON.parse(output) as Manifest | Manifest[]].flat();
	// An attestation has no platform to run on (BuildKit, docs/attestations/attestation-storage.md).
	const image = manifests.find(({ Descriptor }) => Descriptor.platform?.os !== "unknown");
	return image?.Descriptor.digest;
}
