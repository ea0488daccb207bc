import { dirname } from "node:path";
import { needImage } from "../distribution/daemon.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { makeFolder, writeWhole } from "../step/file.ts";
import { runStep } from "../step/step.ts";
import { billOfMaterials } from "./bom.ts";
import { gatherFacts } from "./gather.ts";
import { provenance } from "./provenance.ts";
import { describeStep } from "./step.ts";
import { areWritten } from "./written.ts";

const inputs = readInputs(describeStep);

await runStep<ResultOf<typeof describeStep>>(async (step) => {
	const { IMAGE: image, SBOM: bomFile, PROVENANCE: provenanceFile } = inputs;
	await needImage(image, step.signal);
	if (!(await areWritten(inputs))) {
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
