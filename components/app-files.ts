import { join } from "node:path";
import { folderOnDisk, listFiles } from "../stacks/apps/folder.ts";
import { type FolderFiles, hashFiles, readAny } from "./file-hash.ts";
import { StepError } from "./step/error.ts";
import { type TarEntry, tarOf } from "./step/tar.ts";

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
	const { files } = listFiles(folderOnDisk(folder), folder);
	if (appFiles({ folder, files }).hash !== hash)
		throw new StepError(`the files of ${folder} were changed while this ran`, "run again");
	return tarOf(fileEntries({ folder, files }, place));
}

/** Files of a folder for a tar, in a folder there. */
export function fileEntries({ folder, files }: FolderFiles, place: string): TarEntry[] {
	const entries = files.map((file): TarEntry => {
		const { kind, content } = readAny(join(folder, file));
		const name = `${place}/${file}`;
		return kind === "link"
			? [{ name, type: "symlink", linkname: content.toString(), mode: 0o777 }]
			: [{ name, mode: kind === "executable" ? 0o755 : 0o644 }, content];
	});
	return [[{ name: place, type: "directory", mode: 0o755 }], ...entries];
}
