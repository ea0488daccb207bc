import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Patch, patchSet } from "../../stacks/patches/patch-set.ts";
import { changelogLines, keyOfApplied, packPatches, RECIPE_CONTEXT } from "./patches.ts";

const patch = (subject: string, ...cves: string[]): Patch => ({
	...{ name: `${subject}.patch`, subject, cves, type: "unofficial" },
	sha256: subject.repeat(4),
});

it("a changelog has an entry for each patch, with the CVEs that its subject does not name", () => {
	const set = patchSet("patches/3.13", [
		patch("Fix it"),
		patch("Fix cve-2026-0001", "CVE-2026-0001", "CVE-2026-0002"),
	]);
	expect(changelogLines(set)).toBe("  * Fix it\n  * Fix cve-2026-0001 (CVE-2026-0002)");
});

it("a key has no folder, and nothing without patches", () => {
	const [one, other] = ["a", "b"].map((folder) =>
		keyOfApplied({ patches: patchSet(folder, [patch("Fix it")]) }),
	);
	expect(one).toEqual(other);
	expect(keyOfApplied({})).toBeUndefined();
});

it("patches that changed since the key was made are not taken", () => {
	expect(() => packPatches("no/such/folder", "0")).toThrow(
		/were changed while this ran; run again/,
	);
});

describe("recipe.patch", () => {
	const recipe = readFileSync("components/pybuild/context/recipe/build", "utf8");
	const text = readFileSync(`${RECIPE_CONTEXT}/recipe.patch`, "utf8");
	const hunks = text.split(/^@@.*\n/m).slice(1);

	it.each(hunks.map((hunk, index) => [index + 1, hunk] as const))(
		"applies to the recipe as it is, hunk %i",
		(_, hunk) => {
			const lines = hunk.split("\n").filter((line) => /^[ -]/.test(line));
			expect(recipe).toContain(lines.map((line) => `${line.slice(1)}\n`).join(""));
		},
	);
});
