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

describe.each([RECIPE_CONTEXT, "components/package/context/free-threaded"])(
	"recipe.patch of %s",
	(context) => {
		const [, ...files] = readFileSync(`${context}/recipe.patch`, "utf8").split(/^--- a\//m);
		const hunks = files.flatMap((text) => {
			const [path = ""] = text.split("\n");
			const [, ...own] = text.split(/^@@.*\n/m);
			return own.map((hunk) => [path, hunk] as const);
		});

		it.each(hunks)("applies to the recipe as it is: %s", (path, hunk) => {
			const recipe = readFileSync(`components/pybuild/context/recipe/${path}`, "utf8");
			const lines = hunk.split("\n").filter((line) => /^[ -]/.test(line));
			expect(recipe).toContain(lines.map((line) => `${line.slice(1)}\n`).join(""));
		});
	},
);
