import { dockerHost, registryHost, repositoryOf, tagOf } from "../image-name.ts";
import { RegistryError, reasonOf, StepError } from "../step/error.ts";
import { sha256 } from "../step/file.ts";
import { type TokenAnswer, withAuthorization } from "./authorization.ts";
import { loginAdvice } from "./credentials.ts";
import { repositoryUrl } from "./repository-url.ts";

/*
 * What this machine asks a registry itself (OCI distribution specification), with the credentials of
 * its Docker.
 */

/** How long a registry may take for an answer, in ms. */
const TIMEOUT = 30_000;

/** What a tag may lead to: an image, or an index of one for each platform (OCI image specification). */
export const MANIFEST_TYPES = [
	// Without these a registry may answer in a format that is older still.
	"application/vnd.docker.distribution.manifest.list.v2+json",
	"application/vnd.docker.distribution.manifest.v2+json",
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.oci.image.manifest.v1+json",
].join(", ");

/**
 * What no further run mends: a registry that this machine gets no answer of, as where only the Docker
 * daemon reaches it, or one that does not take artefacts.
 */
export class UnattachableError extends StepError {}

/** Where an image's manifests and blobs are. */
export interface Repository {
	/** The registry, as image names have it. */
	readonly host: string;
	readonly url: string;
}

/**
 * A content of an image's repository in its registry, by its path there, such as `manifests/TAG`;
 * undefined where there is none.
 *
 * @throws StepError that names the registry and the remedy.
 */
export function readContent(image: string, path: string): Promise<Buffer | undefined> {
	return get(endpointOf(image), path);
}

/**
 * The digest that a tag has in its registry, asked by this machine; undefined where the registry itself
 * says that it has none.
 */
export async function readTagDigest(image: string): Promise<string | undefined> {
	const { url, host } = endpointOf(image);
	const response = await answer(host, `${url}/manifests/${tagOf(image)}`);
	const body = Buffer.from(await response.arrayBuffer());
	const digest = response.headers.get("docker-content-digest");
	if (response.ok && digest === `sha256:${sha256(body)}`) return digest;
	if (response.status === 404 && /"code":\s*"(?:MANIFEST|NAME)_UNKNOWN"/.test(body.toString()))
		return undefined;
	throw await unexpected(response, host);
}

/** Whether a registry wants credentials from who pushes to an image's repository. */
export async function wantsCredentialsToPush(image: string): Promise<boolean> {
	// What a push begins with: a registry that anybody may read from need not let anybody write.
	const response = await request(`${endpointOf(image).url}/blobs/uploads/`, { method: "POST" });
	// Busy is not open to all.
	if (isPassing(response.status)) throw await unexpected(response, dockerHost(image));
	return response.status === 401;
}

/**
 * Put a manifest or an index under a tag into its registry.
 *
 * @param image the name, with its registry and tag.
 * @throws StepError where the registry does not take it.
 */
export async function putManifest(image: string, body: Buffer, type: string): Promise<void> {
	const { host, url } = endpointOf(image);
	const path = `${url}/manifests/${tagOf(image)}`;
	const send = (headers: Record<string, string>) =>
		request(path, { method: "PUT", headers: { "content-type": type, ...headers }, body });
	const response = await withAuthorization(host, send, askToken);
	if (!response.ok) throw await unexpected(response, host);
}

/** Where a registry has an image's repository. */
export function endpointOf(image: string): Repository {
	const named = registryHost(image);
	const host = dockerHost(image);
	const path = repositoryOf(image.slice(named === undefined ? 0 : named.length + 1));
	return { host, url: repositoryUrl(host, path) };
}

/** A content, or undefined where the registry does not have it. */
export async function get({ host, url }: Repository, path: string): Promise<Buffer | undefined> {
	const response = await answer(host, `${url}/${path}`);
	if (response.status === 404) return undefined;
	if (response.ok) return Buffer.from(await response.arrayBuffer());
	throw await unexpected(response, host);
}

/** A content by its digest, with the bytes that the digest says, or what is wrong with it. */
export async function getWhole(
	repository: Repository,
	folder: "manifests" | "blobs",
	digest: string,
): Promise<Buffer | "missing" | "damaged"> {
	const content = await get(repository, `${folder}/${digest}`);
	if (content === undefined) return "missing";
	return `sha256:${sha256(content)}` === digest ? content : "damaged";
}

/**
 * A content of an image's repository by its digest.
 *
 * @param remedy for the error.
 * @throws StepError where it is missing, or has other bytes.
 */
export async function needWhole(
	image: string,
	folder: "manifests" | "blobs",
	digest: string,
	remedy?: string,
): Promise<Buffer> {
	const content = await getWhole(endpointOf(image), folder, digest);
	if (typeof content !== "string") return content;
	throw new StepError(`${image}: ${folder}/${digest} is ${content} in the registry`, remedy);
}

/**
 * The manifest, or the index, that a name leads to by its tag or its digest.
 *
 * @param remedy for the error where it has other bytes than its digest says.
 * @throws StepError where it is not there.
 */
export async function needManifest(image: string, remedy?: string): Promise<Buffer> {
	const pinned = /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
	if (pinned !== undefined) return needWhole(image, "manifests", pinned, remedy);
	const content = await readContent(image, `manifests/${tagOf(image)}`);
	if (content === undefined) throw new StepError(`${image} is not in its registry`);
	return content;
}

/** What a registry answers to who has the credentials of this machine's Docker. */
function answer(host: string, url: string): Promise<Response> {
	const send = (headers: Record<string, string>) => request(url, { headers });
	return withAuthorization(host, send, askToken);
}

async function unexpected({ url, status }: Response, host: string): Promise<RegistryError> {
	return new RegistryError(
		`${url}: the registry answers ${status}`,
		status === 401 || status === 403 ? await loginAdvice(host) : "run again when it is well",
		!isPassing(status),
	);
}

/** Whether a status says that another try may go well. */
export function isPassing(status: number): boolean {
	return status === 429 || status >= 500;
}

/** What is sent: a GET by default. */
interface Sent {
	readonly method?: string;
	readonly headers?: Record<string, string>;
	readonly body?: Buffer;
}

async function request(url: string, { method = "GET", headers, body }: Sent): Promise<Response> {
	const init = {
		method,
		headers: { accept: MANIFEST_TYPES, ...headers },
		...(body && { body: new Uint8Array(body) }),
	};
	try {
		return await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT) });
	} catch (error) {
		throw new UnattachableError(
			`${url}: the registry does not answer (${reasonOf(error as Error)})`,
			"run again when it does",
		);
	}
}

/** A token, where the service gives one. */
async function askToken(url: string, authorization?: string): Promise<TokenAnswer | undefined> {
	const answer = await request(url, { headers: { ...(authorization && { authorization }) } });
	return answer.ok ? ((await answer.json()) as TokenAnswer) : undefined;
}
