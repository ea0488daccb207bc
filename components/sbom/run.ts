import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { needImage } from "../distribution/daemon.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { imageId } from "../step/docker.ts";
import { makeFolder, sha256, writeWhole } from "../step/file.ts";
import { runStep } from "../step/step.ts";
import { billOfMaterials } from "./bom.ts";
import { gatherFacts } from "./gather.ts";
import { type Descriptor, provenance, type Statement } from "./provenance.ts";
import { describeStep } from "./step.ts";

const inputs = readInputs(describeStep);

await runStep<ResultOf<typeof describeStep>>(async (step) => {
	const { IMAGE: image, SBOM: bomFile, PROVENANCE: provenanceFile } = inputs;
	await needImage(image, step.signal);
	if (!(await areWritten(bomFile, provenanceFile, image))) {
		step.progress("write SBOM and provenance");
		const facts = await gatherFacts(step, inputs);
		const bom = billOfMaterials(facts);
		makeFolder(dirname(bomFile));
		await writeWhole(bomFile, bom);
		// Last: it names the SBOM by its hash, so one without the other is seen.
		await writeWhole(provenanceFile, provenance(facts, bom));
	}
	return { sbom: bomFile, provenance: provenanceFile };
});

/** Whether the files are there, belong together, and are of the image that the daemon has. */
async function areWritten(
	bomFile: string,
	provenanceFile: string,
	image: string,
): Promise<boolean> {
	try {
		const { subject, predicate } = JSON.parse(await readFile(provenanceFile, "utf8")) as Statement;
		const has = (sum: string) => (each: Descriptor) => each.digest?.sha256 === sum;
		const id = (await imageId(image))?.replace(/^sha256:/, "") ?? "";
		const bom = sha256(await readFile(bomFile));
		// The name too: a stack that gets a registry has the same image under another.
		const own = subject.filter(({ name }) => name === image);
		return own.some(has(id)) && predicate.runDetails.byproducts.some(has(bom));
	} catch {
		// There is none, or it is not one.
		return false;
	}
}
