import { copyFrom } from "../../components/step/container.ts";
import { docker } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import type { Step } from "../../components/step/step.ts";
import { tarOf } from "../../components/step/tar.ts";
import { patchOf } from "../../stacks/patches/patch-set.ts";
import { patchContainer } from "./container.ts";
import { dep3Header, wantedChanges } from "./dep3.ts";
import type { LoadedPatch, PatchPlace } from "./place.ts";
import type { NewPatch } from "./source.ts";

/**
 * A patch for a Python's source with the patches that come before it, with a header of DEP-3.
 *
 * @param image pybuild.
 * @throws StepError with the rejects, where it does not apply.
 */
export async function refresh(
	step: Step,
	place: PatchPlace,
	{ image, before, patch }: { image: string; before: readonly LoadedPatch[]; patch: NewPatch },
): Promise<LoadedPatch> {
	const changes = wantedChanges(patch);
	if (changes.length === 0)
		throw new StepError(
			`${patch.name} changes nothing of a package, or is no patch`,
			"give a unified diff, such as git format-patch makes",
		);
	const content = Buffer.from(changes.map(({ text }) => text).join(""), "latin1");
	const container = await patchContainer(step, place, image, ["refresh"]);
	await container.give("patches", before);
	await container.give("new", [{ patch: patchOf(patch.name, content), content }]);
	const files = await tarOf([[{ name: "files" }, changes.map(({ file }) => `${file}\n`).join("")]]);
	await docker(["cp", "-", `${container.id}:/build`], { input: files });
	await container.run();
	const { files: out } = await copyFrom(container.id, "/build/out");
	const diff = out.get("out/refreshed.patch")?.toString("latin1") ?? "";
	const header = dep3Header(patch, out.has("out/fuzzy"));
	const whole = Buffer.from(`${header}\n\n${diff}`, "latin1");
	return { patch: patchOf(patch.name, whole), content: whole };
}

/** The same without one, and the place that it has there: that of one of its name, else the last. */
export function placeIn(
	patches: readonly LoadedPatch[],
	{ name }: { name: string },
): { before: readonly LoadedPatch[]; after: readonly LoadedPatch[] } {
	const found = patches.findIndex(({ patch }) => patch.name === name);
	const index = found === -1 ? patches.length : found;
	return { before: patches.slice(0, index), after: patches.slice(index + 1) };
}
