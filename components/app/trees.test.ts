import { expect, it } from "vitest";
import { groupsOf } from "./trees.ts";

const WHEELS = [
	{ name: "a", sha256: "1", layer: 1 },
	{ name: "b", sha256: "2", layer: 0 },
	{ name: "c", sha256: "3", layer: 1 },
];

it("groups are the wheelhouse's layers", () => {
	expect(groupsOf([], WHEELS, true).map(({ names }) => names)).toEqual([["b"], ["a", "c"]]);
});

it("a tree's key follows from what installs it and what it has", () => {
	const [b, ac] = groupsOf(["python"], WHEELS, true);
	const other = WHEELS.map((wheel) => (wheel.name === "c" ? { ...wheel, sha256: "4" } : wheel));
	expect(groupsOf(["python"], other, true)[0]).toEqual(b);
	expect(groupsOf(["python"], other, true)[1]?.tree).not.toBe(ac?.tree);
	expect(groupsOf(["another"], WHEELS, true)[0]?.tree).not.toBe(b?.tree);
});

it("what python has itself is replaced in its layer", () => {
	const wheels = ["pip", "pipx"].map((name, layer) => ({ name, sha256: name, layer }));
	const trees = (hasPip: boolean) => groupsOf([], wheels, hasPip).map(({ hasTree }) => hasTree);
	expect(trees(true)).toEqual([false, true]);
	expect(trees(false)).toEqual([true, true]);
});
