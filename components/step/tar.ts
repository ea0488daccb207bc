import { type Header, pack } from "tar-stream";
import { docker, labelChanges, PROJECT_LABEL } from "./docker.ts";

/** What a tar has: a file with its content, or a folder or a symbolic link. */
export type TarEntry = readonly [
	header: Partial<Header> & Pick<Header, "name">,
	content?: string | Buffer,
];

/** Entries as a tar, in their order. */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
	const tar = pack();
	for (const [header, content] of entries) {
		if (content === undefined) tar.entry(header);
		else tar.entry(header, content);
	}
	tar.finalize();
	return Buffer.concat(await Array.fromAsync(tar as AsyncIterable<Buffer>));
}

/** What {@link importFiles} needs. */
export interface ImportedFiles {
	readonly platform: string;
	/** Beside the project's own. */
	readonly labels: Readonly<Record<string, string>>;
	/** By path, in any order. */
	readonly files: ReadonlyMap<string, Buffer>;
}

/** Make an image from scratch of files: the same files give the same layer. */
export async function importFiles(
	image: string,
	{ platform, labels, files }: ImportedFiles,
): Promise<void> {
	const entries = [...files]
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([name, content]): TarEntry => [{ name, mode: 0o644, mtime: new Date(0) }, content]);
	const all = labelChanges({ ...labels, [PROJECT_LABEL]: "debian-python" });
	await docker(["import", `--platform=${platform}`, ...all, "-", image], {
		input: await tarOf(entries),
	});
}
