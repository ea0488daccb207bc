import { join } from "node:path";
import { pack } from "tar-stream";
import { folderOnDisk, listFiles } from "../stacks/apps/folder.ts";
import { type FolderFiles, hashFiles, readAny } from "./content-key.ts";
import { StepError } from "./step/error.ts";

/** An app's files, as they were when its key was made. No variable may hold any number of their names. */
export interface AppFiles {
	readonly folder: string;
	/** Of all of them (hashFiles of content-key.ts). */
	readonly hash: string;
}

/** An app's files as they are now: all are read. */
export function appFiles({ folder, files }: FolderFiles): AppFiles {
	return { folder, hash: hashFiles({ folder, files }) };
}

/**
 * An app's files as a tar, the same whatever their owners, times and modes are here.
 *
 * @param place folder that they are in there.
 * @throws StepError where they are not those of the key any more.
 */
export async function packFiles({ folder, hash }: AppFiles, place: string): Promise<Buffer> {
	const { files } = listFiles(folderOnDisk(folder), folder, undefined);
	if (appFiles({ folder, files }).hash !== hash)
		throw new StepError(`the files of ${folder} were changed while this ran`, "run again");
	const tar = pack();
	tar.entry({ name: place, type: "directory", mode: 0o755 });
	for (const name of files) {
		const { kind, content } = readAny(join(folder, name));
		const path = `${place}/${name}`;
		if (kind === "link")
			tar.entry({ name: path, type: "symlink", linkname: content.toString(), mode: 0o777 });
		else tar.entry({ name: path, mode: kind === "executable" ? 0o755 : 0o644 }, content);
	}
	tar.finalize();
	return Buffer.concat(await Array.fromAsync(tar as AsyncIterable<Buffer>));
}
