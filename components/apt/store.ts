import { StepError } from "../step/error.ts";

/** A file of a repository. */
export interface Stored {
	readonly content: Buffer;
	/** What {@link Store.replace} knows it by: another content has another one. */
	readonly version: string;
	/** When it was written, by the clock of where it is. */
	readonly modified: Date;
}

/** Where an apt repository is: files by their paths from its root. */
export interface Store {
	/** A file; undefined where there is none. */
	read(path: string): Promise<Stored | undefined>;
	/** Write a file, which whoever reads it meanwhile finds whole, or not at all. */
	write(path: string, content: Buffer): Promise<void>;
	/**
	 * Write a file in the place of what was read. Of several who do that at once, one succeeds.
	 *
	 * @param version of what was read; undefined where nothing was there.
	 * @returns whether it is written; not where something else is there by now.
	 */
	replace(path: string, content: Buffer, version: string | undefined): Promise<boolean>;
	/** The files in a folder and in those that it has. */
	list(folder: string): Promise<readonly StoredFile[]>;
	remove(path: string): Promise<void>;
}

/** A file in a list. */
export interface StoredFile {
	readonly path: string;
	readonly modified: Date;
}

/** How a place in Amazon S3 begins. */
export const S3 = "s3://";

/** What {@link openStore} may know beside the place. */
export interface StoreOptions {
	/** Of a bucket; by default that of the machine's settings. */
	readonly region?: string | undefined;
	readonly signal?: AbortSignal;
}

/**
 * Open the place of an apt repository, which need not be there.
 *
 * @param place a folder, or `s3://` and the name of a bucket.
 */
export async function openStore(place: string, options: StoreOptions = {}): Promise<Store> {
	if (!place.startsWith(S3)) return (await import("./folder-store.ts")).folderStore(place, options);
	// AWS's SDK takes a while to load.
	return (await import("./bucket-store.ts")).bucketStore(place.slice(S3.length), options);
}

/**
 * Read a file that must be there.
 *
 * @throws StepError where it is not.
 */
export async function readThere(store: Store, path: string): Promise<Buffer> {
	const stored = await store.read(path);
	if (stored !== undefined) return stored.content;
	throw new StepError(
		`the apt repository has lost ${path}`,
		"bring it back from a copy; or remove the suite's InRelease, so that its stacks publish anew",
	);
}
