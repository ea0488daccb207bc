import { imageId } from "../step/docker.ts";
import { readKept, sha256 } from "../step/file.ts";

/** Images of an app's dependencies that end with a layer, by the layer's key: their IDs, which say all that is in them. */
export type KeptLayers = Readonly<Record<string, string>>;

/**
 * The key of each layer: what the first stands on, and what it and those below it have.
 *
 * @param base all that decides the bytes of what they stand on, and how they are made.
 * @param groups what each has.
 */
export function layerKeys(
	base: readonly string[],
	groups: readonly (readonly string[])[],
): string[] {
	const keys: string[] = [];
	for (const group of groups) keys.push(sha256(JSON.stringify([base, keys.at(-1), group])));
	return keys;
}

/** The layers of the last build; none where the file is not there, or no such file. */
export async function readLayers(file: string): Promise<KeptLayers> {
	return (await readKept<KeptLayers>(file)) ?? {};
}

/** The highest of some layers that the daemon still has as it was made: its place and its image. */
export async function highestLayer(
	kept: KeptLayers,
	keys: readonly string[],
): Promise<{ readonly index: number; readonly image: string } | undefined> {
	for (const [index, key] of [...keys.entries()].reverse()) {
		const image = kept[key];
		if (image !== undefined && (await imageId(image)) === image) return { index, image };
	}
	return undefined;
}
