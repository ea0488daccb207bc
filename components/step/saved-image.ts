import { posix } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { execa } from "execa";
import { extract, type Header } from "tar-stream";
import { dockerError } from "./docker-error.ts";
import { StepError } from "./error.ts";

/*
 * What docker save writes of an image: its layers as `<id>/layer.tar` (Docker up to 24), as `<sum>.tar`
 * (Podman), or as the blobs of an OCI layout (Docker from 25 on, and with the containerd store, which may have
 * them compressed); in all cases `manifest.json` has their order.
 */

/** An image as docker save has it. */
export interface SavedImage<Layer> {
	/** Its configuration (OCI image specification), as text. */
	readonly config: string;
	/** What its layers were read as, the lowest first. */
	readonly layers: readonly Layer[];
}

/**
 * Read an image of the daemon.
 *
 * @param read reads a layer's tar, to its end; its path in the archive is told too.
 * @throws StepError where there is no such image, or what was written cannot be read.
 */
export function readImage<Layer>(
	image: string,
	read: (tar: Readable, path: string) => Promise<Layer>,
): Promise<SavedImage<Layer>> {
	return readSaved(image, (archive) => readArchive(archive, read));
}

/**
 * All of an image that is JSON, by its path in the archive. Layers may be missing there: containerd's store
 * fetches none that it has in another form.
 *
 * @throws StepError as {@link readImage}.
 */
export async function readDocuments(image: string): Promise<ReadonlyMap<string, string>> {
	return readSaved(image, async (archive) => (await readEntries(archive)).documents);
}

async function readSaved<Result>(
	image: string,
	read: (archive: Readable) => Promise<Result>,
): Promise<Result> {
	const args = ["save", image];
	const save = execa("docker", args, {
		encoding: "buffer",
		buffer: { stdout: false },
		reject: false,
	});
	const [found, result] = await Promise.all([
		read(save.stdout).catch((error: Error) => error),
		save,
	]);
	if (result.failed) throw dockerError(args, result);
	if (found instanceof Error)
		throw new StepError(`docker save ${image} gave what cannot be read: ${found.message}`);
	return found;
}

/** Read what docker save wrote of one image. */
export async function readArchive<Layer>(
	archive: Readable,
	read: (tar: Readable, path: string) => Promise<Layer>,
): Promise<SavedImage<Layer>> {
	const { documents, layers, links } = await readEntries(archive, read);
	const document = (name: string) => {
		const found = documents.get(name);
		if (found === undefined) throw new Error(`${name} is missing`);
		return found;
	};
	const [manifest] = JSON.parse(document("manifest.json")) as [Manifest];
	return {
		config: document(manifest.Config),
		layers: manifest.Layers.map((name) => {
			const path = links.get(name) ?? name;
			if (!layers.has(path)) throw new Error(`${name} is missing`);
			return layers.get(path) as Layer;
		}),
	};
}

/** `manifest.json` of docker save, for one image. */
interface Manifest {
	readonly Config: string;
	readonly Layers: readonly string[];
}

/** What is in an archive, by the entries' names. */
interface Entries<Layer> {
	readonly documents: ReadonlyMap<string, string>;
	readonly layers: ReadonlyMap<string, Layer>;
	/** What Docker up to 24 writes for a layer that it wrote before. */
	readonly links: ReadonlyMap<string, string>;
}

/** @param read of a layer's tar; without it none is read. */
async function readEntries<Layer>(
	archive: Readable,
	read?: (tar: Readable, path: string) => Promise<Layer>,
): Promise<Entries<Layer>> {
	const documents = new Map<string, string>();
	const layers = new Map<string, Layer>();
	const links = new Map<string, string>();
	await eachEntry(archive, async ({ name, type, linkname }, entry) => {
		if (type === "symlink") links.set(name, posix.join(posix.dirname(name), linkname));
		if (type !== "file") return;
		const [start, content] = await peek(entry);
		if (/^[[{]/.test(start.toString("latin1", 0, 1))) documents.set(name, await text(content));
		else if (read !== undefined && /^blobs\/|\.tar$/.test(name))
			layers.set(name, await read(decompress(start, content), name));
		else content.resume();
	});
	return { documents, layers, links };
}

/** By the first bytes: RFC 1952 (gzip), RFC 8878 (zstd). */
export function decompress(start: Buffer, content: Readable): Readable {
	const magic = start.toString("hex", 0, 4);
	if (magic.startsWith("1f8b")) return content.compose(createGunzip());
	if (magic === "28b52ffd") return content.compose(createZstdDecompress());
	return content;
}

/** Call `visit` with each entry of a tar, whose content it may leave. */
export async function eachEntry(
	tar: Readable,
	visit: (header: Header, content: AsyncIterable<Buffer>) => void | Promise<void>,
): Promise<void> {
	const entries = extract();
	const visited = (async () => {
		for await (const entry of entries) {
			await visit(entry.header, entry as AsyncIterable<Buffer>);
			entry.resume();
		}
	})();
	await Promise.all([pipeline(tar, entries), visited]);
}

/** The first piece of a stream, and a stream of all of it. */
async function peek(stream: AsyncIterable<Buffer>): Promise<[start: Buffer, all: Readable]> {
	const rest = stream[Symbol.asyncIterator]();
	const { value: start = Buffer.alloc(0) } = (await rest.next()) as { value?: Buffer };
	return [start, Readable.from(whole(start, rest), { objectMode: false })];
}

async function* whole(start: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
	yield start;
	for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}
