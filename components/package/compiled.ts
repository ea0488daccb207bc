import { dockerPush, findImage, remoteDigest } from "../distribution/daemon.ts";
import { registryHost } from "../image-name.ts";
import { copyOut, holdImage } from "../step/container.ts";
import type { InputsOf } from "../step/definition.ts";
import { labelChanges, PROJECT_LABEL } from "../step/docker.ts";
import { setArchitecture } from "../step/imported.ts";
import type { Step } from "../step/step.ts";
import type { buildStep } from "./step.ts";

/*
 * What a compile leaves for the next one (components/pybuild/context/compile says what), each file as
 * an image made from scratch that is found by its key: in the daemon, then in the registry.
 */

type Inputs = InputsOf<typeof buildStep>;

/** A file in the build's folder, and the image that keeps it. */
interface Compiled {
	readonly file: string;
	readonly image: string;
}

/** What a compile leaves; what saves more stands first. */
function compiledFiles({ COMPILED, COMPILED_PROFILE }: Inputs): Compiled[] {
	return [
		{ file: "compiled.tar", image: COMPILED },
		...(COMPILED_PROFILE === undefined ? [] : [{ file: "profile.tar", image: COMPILED_PROFILE }]),
	];
}

/**
 * Give to a container that is not started what earlier compiles left: all of it, else the profile.
 *
 * @returns what its compile will leave, since it was not there.
 */
export async function giveCompiled(
	step: Step,
	container: string,
	inputs: Inputs,
): Promise<readonly Compiled[]> {
	const files = compiledFiles(inputs);
	for (const [index, { file, image }] of files.entries()) {
		if (!(await findImage(image, step.signal))) continue;
		step.progress(`reuse ${image}`);
		const holder = await holdImage(step, image, inputs.PLATFORM);
		await copyOut(holder, `/${file}`, ["cp", "-", `${container}:/build`]);
		return files.slice(0, index);
	}
	return files;
}

/** Keep what a container's compile left, here and in the registry, if there is one. */
export async function keepCompiled(
	step: Step,
	container: string,
	left: readonly Compiled[],
	inputs: Inputs,
): Promise<void> {
	const labels = { ...inputs.COMPILED_LABELS, [PROJECT_LABEL]: "debian-python" };
	const options = [`--platform=${inputs.PLATFORM}`, ...labelChanges(labels)];
	for (const { file, image } of left) {
		await copyOut(container, `/build/${file}`, ["import", ...options, "-", image]);
		await setArchitecture(image, inputs.PLATFORM);
		if (registryHost(image) !== undefined && !(await remoteDigest(image, step.signal)))
			await dockerPush(image, step.signal);
	}
}
