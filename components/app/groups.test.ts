import fc from "fast-check";
import { expect, it } from "vitest";
import { layerGroups, MOST_LAYERS } from "./groups.ts";

const SIZE = fc.oneof(fc.nat(200_000), fc.integer({ min: 1_000_000, max: 900_000_000 }));

/** A lock's wheels, each name once. */
const WHEELS = fc.uniqueArray(
	fc.record({ name: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), size: SIZE }),
	{ selector: ({ name }) => name, maxLength: 100 },
);

it("every distribution is in one layer, of which there are few", () => {
	fc.assert(
		fc.property(WHEELS, (wheels) => {
			const groups = layerGroups(wheels);
			expect(groups.flat().sort()).toEqual(wheels.map(({ name }) => name).sort());
			// One more is for Debian packages.
			expect(groups.length).toBeLessThan(MOST_LAYERS);
			expect(groups.every((group) => group.length > 0)).toBe(true);
		}),
	);
});

it("the order in a lock does not matter", () => {
	fc.assert(
		fc.property(WHEELS, (wheels) => {
			expect(layerGroups(wheels.toReversed())).toEqual(layerGroups(wheels));
		}),
	);
});

it("a light distribution more changes one layer", () => {
	fc.assert(
		fc.property(WHEELS, ([one, ...others]) => {
			fc.pre(one !== undefined && one.size < 1_000_000);
			const before = layerGroups(others).map(String);
			const after = layerGroups([one, ...others]).map(String);
			expect(after.filter((group) => !before.includes(group))).toHaveLength(1);
		}),
	);
});

it("the heaviest are alone", () => {
	const small = Array.from({ length: 60 }, (_, index) => ({ name: `small${index}`, size: 9_000 }));
	const heavy = ["a", "b", "c", "d", "e"].map((name, index) => ({
		name,
		size: 5_000_000 + index,
	}));
	const groups = layerGroups([...small, ...heavy]);
	expect(groups.slice(0, 4)).toEqual([["b"], ["c"], ["d"], ["e"]]);
	expect(groups.length).toBe(MOST_LAYERS - 1);
});
