import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { changeFolder } from "./changes.ts";

const CHANGES = ["abi", "dbgsym", "patched", "tk"];

/** A change of a file of the recipe: lines, and those in their place. */
interface Hunk {
	readonly path: string;
	readonly before: string;
	readonly after: string;
}

function hunksOf(change: string): Hunk[] {
	const [, ...files] = readFileSync(`${changeFolder(change)}/recipe.patch`, "utf8").split(
		/^--- a\//m,
	);
	return files.flatMap((text) => {
		const [path = ""] = text.split("\n");
		const [, ...hunks] = text.split(/^@@.*\n/m);
		return hunks.map((hunk) => ({ path, before: side(hunk, "-"), after: side(hunk, "+") }));
	});
}

const side = (hunk: string, sign: "-" | "+") =>
	hunk
		.split("\n")
		.filter((line) => line.startsWith(" ") || line.startsWith(sign))
		.map((line) => `${line.slice(1)}\n`)
		.join("");

/** A file of pybuild by its name there. */
function readRecipe(path: string): string {
	const folder = path === "compile" ? "compile" : "recipe";
	return readFileSync(`components/pybuild/context/${folder}/${path}`, "utf8");
}

/** All that a Python may have beside each other, in the order in which the script takes them. */
const subsets = Array.from({ length: 2 ** CHANGES.length - 1 }, (_, number) =>
	CHANGES.filter((__, index) => (number + 1) & (1 << index)),
);

/** The files of the recipe that these change, as they are then. */
function changed(changes: readonly string[]): Map<string, string> {
	const files = new Map<string, string>();
	for (const { path, before, after } of changes.flatMap(hunksOf)) {
		const content = files.get(path) ?? readRecipe(path);
		expect(content, path).toContain(before);
		files.set(
			path,
			content.replace(before, () => after),
		);
	}
	return files;
}

it.each(subsets.map((changes) => ({ changes })))("the recipe takes $changes", ({ changes }) => {
	expect(changed(changes).size).toBeGreaterThan(0);
});

it("compiles with debug symbols all but what only trains", () => {
	const code = changed(["dbgsym"])
		.get("compile")
		?.split("\n")
		.filter((line) => !line.startsWith("#") && line.includes("-g0"));
	expect(code).toEqual(["\t\tCFLAGS_NODIST='-g0 -fno-lto' LDFLAGS_NODIST=-fno-lto"]);
});
