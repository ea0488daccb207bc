import { dockerPush, findImage, remoteDigest } from "../distribution/daemon.ts";
import { registryHost, tagOf } from "../image-name.ts";
import { copyFrom, copyOut, holdImage } from "../step/container.ts";
import type { InputsOf } from "../step/definition.ts";
import { PROJECT_LABEL } from "../step/docker.ts";
import { importImage } from "../step/imported.ts";
import { labelInstructions } from "../step/instructions.ts";
import type { Step } from "../step/step.ts";
import type { buildStep } from "./step.ts";

/*
 * What a compile leaves for the next one (components/pybuild/context/compile says what), each file as
 * an image made from scratch that is found by its key: in the daemon, then in the registry.
 */

type Inputs = InputsOf<typeof buildStep>;

/** A file in the build's folder, and the image that keeps it. */
export interface Compiled {
	readonly file: string;
	readonly image: string;
}

/** What a compile leaves; what saves more stands first. */
function compiledFiles({
	COMPILED,
	COMPILED_PROFILE,
}: Inputs): readonly [compiled: Compiled, profile?: Compiled] {
	const compiled = { file: "compiled.tar", image: COMPILED };
	return COMPILED_PROFILE === undefined
		? [compiled]
		: [compiled, { file: "profile.tar", image: COMPILED_PROFILE }];
}

/** What is known of the files of a compile before it runs. */
export interface CompileFiles {
	/** What it will leave, since it was not there. */
	readonly missing: readonly Compiled[];
	/** Whether there is a profile, or it will leave one. */
	readonly hasProfile: boolean;
}

/** Give to a container that is not started what earlier compiles left. */
export async function giveCompiled(
	step: Step,
	container: string,
	inputs: Inputs,
): Promise<CompileFiles> {
	const missing: Compiled[] = [];
	const [compiled, profile] = compiledFiles(inputs);
	for (const each of [compiled, profile]) {
		if (each === undefined) continue;
		const { file, image } = each;
		if (!(await findImage(image, step.signal))) {
			missing.push(each);
			continue;
		}
		step.progress(`reuse ${image}`);
		const holder = await holdImage(step, image, inputs.PLATFORM);
		await copyOut(holder, `/${file}`, ["cp", "-", `${container}:/build`]);
	}
	// Where it is compiled already, nothing is trained.
	const trains = missing.includes(compiled);
	const hasProfile = profile !== undefined && (trains || !missing.includes(profile));
	return { missing: trains ? missing : [], hasProfile };
}

/**
 * The profile that a container's compile had or left, by the name that it has in the package's image: with
 * it the same bytes are compiled again.
 */
export async function readProfile(
	container: string,
	{ COMPILED_PROFILE: image = "" }: Inputs,
): Promise<readonly [path: string, content: Buffer]> {
	const { files } = await copyFrom(container, "/build/profile.tar");
	return [`${tagOf(image)}.tar`, files.get("profile.tar") ?? Buffer.alloc(0)];
}

/** Keep what a container's compile left, here and in the registry, if there is one. */
export async function keepCompiled(
	step: Step,
	container: string,
	left: readonly Compiled[],
	inputs: Inputs,
): Promise<void> {
	const labels = { ...inputs.COMPILED_LABELS, [PROJECT_LABEL]: "debian-python" };
	const made = { platform: inputs.PLATFORM, instructions: labelInstructions(labels) };
	for (const { file, image } of left) {
		await importImage(image, made, (command) => copyOut(container, `/build/${file}`, command));
		if (registryHost(image) !== undefined && !(await remoteDigest(image, step.signal)))
			await dockerPush(image, step.signal);
	}
}
