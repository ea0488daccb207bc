import type { StackImage } from "../image.ts";
import { repositoryOf } from "../image-name.ts";
import { docker, imageLabel } from "./docker.ts";
import { sha256 } from "./file.ts";

/** Longer values, and hashes, are not shown: that they changed is what matters. */
const SHOWN_LENGTH = 40;

/** The label of an image that has what its key was made of (imageLabels). */
export const INPUTS_LABEL = "debian-python.inputs";

/** What a key was made of, by name. */
export type Inputs = Readonly<Record<string, string>>;

/** The key that inputs, as ContentKey (content-key.ts) keeps them, give. */
export function keyOfInputs(inputs: Inputs): string {
	const entries = Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1));
	return sha256(JSON.stringify(entries)).slice(0, 12);
}

/**
 * Why an image that is nowhere is needed, where nothing tells what was deployed: what its key's inputs
 * differ in from the image of the same artefact and repository in the daemon that is nearest to it.
 */
export async function whyBuild(
	image: Pick<StackImage, "name" | "kind" | "inputs">,
): Promise<string> {
	const [nearest] = (await daemonInputs(image))
		.map((inputs) => changedInputs(inputs, image.inputs))
		// The sort is stable: of those that are as near, the newest stays first.
		.sort((a, b) => a.length - b.length);
	if (nearest === undefined) return "there is none yet";
	return nearest.join(", ") || "the one that is here has lost its name";
}

/** The differences between two keys' inputs, in words. */
export function inputChanges(before: Inputs, after: Inputs): string {
	return changedInputs(before, after).join(", ");
}

function changedInputs(before: Inputs, after: Inputs): string[] {
	return Object.keys({ ...before, ...after })
		.filter((key) => before[key] !== after[key])
		.map((key) => {
			const values = [before[key] ?? "none", after[key] ?? "none"];
			const shown = values.every(
				(value) => value.length <= SHOWN_LENGTH && !/^[0-9a-f]{12}$/.test(value),
			);
			return shown ? `${key} ${values.join(" -> ")}` : `${key} changed`;
		});
}

/**
 * What the keys of an artefact's images in a repository of the daemon were made of, the newest first.
 *
 * @param image its repository is that of this name.
 */
export async function daemonInputs({
	name,
	kind,
}: Pick<StackImage, "name" | "kind">): Promise<Inputs[]> {
	// docker image ls has the newest first.
	const filter = ["--filter", `label=debian-python.artefact=${kind}`, "--format", "{{.ID}}"];
	const ids = (await docker(["image", "ls", "--no-trunc", ...filter, repositoryOf(name)])).split(
		"\n",
	);
	const unique = [...new Set(ids)].filter((id) => id !== "");
	const labels = await Promise.all(unique.map((id) => imageLabel(id, INPUTS_LABEL)));
	return labels.map((label) => JSON.parse(label || "{}") as Inputs);
}
