import { basename } from "node:path";
import { findImage } from "../../components/distribution/daemon.ts";
import { APPLY_CONTEXT, PATCHED, patchesTar } from "../../components/package/patches.ts";
import { fetchSource } from "../../components/package/source.ts";
import { copyInto, makeContainer, runContainer } from "../../components/step/container.ts";
import { docker } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import type { Step } from "../../components/step/step.ts";
import { sourceUrl } from "../../stacks/cpython.ts";
import { abiFlags } from "../../stacks/variants.ts";
import type { LoadedPatch, PatchPlace } from "./place.ts";

const CONTEXT = "commands/patch/context";

/** A script of context/, to be run in pybuild, where its volume /build has what it needs. */
export interface PatchContainer {
	readonly id: string;
	/** Put a folder of patches there, by name. */
	give(folder: string, patches: readonly LoadedPatch[]): Promise<void>;
	/** Run it; its progress is shown, and the rest where it fails. */
	run(): Promise<void>;
}

/** Make the container of a script. */
export async function patchContainer(
	step: Step,
	{ settings, python, stack }: PatchPlace,
	image: string,
	[script, ...args]: readonly [script: string, ...args: string[]],
): Promise<PatchContainer> {
	await needPybuild(image, stack, step.signal);
	const { version, source } = python;
	const id = await makeContainer(
		step,
		image,
		["/bin/sh", `/build/scripts/${script}`, ...args],
		[
			`--platform=${settings.platform}`,
			`--volume=${await step.createVolume()}:/build`,
			`--env=PYTHON_VERSION=${version}`,
			`--env=SOURCE_FORMAT=${source.format}`,
			`--env=SOURCE_SHA256=${source.sha256}`,
			`--env=ABI_FLAGS=${abiFlags(python)}`,
		],
	);
	await copyInto(id, `${CONTEXT}/.`, "/build/scripts");
	await copyInto(id, `${APPLY_CONTEXT}/.`, PATCHED);
	if (settings.caBundle !== undefined)
		await copyInto(id, settings.caBundle, "/build/ca-bundle.crt");
	if (settings.debian.hasOldTls) {
		const file = await fetchSource(step, sourceUrl(version, source.format), source.sha256);
		await copyInto(id, file, `/build/${basename(file)}`);
	}
	return {
		id,
		async give(folder, patches) {
			const files = patches.map(({ patch, content }) => [patch, content] as const);
			await docker(["cp", "-", `${id}:/build`], { input: await patchesTar(files, folder) });
		},
		run: () => runShown(step, id),
	};
}

async function needPybuild(image: string, stack: string, signal: AbortSignal): Promise<void> {
	if (await findImage(image, signal)) return;
	throw new StepError(
		`the image ${image} is not there`,
		`build it: npm start -- -s ${stack} -c apps= -c patches= --target pybuild`,
	);
}

async function runShown(step: Step, container: string): Promise<void> {
	const lines: string[] = [];
	try {
		await runContainer(step, container, (line) => {
			if (line.startsWith("==> ")) step.progress(line.slice("==> ".length));
			else if (!line.startsWith("error: ")) lines.push(line);
		});
	} catch (error) {
		process.stderr.write(lines.map((line) => `${line}\n`).join(""));
		throw error;
	}
}
