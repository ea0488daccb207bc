import { expect, it } from "vitest";
import { type Patch, patchSet } from "../../stacks/patches/patch-set.ts";
import { changelogLines, keyOfApplied, packPatches } from "./patches.ts";

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
