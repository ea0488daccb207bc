import type { StackImage } from "../image.ts";
import { repositoryOf } from "../image-name.ts";
import { docker, type InspectedImage, inspectImage } from "./docker.ts";
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

/** What tells of an image which of a daemon's are former ones of it. */
type Lineage = Pick<StackImage, "name" | "artefact" | "kind" | "platform">;

/**
 * Why an image that is nowhere is needed, where nothing tells what was deployed: what its key's inputs
 * differ in from the image of the same artefact and repository in the daemon that is nearest to it.
 */
export async function whyBuild(image: Lineage & Pick<StackImage, "inputs">): Promise<string> {
	const [nearest] = (await daemonImages(image))
		.filter((each) => isFormer(each, image))
		.map((each) => changedInputs(inputsOf(each), image.inputs))
		// The sort is stable: of those that are as near, the newest stays first.
		.sort((a, b) => a.length - b.length);
	if (nearest === undefined) return "there is none yet";
	return nearest.join(", ") || "the one that is here has lost its name";
}

/**
 * Whether an image may have been in the place of another, which is of the same kind. One of another
 * platform is not, and a Python that is not the stack's first one takes no other's place.
 */
function isFormer({ Architecture, Config }: InspectedImage, image: Lineage): boolean {
	const { artefact, kind, platform } = image;
	if (platform !== undefined && platform.split("/")[1] !== Architecture) return false;
	const [, python] = /^-(\d[^-]*)/.exec(artefact.slice(kind.length)) ?? [];
	const title = Config.Labels?.["org.opencontainers.image.title"] ?? "";
	return python === undefined || python === titlePython(title);
}

/** The Python that the title of an image names, as in cpython3.13t and Python 3.13.5t: its series, and ABI flags. */
function titlePython(title: string): string | undefined {
	const [, series, flags] = /(\d+\.\d+)[\d.abrc]*([td]*)$/.exec(title) ?? [];
	return series && `${series}${flags}`;
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
export async function daemonInputs(image: Pick<StackImage, "name" | "kind">): Promise<Inputs[]> {
	return (await daemonImages(image)).map(inputsOf);
}

function inputsOf({ Config }: InspectedImage): Inputs {
	return JSON.parse(Config.Labels?.[INPUTS_LABEL] || "{}") as Inputs;
}

async function daemonImages({
	name,
	kind,
}: Pick<StackImage, "name" | "kind">): Promise<InspectedImage[]> {
	// docker image ls has the newest first.
	const filter = ["--filter", `label=debian-python.artefact=${kind}`, "--format", "{{.ID}}"];
	const ids = (await docker(["image", "ls", "--no-trunc", ...filter, repositoryOf(name)])).split(
		"\n",
	);
	const unique = [...new Set(ids)].filter((id) => id !== "");
	return (await Promise.all(unique.map(inspectImage))).filter((each) => each !== undefined);
}
