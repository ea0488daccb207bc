import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { type Patch, type PatchSet, readPatchSet, SERIES } from "../../stacks/patches/patch-set.ts";
import type { StackPython } from "../../stacks/settings.ts";
import type { KeyInputs } from "../content-key.ts";
import { StepError } from "../step/error.ts";
import { type TarEntry, tarOf } from "../step/tar.ts";

/** What applies patches, to a source in a container. */
export const APPLY_CONTEXT = "components/package/context/apply";

/** Its folder in a container. */
export const PATCHED = "/build/patched";

/** What of a Python's patches decides its compiled files; undefined without any. */
export function keyOfApplied({ patches }: Pick<StackPython, "patches">): KeyInputs | undefined {
	return patches && { PATCHES: { hash: patches.hash }, APPLY: { context: APPLY_CONTEXT } };
}

/** An entry for each patch, as debian/changelog has it (deb-changelog(5)). */
export function changelogLines({ patches }: PatchSet): string {
	return patches
		.map(({ subject, cves }) => {
			const missing = cves.filter((cve) => !subject.toUpperCase().includes(cve));
			return `  * ${subject}${missing.length === 0 ? "" : ` (${missing.join(", ")})`}`;
		})
		.join("\n");
}

/**
 * The patches of a folder as a tar, with the folder `patches` and in it a series of names alone.
 *
 * @throws StepError where they are not those of the key any more.
 */
export function packPatches(folder: string, hash: string): Promise<Buffer> {
	const now = readPatchSet(folder);
	if (Array.isArray(now) || now.hash !== hash)
		throw new StepError(`the patches of ${folder} were changed while this ran`, "run again");
	return patchesTar(
		now.patches.map((patch) => [patch, readFileSync(posix.join(folder, patch.name))]),
	);
}

/** Patches with their bytes, in their order, as {@link packPatches} has them; in a folder of that name. */
export function patchesTar(
	patches: readonly (readonly [patch: Pick<Patch, "name">, content: Buffer])[],
	folder = "patches",
): Promise<Buffer> {
	const series = patches.map(([{ name }]) => `${name}\n`).join("");
	return tarOf([
		[{ name: `${folder}/${SERIES}`, mode: 0o644 }, series],
		...patches.map(
			([{ name }, content]): TarEntry => [{ name: `${folder}/${name}`, mode: 0o644 }, content],
		),
	]);
}
