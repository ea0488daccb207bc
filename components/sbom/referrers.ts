import { registryHost, tagOf } from "../image-name.ts";
import { answerChallenge, type TokenAnswer } from "../registry/authorization.ts";
import { loginAdvice } from "../registry/credentials.ts";
import { repositoryUrl } from "../registry/repository-url.ts";
import { RegistryError, reasonOf, StepError } from "../step/error.ts";
import { sha256 } from "../step/file.ts";

/** How long a registry may take for an answer, in ms. */
const TIMEOUT = 30_000;

const MANIFEST_TYPES = [
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
interface Repository {
	/** The registry, as image names have it. */
	readonly host: string;
	readonly url: string;
}

/** What an index or a manifest says of a content. */
interface Descriptor {
	readonly digest: string;
	readonly artifactType?: string;
}

/**
 * The content of an artefact that is attached to an image in its registry (OCI distribution
 * specification 1.1, "Listing Referrers"). Its digest is checked.
 *
 * @param image the image's name, with its registry.
 * @param digest the digest of its manifest in the registry.
 * @param type the artefact's type, such as application/vnd.cyclonedx+json.
 * @returns undefined where no such artefact is attached.
 * @throws StepError that names the registry and the remedy.
 */
export async function readReferrer(
	image: string,
	digest: string,
	type: string,
): Promise<Buffer | undefined> {
	const repository = endpointOf(image);
	const listing = await readListing(repository, digest);
	const found = listing.find(({ artifactType }) => artifactType === type);
	if (found === undefined) return undefined;
	const manifest = await getChecked(repository, "manifests", found);
	const { layers } = JSON.parse(manifest.toString()) as { layers: [Descriptor] };
	return getChecked(repository, "blobs", layers[0]);
}

/** The types of the artefacts that are attached to an image; see {@link readReferrer}. */
export async function attachedTypes(image: string, digest: string): Promise<readonly string[]> {
	const listing = await readListing(endpointOf(image), digest);
	return listing.flatMap(({ artifactType }) => artifactType ?? []);
}

async function readListing(repository: Repository, digest: string): Promise<Descriptor[]> {
	const listing =
		(await get(repository, `referrers/${digest}`)) ??
		// A registry without the referrers API: the list is an index under a tag.
		(await get(repository, `manifests/${digest.replace(":", "-")}`));
	if (listing === undefined) return [];
	return (JSON.parse(listing.toString()) as { manifests: Descriptor[] }).manifests;
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
export async function wantsCredentials(image: string): Promise<boolean> {
	// What a push begins with: a registry that anybody may read from need not let anybody write.
	const response = await request(`${endpointOf(image).url}/blobs/uploads/`, { method: "POST" });
	// Busy is not open to all.
	if (isPassing(response.status))
		throw await unexpected(response, registryHost(image) ?? "docker.io");
	return response.status === 401;
}

function endpointOf(image: string): Repository {
	const named = registryHost(image);
	const host = named ?? "docker.io";
	const path = image.slice(named === undefined ? 0 : named.length + 1).replace(/[:@][^/]*$/, "");
	return { host, url: repositoryUrl(host, path) };
}

async function getChecked(
	repository: Repository,
	folder: "manifests" | "blobs",
	{ digest }: Descriptor,
): Promise<Buffer> {
	const content = await get(repository, `${folder}/${digest}`);
	if (content !== undefined && `sha256:${sha256(content)}` === digest) return content;
	throw new StepError(
		`${repository.url}/${folder}/${digest} is ${content === undefined ? "missing" : "damaged"} in the registry`,
		"run npm start, or pulumi up --replace '**-push', to attach it again",
	);
}

/** A content, or undefined where the registry does not have it. */
async function get({ host, url }: Repository, path: string): Promise<Buffer | undefined> {
	const response = await answer(host, `${url}/${path}`);
	if (response.status === 404) return undefined;
	if (response.ok) return Buffer.from(await response.arrayBuffer());
	throw await unexpected(response, host);
}

/** What a registry answers to who has the credentials of this machine's Docker. */
async function answer(host: string, url: string): Promise<Response> {
	const response = await request(url, {});
	const challenge = response.headers.get("www-authenticate");
	if (response.status !== 401 || challenge === null) return response;
	const authorization = await answerChallenge(host, challenge, askToken);
	return authorization === undefined ? response : request(url, { authorization });
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

async function request(
	url: string,
	{ method = "GET", authorization }: { method?: string; authorization?: string },
): Promise<Response> {
	const headers = { accept: MANIFEST_TYPES, ...(authorization && { authorization }) };
	try {
		return await fetch(url, { method, headers, signal: AbortSignal.timeout(TIMEOUT) });
	} catch (error) {
		throw new UnattachableError(
			`${url}: the registry does not answer (${reasonOf(error as Error)})`,
			"run again when it does",
		);
	}
}

/** A token, where the service gives one. */
async function askToken(url: string, authorization?: string): Promise<TokenAnswer | undefined> {
	const answer = await request(url, { ...(authorization && { authorization }) });
	return answer.ok ? ((await answer.json()) as TokenAnswer) : undefined;
}
