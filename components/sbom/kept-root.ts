import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { needImage } from "../distribution/daemon.ts";
import { hashFiles } from "../file-hash.ts";
import { tagOf } from "../image-name.ts";
import type { InputsOf } from "../step/definition.ts";
import { imageId } from "../step/docker.ts";
import { keep, readKept } from "../step/file.ts";
import type { Step } from "../step/step.ts";
import type { Root } from "./gather.ts";
import type { describeStep } from "./step.ts";

type Inputs = InputsOf<typeof describeStep>;

/** The file of a root: what was read, and of which images by which program. */
interface Kept {
	readonly sign: readonly string[];
	readonly root: Root;
}

/**
 * What a root has inside, which is read once and kept beside the SBOMs: a change of an app's code changes
 * nothing of it. A file that is missing, cut short, of other images or of another version of this program
 * is written anew.
 *
 * @param read reads it.
 */
export async function keptRoot(
	step: Step,
	inputs: Inputs,
	read: (step: Step, inputs: Inputs) => Promise<Root>,
): Promise<Root> {
	const { ROOT: root, PACKAGE, SBOM } = inputs;
	if (root === undefined) return read(step, inputs);
	await needImage(root, step.signal);
	await needImage(PACKAGE, step.signal);
	const images = await Promise.all(
		[root, PACKAGE].map(async (name) => (await imageId(name)) ?? ""),
	);
	const sign = [...images, ownHash()];
	const file = join(dirname(SBOM), `.${tagOf(root)}.json`);
	const kept = await readKept<Partial<Kept>>(file);
	if (kept?.root !== undefined && kept.sign?.join() === sign.join()) return kept.root;
	const found = await read(step, inputs);
	await keep(file, { sign, root: found } satisfies Kept);
	return found;
}

/** Of the programs that read and keep it. */
function ownHash(): string {
	const folder = import.meta.dirname;
	const files = readdirSync(folder).filter((name) => /(?<!\.test)\.ts$/.test(name));
	return hashFiles({ folder, files: files.sort() });
}
