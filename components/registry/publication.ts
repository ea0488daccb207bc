import { remoteDigest } from "../distribution/daemon.ts";
import { inspectImage } from "../step/docker.ts";

/** What a registry has of an image, and what it lacks. */
export interface Publication {
	/** `sha256:...` of what is there under the image's own name; undefined where nothing is. */
	readonly digest: string | undefined;
	/** Whether the daemon has other content under that name than the registry. */
	readonly differs: boolean;
	/** Names to push: the image's own, if it is not there or differs, and the aliases that lag behind. */
	readonly missing: readonly string[];
}

/**
 * Compare an image and its aliases with their registry. Nothing is pulled or pushed.
 *
 * @throws StepError that names registry, image and remedy where the registry does not answer.
 */
export async function readPublication(
	image: string,
	aliases: readonly string[],
	signal?: AbortSignal,
): Promise<Publication> {
	const [digest, own, ...moving] = await Promise.all([
		remoteDigest(image, signal),
		localDigests(image),
		...aliases.map((alias) => remoteDigest(alias, signal)),
	]);
	// An image that this daemon does not have was made elsewhere: what is published is what it is.
	const differs = digest !== undefined && own !== undefined && !own.includes(digest);
	const stale = digest === undefined || differs;
	const lagging = aliases.filter((_, index) => stale || moving[index] !== digest);
	return { digest, differs, missing: stale ? [image, ...aliases] : lagging };
}

/** Digests under which the daemon knows that a registry has the image; undefined where it has no such image. */
async function localDigests(image: string): Promise<string[] | undefined> {
	const inspected = await inspectImage(image);
	return inspected && (inspected.RepoDigests ?? []).map((digest) => digest.split("@")[1] ?? "");
}
