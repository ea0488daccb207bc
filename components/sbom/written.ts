import { readFile } from "node:fs/promises";
import type { InputsOf } from "../step/definition.ts";
import { imageId } from "../step/docker.ts";
import { sha256 } from "../step/file.ts";
import type { Descriptor, Statement } from "./provenance.ts";
import type { describeStep } from "./step.ts";

/** Whether the files are there, belong together, and are of the image that the daemon has. */
export async function areWritten({
	IMAGE: image,
	SBOM: bomFile,
	PROVENANCE: provenanceFile,
}: Pick<InputsOf<typeof describeStep>, "IMAGE" | "SBOM" | "PROVENANCE">): Promise<boolean> {
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
