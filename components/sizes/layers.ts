import { posix } from "node:path";
import type { Readable } from "node:stream";
import { StepError } from "../step/error.ts";
import { eachEntry, readArchive, readImage, type SavedImage } from "../step/saved-image.ts";

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
 * @throws StepError where there is no such image, or where debbase is not in it.
 */
export async function readLayers(image: string): Promise<Layer[]> {
	return layersOf(await readImage(image, layerSizes));
}

/** The layers in what docker save wrote of one image; exported for its test. */
export async function readSizes(archive: Readable): Promise<Layer[]> {
	return layersOf(await readArchive(archive, layerSizes));
}

function layersOf({ config, layers }: SavedImage<Sizes>): Layer[] {
	const { history = [] } = JSON.parse(config) as Config;
	const firstOwn = layers.length - ownCount(history);
	return layers.map((sizes, index) => ({ sizes, own: index >= firstOwn }));
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
	if (start === -1)
		throw new StepError("the image's history has no USER root, with which debbase starts");
	return history.slice(start).filter(({ empty_layer = false }) => !empty_layer).length;
}

/** Bytes by folder of a layer's tar. Each content of a file counts once, whatever its hard links. */
async function layerSizes(tar: Readable): Promise<Sizes> {
	const sizes = new Map<string, number>();
	await eachEntry(tar, ({ name, type, size }) => {
		if (type !== "file") return;
		const folder = posix.dirname(posix.normalize(name));
		sizes.set(folder, (sizes.get(folder) ?? 0) + size);
	});
	return sizes;
}
