import { type Header, pack } from "tar-stream";

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
