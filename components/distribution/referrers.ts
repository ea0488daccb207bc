import { StepError } from "../step/error.ts";
import { endpointOf, get, getWhole, type Repository } from "./client.ts";

/** What is listed is not there, or has other bytes. */
class UnwholeError extends StepError {}

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
	return found && readArtefact(repository, found);
}

/** What a registry has of a type of artefacts. */
export interface Referrers {
	readonly contents: readonly Buffer[];
	/** What is wrong with those that are missing or damaged. */
	readonly problems: readonly string[];
}

/** All artefacts of a type that are attached to an image, as far as they are whole; see {@link readReferrer}. */
export async function readReferrers(
	image: string,
	digest: string,
	type: string,
): Promise<Referrers> {
	const repository = endpointOf(image);
	const listing = await readListing(repository, digest);
	const found = listing.filter(({ artifactType }) => artifactType === type);
	const read = await Promise.allSettled(found.map((each) => readArtefact(repository, each)));
	const failed = read.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
	const other = failed.find((reason) => !(reason instanceof UnwholeError));
	if (other !== undefined) throw other;
	return {
		contents: read.flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])),
		problems: failed.map((reason: Error) => reason.message),
	};
}

async function readArtefact(repository: Repository, descriptor: Descriptor): Promise<Buffer> {
	const manifest = await getChecked(repository, "manifests", descriptor);
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

async function getChecked(
	repository: Repository,
	folder: "manifests" | "blobs",
	{ digest }: Descriptor,
): Promise<Buffer> {
	const content = await getWhole(repository, folder, digest);
	if (typeof content !== "string") return content;
	throw new UnwholeError(
		`${repository.url}/${folder}/${digest} is ${content} in the registry`,
		"run npm start, or pulumi up --replace '**-push', to attach it again",
	);
}
