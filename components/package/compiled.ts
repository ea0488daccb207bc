import { execa } from "execa";
import { dockerError, imageId, labelChanges, PROJECT_LABEL } from "../step/docker.ts";
import { environment, environmentRecord } from "../step/environment.ts";
import { findImage, pushImage, registryHost, remoteDigest } from "../step/registry.ts";
import type { Step } from "../step/step.ts";

/*
 * What a compile leaves for the next one (components/pybuild/context/compile says what), each file as
 * an image made from scratch that is found by its key: in the daemon, then in the registry.
 */

/** Give to a container that is not started what earlier compiles left: all of it, else the profile. */
export async function giveCompiled(step: Step, container: string): Promise<void> {
	for (const [file, image] of compiledFiles()) {
		if (!(await findImage(image, step.signal))) continue;
		const platform = `--platform=${environment("PLATFORM")}`;
		const holder = await step.createContainer([platform, image, "none"]);
		step.progress(`reuse ${image}`);
		await copyOut(holder, `/${file}`, ["cp", "-", `${container}:/build`]);
		return;
	}
}

/** Keep what a container's compile left, here and in the registry, if there is one. */
export async function keepCompiled(step: Step, container: string): Promise<void> {
	for (const [file, image] of compiledFiles()) {
		if ((await imageId(image)) === undefined && (await exists(container, `/build/${file}`))) {
			const labels = { ...environmentRecord("COMPILED_LABELS"), [PROJECT_LABEL]: "debian-python" };
			const platform = `--platform=${environment("PLATFORM")}`;
			const args = ["import", platform, ...labelChanges(labels), "-", image];
			await copyOut(container, `/build/${file}`, args);
			if (registryHost(image) !== undefined && !(await remoteDigest(image, step.signal)))
				await pushImage(image, step.signal);
		}
	}
}

/** File and image; what saves more stands first. */
function compiledFiles(): [file: string, image: string][] {
	return [
		["compiled.tar", environment("COMPILED")],
		["profile.tar", environment("COMPILED_PROFILE")],
	];
}

async function exists(container: string, path: string): Promise<boolean> {
	const copy = await execa("docker", ["cp", `${container}:${path}`, "-"], {
		buffer: false,
		stdout: "ignore",
		reject: false,
	});
	return !copy.failed;
}

/** Copy a file, as the archive that docker cp makes of it, into another docker command. */
async function copyOut(container: string, path: string, into: string[]): Promise<void> {
	const out = ["cp", `${container}:${path}`, "-"];
	const copied = await execa("docker", out, { buffer: { stdout: false }, reject: false }).pipe(
		"docker",
		into,
		{ reject: false },
	);
	const [read] = copied.pipedFrom;
	if (read?.failed) throw dockerError(out, read);
	if (copied.failed) throw dockerError(into, copied);
}
