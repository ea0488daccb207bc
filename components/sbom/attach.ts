import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { attachArtifactToImage, type Credentials, OCIError } from "@sigstore/oci";
import { isPassing, UnattachableError, wantsCredentialsToPush } from "../distribution/client.ts";
import { dockerCredentials, loginAdvice } from "../distribution/credentials.ts";
import { retry } from "../distribution/daemon.ts";
import { isWithoutProxy } from "../distribution/no-proxy.ts";
import { dockerHost, repositoryOf } from "../image-name.ts";
import { RegistryError, StepError } from "../step/error.ts";
import { missingFiles } from "./attached.ts";
import { withCommit } from "./commit.ts";
import { BOM_TYPE, PROVENANCE_TYPE } from "./media-types.ts";
import { formatStatement, PREDICATE_TYPE, type Statement } from "./provenance.ts";

/** Tries and waits of a request, where a registry is away for a moment or throttles. */
const FETCH = {
	timeout: 60_000,
	retry: { retries: 3, minTimeout: 1_000 },
	// That of the environment.
	proxy: undefined,
};

/** What is attached to an image. */
export interface Artefact {
	/** What it is, for errors. */
	readonly what: string;
	readonly content: Buffer;
	readonly mediaType: string;
	readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Attach an SBOM and a provenance to an image in its registry, as {@link attachArtefacts} does.
 *
 * @param image the image's name, with its registry.
 * @param digest the digest of its manifest in the registry, `sha256:...`.
 * @param files paths that end in .cdx.json or .intoto.json. A provenance that names the image by its
 * ID in a daemon is attached with this digest in its place.
 * @throws StepError that names registry, image and remedy.
 */
export async function attach(
	image: string,
	digest: string,
	files: readonly string[],
): Promise<void> {
	const artefacts = await Promise.all(files.map((file) => readArtefact(file, image, digest)));
	await attachArtefacts(image, digest, artefacts);
}

/**
 * Attach artefacts to an image in its registry, as referrers of it (OCI distribution specification 1.1;
 * where a registry has no referrers API, by the tag `sha256-<digest>`). The same artefact has the same
 * digest, so attaching it again changes nothing.
 *
 * @throws StepError that names registry, image and remedy.
 */
export async function attachArtefacts(
	image: string,
	digest: string,
	artefacts: readonly Artefact[],
): Promise<void> {
	const host = dockerHost(image);
	const wanted = await wantsCredentialsToPush(image);
	const credentials = wanted ? await dockerCredentials(host) : undefined;
	// The library's own reading of NO_PROXY knows neither this machine nor ports.
	const noProxy = isWithoutProxy(host) ? host.replace(/:\d+$/, "") : undefined;
	for (const { what, content, mediaType, annotations } of artefacts) {
		try {
			await attachArtifactToImage({
				imageName: repositoryOf(image),
				imageDigest: digest,
				artifact: content,
				mediaType,
				annotations: {
					// The library's default is the time of the day.
					"org.opencontainers.image.created": "1970-01-01T00:00:00Z",
					...annotations,
				},
				// Without any, the library does not log in, which its types do not say.
				credentials: credentials as Credentials,
				fetchOpts: { ...FETCH, noProxy },
			});
		} catch (error) {
			throw await attachError(error, what, image, host);
		}
	}
}

/**
 * Attach what is missing of an image's files, with retries; see {@link attach}.
 *
 * @throws StepError; UnattachableError where this machine does not reach the registry.
 */
export async function attachMissing(
	image: string,
	digest: string,
	files: readonly string[],
	signal?: AbortSignal,
): Promise<void> {
	await retry(async () => {
		const missing = await missingFiles(image, digest, files);
		if (missing.length > 0) await attach(image, digest, missing);
	}, signal);
}

async function readArtefact(file: string, image: string, digest: string): Promise<Artefact> {
	const what = basename(file);
	const title = { "org.opencontainers.image.title": what };
	if (!file.endsWith(".intoto.json"))
		return { what, content: await readFile(file), mediaType: BOM_TYPE, annotations: title };
	return {
		what,
		content: Buffer.from(formatStatement(await readProvenance(file, image, digest))),
		mediaType: PROVENANCE_TYPE,
		// Where a reader looks before it fetches (BuildKit, docs/attestations/attestation-storage.md).
		annotations: { ...title, "in-toto.io/predicate-type": PREDICATE_TYPE },
	};
}

/**
 * A provenance that names an image by its digest in its registry, and not by its ID in a daemon, and the
 * commit of this project that made it.
 */
export async function readProvenance(
	file: string,
	image: string,
	digest: string,
): Promise<Statement> {
	const statement = JSON.parse(await readFile(file, "utf8")) as Statement;
	if (!statement.subject.some(({ name }) => name === image))
		throw new StepError(`${file} is of another image than ${image}`, "remove it, then run again");
	const subject = statement.subject.map((each) =>
		each.name === image ? { name: image, digest: { sha256: digest.replace("sha256:", "") } } : each,
	);
	return withCommit({ ...statement, subject });
}

async function attachError(
	error: unknown,
	artefact: string,
	image: string,
	host: string,
): Promise<StepError> {
	const cause = error instanceof OCIError ? error.cause : error;
	const what = `${artefact} cannot be attached to ${image}: `;
	const status = (cause as { statusCode?: number } | undefined)?.statusCode;
	if (status === 401 || status === 403) {
		return new StepError(
			`${what}the registry ${host} refuses the credentials`,
			await loginAdvice(host),
		);
	}
	if (status !== undefined && [400, 404, 405, 415].includes(status))
		return new UnattachableError(`${what}the registry ${host} takes no such artefact (${status})`);
	const words = cause instanceof Error ? cause.message : String(cause);
	return new RegistryError(
		`${what}the registry ${host} failed (${words})`,
		"run again when it answers: what is done is kept",
		status !== undefined && !isPassing(status),
	);
}
