import { expect, it } from "vitest";
import { groupsOf, hasTree } from "./trees.ts";

const WHEELS = [
	{ name: "a", sha256: "1", layer: 1 },
	{ name: "b", sha256: "2", layer: 0 },
	{ name: "c", sha256: "3", layer: 1 },
];

it("groups are the wheelhouse's layers", () => {
	expect(groupsOf([], WHEELS).map(({ names }) => names)).toEqual([["b"], ["a", "c"]]);
});

it("a tree's key follows from what installs it and what it has", () => {
	const [b, ac] = groupsOf(["python"], WHEELS);
	const other = WHEELS.map((wheel) => (wheel.name === "c" ? { ...wheel, sha256: "4" } : wheel));
	expect(groupsOf(["python"], other)[0]).toEqual(b);
	expect(groupsOf(["python"], other)[1]?.tree).not.toBe(ac?.tree);
	expect(groupsOf(["another"], WHEELS)[0]?.tree).not.toBe(b?.tree);
});

it("what python has itself is replaced in its layer", () => {
	expect(hasTree({ names: ["pip", "rich"], tree: "" })).toBe(false);
	expect(hasTree({ names: ["pipx", "rich"], tree: "" })).toBe(true);
});
