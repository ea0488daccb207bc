/** What {@link layerGroups} looks at. */
export interface SizedWheel {
	/** Normalised name of the distribution. */
	readonly name: string;
	/** Of the wheel, in bytes. */
	readonly size: number;
}

/** The most layers of an app's dependencies, that of Debian packages among them. */
export const MOST_LAYERS = 12;

/** A wheel of so many bytes may have a layer of its own: below that, what a layer itself costs counts. */
const HEAVY = 1_000_000;

/** How many layers are for heavy wheels; the others share those that are left. */
const HEAVY_LAYERS = 4;

const BUCKETS = MOST_LAYERS - 1 - HEAVY_LAYERS;

/**
 * The distributions of each layer: the heaviest alone, the others by a hash of their names. So a new
 * version of one changes its layer alone, what else the lock has does not matter to a layer that does
 * not change, and other apps have the same one.
 *
 * @returns names in their order; no group is empty.
 */
export function layerGroups(wheels: readonly SizedWheel[]): string[][] {
	const heavy = wheels
		.filter(({ size }) => size >= HEAVY)
		.sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1))
		.slice(0, HEAVY_LAYERS)
		.map(({ name }) => name)
		.sort();
	const others = wheels.map(({ name }) => name).filter((name) => !heavy.includes(name));
	const buckets = Map.groupBy(others.sort(), (name) => bucketOf(name));
	return [
		...heavy.map((name) => [name]),
		...[...buckets].sort(([a], [b]) => a - b).map(([, names]) => names),
	];
}

/** FNV-1a (32 bits), which spreads short names. */
function bucketOf(name: string): number {
	let hash = 0x811c9dc5;
	for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
	return hash % BUCKETS;
}
