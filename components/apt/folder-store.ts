import { existsSync } from "node:fs";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cannotWrite, makeFolder, sha256 } from "../step/file.ts";
import { withLock } from "../step/lock.ts";
import { isLeftover, temporaryName } from "../step/owner.ts";
import type { Store, Stored, StoredFile, StoreOptions } from "./store.ts";

/** Folder of the repository's with files that are being written, and locks. */
const UNFINISHED = ".unfinished";

/** A repository in a folder, which a web server may serve as it is. */
export function folderStore(root: string, { signal }: StoreOptions = {}): Store {
	const unfinished = join(root, UNFINISHED);

	async function read(path: string): Promise<Stored | undefined> {
		const file = join(root, path);
		try {
			const content = await readFile(file);
			return { content, version: sha256(content), modified: (await stat(file)).mtime };
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
			throw error;
		}
	}

	async function write(path: string, content: Buffer): Promise<void> {
		const file = join(root, path);
		// Others may write the same file now.
		const own = join(unfinished, temporaryName());
		makeFolder(unfinished);
		makeFolder(dirname(file));
		try {
			await writeFile(own, content, { flush: true });
			await rename(own, file);
		} catch (error) {
			await rm(own, { force: true });
			throw cannotWrite(file, error);
		}
	}

	async function list(folder: string): Promise<StoredFile[]> {
		if (!existsSync(join(root, folder))) return [];
		const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
		const files = entries.filter((entry) => entry.isFile());
		const paths = files.map(({ parentPath, name }) => join(parentPath, name));
		return Promise.all(
			paths.map(async (path) => ({
				path: path.slice(root.length + 1),
				modified: (await stat(path)).mtime,
			})),
		);
	}

	/** What killed publishers left. */
	async function sweep(): Promise<void> {
		// Of a lock's file the owner stands behind the last dot.
		for (const { path, modified } of await list(UNFINISHED))
			if (isLeftover(path.split(/[./]/).at(-1) ?? "", modified)) await rm(join(root, path));
	}

	return {
		read,
		write,
		async replace(path, content, version) {
			await sweep();
			const lock = join(unfinished, `${path.replaceAll("/", "-")}.lock`);
			return withLock(
				lock,
				() => {},
				signal ?? new AbortController().signal,
				async () => {
					if ((await read(path))?.version !== version) return false;
					await write(path, content);
					return true;
				},
			);
		},
		list,
		remove: (path) => rm(join(root, path), { force: true }),
	};
}
