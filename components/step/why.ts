import { docker, imageLabel } from "./docker.ts";

/** Longer values, and hashes, are not shown: that they changed is what matters. */
const SHOWN_LENGTH = 40;

/**
 * Why an image that the daemon does not have is needed: what its key's inputs differ in from the
 * newest image of the same artefact in the same repository.
 *
 * @param name the image's name, which has its repository.
 * @param labels its labels, which have its artefact and its key's inputs.
 */
export async function whyBuild(
	name: string,
	labels: Readonly<Record<string, string>>,
): Promise<string> {
	const before = await newestInputs(name, labels["debian-python.artefact"] ?? "");
	if (before === undefined) return "there is none yet";
	return (
		inputChanges(before, parseInputs(labels["debian-python.inputs"])) || "its content key changed"
	);
}

/**
 * What the key of the newest image of an artefact was made of; undefined where the daemon has none.
 *
 * @param name the name of any image in the same repository.
 */
export async function newestInputs(
	name: string,
	artefact: string,
): Promise<Record<string, string> | undefined> {
	const newest = await newestImage(name, artefact);
	return newest === undefined
		? undefined
		: parseInputs(await imageLabel(newest, "debian-python.inputs"));
}

/** The differences between two keys' inputs, in words. */
export function inputChanges(
	before: Record<string, string>,
	after: Record<string, string>,
): string {
	return Object.keys({ ...before, ...after })
		.filter((key) => before[key] !== after[key])
		.map((key) => {
			const values = [before[key] ?? "none", after[key] ?? "none"];
			const shown = values.every(
				(value) => value.length <= SHOWN_LENGTH && !/^[0-9a-f]{12}$/.test(value),
			);
			return shown ? `${key} ${values.join(" -> ")}` : `${key} changed`;
		})
		.join(", ");
}

function parseInputs(label: string | undefined): Record<string, string> {
	return label === undefined ? {} : (JSON.parse(label) as Record<string, string>);
}

async function newestImage(name: string, artefact: string): Promise<string | undefined> {
	const repository = name.slice(0, name.lastIndexOf(":"));
	// docker image ls has the newest first.
	const filter = ["--filter", `label=debian-python.artefact=${artefact}`, "--format", "{{.ID}}"];
	const listing = await docker(["image", "ls", ...filter, repository]);
	return listing.split("\n")[0] || undefined;
}
