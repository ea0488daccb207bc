import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { remoteDigest } from "../../components/distribution/daemon.ts";
import { readReferrer } from "../../components/distribution/referrers.ts";
import { registryHost } from "../../components/image-name.ts";
import type { Description } from "../../components/sbom/description.ts";
import { BOM_TYPE, PROVENANCE_TYPE } from "../../components/sbom/media-types.ts";
import { describeStep } from "../../components/sbom/step.ts";
import { stepCall } from "../../components/step/command.ts";
import { imageId } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import { localCommand } from "../../local/handlers.ts";
import { Report } from "../../local/report.ts";
import { withStackLock } from "../../local/stack-lock.ts";

/** Which of the two documents of an image. */
export type Document = "SBOM" | "PROVENANCE";

/** An image of a stack, by its artefact, and what describes it. */
interface Described {
	readonly stack: string;
	readonly artefact: string;
	readonly description: Description;
}

/**
 * A document of an image: of the one that the daemon has, else what is attached to it in its registry.
 *
 * @throws StepError where the image is nowhere, or has nothing attached.
 */
export async function readDocument(
	{ stack, artefact, description }: Described,
	document: Document,
	signal: AbortSignal,
): Promise<Buffer> {
	const { IMAGE: name } = description;
	if ((await imageId(name)) !== undefined) {
		await describe(stack, artefact, description, signal);
		return readFile(description[document]);
	}
	const hasRegistry = registryHost(name) !== undefined;
	const digest = hasRegistry ? await remoteDigest(name) : undefined;
	if (digest === undefined) {
		throw new StepError(
			`the image ${name} is not in the Docker daemon${hasRegistry ? " nor in its registry" : ""}`,
			`build it: npm start -- -s ${stack}`,
		);
	}
	const content = await readReferrer(name, digest, TYPES[document]);
	if (content !== undefined) return content;
	throw new StepError(
		`${name} has no ${TYPES[document]} attached in its registry`,
		`to make it from the image: docker pull ${name}, then run again`,
	);
}

/** The SBOM of an image as it was written down here, by a file whose name has the image's key, else by {@link readDocument}. */
export async function readSbom(described: Described, signal: AbortSignal): Promise<Buffer> {
	const { SBOM } = described.description;
	return existsSync(SBOM) ? readFile(SBOM) : readDocument(described, "SBOM", signal);
}

/**
 * The SBOM of an image as it was written down here, or is attached in the registry; undefined where it is
 * in neither. Nothing is made, and the daemon is not asked.
 */
export async function writtenSbom({ IMAGE: name, SBOM }: Description): Promise<Buffer | undefined> {
	if (existsSync(SBOM)) return readFile(SBOM);
	if (registryHost(name) === undefined) return undefined;
	const digest = await remoteDigest(name);
	return digest === undefined ? undefined : readReferrer(name, digest, BOM_TYPE);
}

const TYPES: Readonly<Record<Document, string>> = { SBOM: BOM_TYPE, PROVENANCE: PROVENANCE_TYPE };

/** Write the image's files, where they are not there. */
async function describe(
	stack: string,
	artefact: string,
	description: Description,
	signal: AbortSignal,
): Promise<void> {
	const run = { report: new Report(), preview: false, wants: () => true, signal };
	const call = stepCall(describeStep, description);
	await withStackLock(stack, run, () => localCommand(run, artefact, call));
}
