import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { Header } from "tar-stream";
import { eachEntry } from "../../components/step/saved-image.ts";

/** A layer, as far as it is compared. */
export interface ComparedLayer {
	/** SHA-256 of its tar, `sha256:...`, as an image's config has it. */
	readonly diffId: string;
	/** What is in it, by path, in the tar's order. */
	readonly entries: ReadonlyMap<string, Entry>;
}

/** A file, folder or link of a layer: all that its tar has of it. */
export interface Entry {
	readonly content: string;
	readonly kind: string;
	readonly mode: string;
	readonly owner: string;
	readonly time: string;
}

/** Read a layer's tar, to its end. */
export async function readLayer(tar: Readable): Promise<ComparedLayer> {
	const [sum, entries] = [createHash("sha256"), new Map<string, Entry>()];
	tar.on("data", (data: Buffer) => sum.update(data));
	await eachEntry(tar, async (header, content) => {
		entries.set(
			header.name.replace(/^\.\//, "").replace(/\/$/, ""),
			await readEntry(header, content),
		);
	});
	return { diffId: `sha256:${sum.digest("hex")}`, entries };
}

async function readEntry(header: Header, content: AsyncIterable<Buffer>): Promise<Entry> {
	const { type, linkname, mode = 0, uid, gid, mtime } = header;
	const sum = createHash("sha256");
	for await (const data of content) sum.update(data);
	return {
		content: sum.digest("hex"),
		kind: linkname ? `${type} to ${linkname}` : String(type),
		mode: mode.toString(8),
		owner: `${uid}:${gid}`,
		time: mtime?.toISOString() ?? "none",
	};
}

/** An image, as far as it is compared. */
export interface ComparedImage {
	/** Its configuration (OCI image specification), as text. */
	readonly config: string;
	readonly layers: readonly ComparedLayer[];
}

/**
 * The first thing in which two images differ; undefined where they have the same bytes.
 *
 * @returns such as `layer 4: /venv/bin/pip: mode 755, made again 700`.
 */
export function imageDifference(
	published: ComparedImage,
	again: ComparedImage,
): string | undefined {
	for (const index of [...published.layers, ...again.layers].keys()) {
		const [one, other] = [published.layers[index], again.layers[index]];
		if (one === undefined && other === undefined) break;
		const difference = layerDifference(one, other);
		if (difference !== undefined) return `layer ${index + 1}: ${difference}`;
	}
	if (published.config === again.config) return undefined;
	const [one, other] = [published.config, again.config].map((text) => JSON.parse(text) as unknown);
	return `config: ${valueDifference(one, other, "") ?? "the same in other bytes"}`;
}

function layerDifference(
	published: ComparedLayer | undefined,
	again: ComparedLayer | undefined,
): string | undefined {
	if (published === undefined) return "only the one that was made again has it";
	if (again === undefined) return "only the published one has it";
	if (published.diffId === again.diffId) return undefined;
	const paths = [...new Set([...published.entries.keys(), ...again.entries.keys()])];
	// What somebody put there first: the time of its folder says less.
	for (const parts of [CONTENT, METADATA]) {
		for (const path of paths) {
			const [one, other] = [published.entries.get(path), again.entries.get(path)];
			const difference = entryDifference(one, other, parts);
			if (difference !== undefined) return `/${path}: ${difference}`;
		}
	}
	return "the same files in another order";
}

const CONTENT = ["kind", "content"] as const;
const METADATA = ["mode", "owner", "time"] as const;

function entryDifference(
	published: Entry | undefined,
	again: Entry | undefined,
	parts: readonly (keyof Entry)[],
): string | undefined {
	if (published === undefined) return "only the one that was made again has it";
	if (again === undefined) return "only the published one has it";
	const part = parts.find((each) => published[each] !== again[each]);
	if (part === undefined) return undefined;
	if (part === "content") return "its content differs";
	return `${part} ${published[part]}, made again ${again[part]}`;
}

/** The path of the first value of two JSON documents that differs, and both. */
function valueDifference(published: unknown, again: unknown, path: string): string | undefined {
	if (!isCollection(published) || !isCollection(again)) {
		if (published === again) return undefined;
		return `${path} ${JSON.stringify(published)}, made again ${JSON.stringify(again)}`;
	}
	for (const key of new Set([...Object.keys(published), ...Object.keys(again)])) {
		const difference = valueDifference(published[key], again[key], `${path}.${key}`);
		if (difference !== undefined) return difference;
	}
	return undefined;
}

function isCollection(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null;
}
