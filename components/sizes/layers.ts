import { posix } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { execa } from "execa";
import { extract, type Header } from "tar-stream";
import { dockerError } from "../step/docker-error.ts";
import { StepError } from "../step/error.ts";

/** What the history of an image says in which no base is under what is the program's own. */
export const FROM_SCRATCH = "debian-python: from scratch";

/** Bytes of the files in each folder, such as `usr/bin`; the root is `.`. */
export type Sizes = ReadonlyMap<string, number>;

/** A layer of an image. */
export interface Layer {
	/** The files' sizes, as in the layer's uncompressed tar: the same in every image store. */
	readonly sizes: Sizes;
	/** False in the base's layers: debbase's first and all that came later are the program's own. */
	readonly own: boolean;
}

/**
 * The layers of an image in the daemon, the base's first.
 *
 * `docker save` writes them as `<id>/layer.tar` (Docker up to 24), or as the blobs of an OCI layout
 * (from 25 on, and with the containerd store, which may have them compressed); in both cases
 * `manifest.json` has their order.
 *
 * @throws StepError where there is no such image, or where debbase is not in it.
 */
export async function readLayers(image: string): Promise<Layer[]> {
	const args = ["save", image];
	const save = execa("docker", args, {
		encoding: "buffer",
		buffer: { stdout: false },
		reject: false,
	});
	const [archive, result] = await Promise.all([
		readArchive(save.stdout).catch((error: Error) => error),
		save,
	]);
	if (result.failed) throw dockerError(args, result);
	if (archive instanceof Error)
		throw new StepError(`docker save ${image} gave what cannot be read: ${archive.message}`);
	return archive;
}

/** The layers in what docker save wrote of one image. */
export async function readArchive(archive: Readable): Promise<Layer[]> {
	const { documents, layers, links } = await readEntries(archive);
	const [manifest] = parse<[Manifest]>(documents, "manifest.json");
	const { history = [] } = parse<Config>(documents, manifest.Config);
	const firstOwn = manifest.Layers.length - ownCount(history);
	return manifest.Layers.map((name, index) => {
		const sizes = layers.get(links.get(name) ?? name);
		if (sizes === undefined) throw new Error(`${name} is missing`);
		return { sizes, own: index >= firstOwn };
	});
}

/** `manifest.json` of docker save, for one image. */
interface Manifest {
	readonly Config: string;
	readonly Layers: readonly string[];
}

/** An image's configuration (OCI image specification, "Image Configuration"). */
interface Config {
	readonly history?: readonly HistoryEntry[];
}

interface HistoryEntry {
	readonly created_by?: string;
	readonly comment?: string;
	readonly empty_layer?: boolean;
}

/**
 * How many layers came after the base, which the image minimal does not have: debbase's Dockerfile starts with USER root, and nothing that
 * is made on it says so again. A base may have less history than layers, what came later never.
 */
function ownCount(history: readonly HistoryEntry[]): number {
	const start = history.findLastIndex(
		({ created_by = "", comment }) => /\bUSER root$/.test(created_by) || comment === FROM_SCRATCH,
	);
	if (start === -1) throw new Error("its history has no USER root, with which debbase starts");
	return history.slice(start).filter(({ empty_layer = false }) => !empty_layer).length;
}

/** What is in an archive, by the entries' names. */
interface Entries {
	readonly documents: ReadonlyMap<string, string>;
	readonly layers: ReadonlyMap<string, Sizes>;
	/** What Docker up to 24 writes for a layer that it wrote before. */
	readonly links: ReadonlyMap<string, string>;
}

async function readEntries(archive: Readable): Promise<Entries> {
	const documents = new Map<string, string>();
	const layers = new Map<string, Sizes>();
	const links = new Map<string, string>();
	await eachEntry(archive, async ({ name, type, linkname }, entry) => {
		if (type === "symlink") links.set(name, posix.join(posix.dirname(name), linkname));
		if (type !== "file") return;
		const [start, content] = await peek(entry);
		if (/^[[{]/.test(start.toString("latin1", 0, 1))) documents.set(name, await text(content));
		else if (/^blobs\/|\/layer\.tar$/.test(name))
			layers.set(name, await layerSizes(start, content));
		else content.resume();
	});
	return { documents, layers, links };
}

/** Bytes by folder of a layer's tar. Each content of a file counts once, whatever its hard links. */
async function layerSizes(start: Buffer, content: Readable): Promise<Sizes> {
	const sizes = new Map<string, number>();
	await eachEntry(decompress(start, content), ({ name, type, size }) => {
		if (type !== "file") return;
		const folder = posix.dirname(posix.normalize(name));
		sizes.set(folder, (sizes.get(folder) ?? 0) + size);
	});
	return sizes;
}

/** By the first bytes: RFC 1952 (gzip), RFC 8878 (zstd). */
function decompress(start: Buffer, content: Readable): Readable {
	const magic = start.toString("hex", 0, 4);
	if (magic.startsWith("1f8b")) return content.compose(createGunzip());
	if (magic === "28b52ffd") return content.compose(createZstdDecompress());
	return content;
}

/** Call `visit` with each entry of a tar, whose content it may leave. */
async function eachEntry(
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

function parse<T>(documents: ReadonlyMap<string, string>, name: string): T {
	const document = documents.get(name);
	if (document === undefined) throw new Error(`${name} is missing`);
	return JSON.parse(document) as T;
}
