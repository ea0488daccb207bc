import { expect, it } from "vitest";
import { hasTree, treeKey } from "./trees.ts";

it("a tree's key follows from what installs it and what it has", () => {
	const keys = [
		treeKey(["python"], ["a 1", "b 1"]),
		treeKey(["another"], ["a 1", "b 1"]),
		treeKey(["python"], ["a 1", "b 2"]),
		treeKey(["python"], ["a 1"]),
	];
	expect(new Set(keys).size).toBe(keys.length);
	expect(treeKey(["python"], ["a 1", "b 1"])).toBe(keys[0]);
});

it("what python has itself is replaced in its layer", () => {
	expect(hasTree({ names: ["pip", "rich"], tree: "" })).toBe(false);
	expect(hasTree({ names: ["pipx", "rich"], tree: "" })).toBe(true);
});
