import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findImage, needImage } from "../distribution/daemon.ts";
import { downloadPath, fetchFiles, VOLUME } from "../downloads/downloads.ts";
import { copyInto, copyOut, holdImage, makeContainer, runContainer } from "../step/container.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { labelChanges, PROJECT_LABEL } from "../step/docker.ts";
import { runStep, type Step } from "../step/step.ts";
import { wheelhouseStep } from "./step.ts";

const inputs = readInputs(wheelhouseStep);

await runStep<ResultOf<typeof wheelhouseStep>>(async (step) => {
	const { IMAGE: image } = inputs;
	if (!(await findImage(image, step.signal))) await gather(step, image);
	return { image };
});

/** Lay out the tree in a container, whose Python knows hashes and wheels, and import it from there. */
async function gather(step: Step, image: string): Promise<void> {
	const { BUILDER: builder, PLATFORM: platform, DOWNLOADED: files, COMPILED: compiled } = inputs;
	await needImage(builder, step.signal);
	await fetchFiles(step, {
		image: builder,
		platform,
		files,
		caBundle: inputs.CA_BUNDLE,
	});
	const command = ["python3", "-I", "-B", "/mnt/gather.py", "/mnt/wheels.json", "/wheelhouse"];
	const container = await makeContainer(step, builder, command, [
		`--platform=${platform}`,
		"--network=none",
		"--user=0:0",
		// Where nothing was fetched, there may be no such volume.
		...(files.length === 0 ? [] : [`--volume=${VOLUME}:/downloads:ro`]),
	]);
	await copyInto(container, "components/wheelhouse/context/.", "/mnt/");
	for (const { image: wheel } of compiled) {
		await needImage(wheel, step.signal);
		const holder = await holdImage(step, wheel, platform);
		await copyOut(holder, "/wheels", ["cp", "-", `${container}:/srv`]);
	}
	const wheels = [
		...files.map((file) => ({
			distribution: file.distribution,
			version: file.version,
			path: downloadPath(file),
			sha256: file.sha256,
		})),
		...compiled.map(({ distribution, version }) => ({
			distribution,
			version,
			path: "/srv/wheels",
		})),
	];
	const list = join(step.createFolder(), "wheels.json");
	await writeFile(list, JSON.stringify(wheels));
	await copyInto(container, list, "/mnt/wheels.json");
	await runContainer(step, container);
	const labels = { ...inputs.LABELS, [PROJECT_LABEL]: "debian-python" };
	const options = [`--platform=${platform}`, ...labelChanges(labels)];
	await copyOut(container, "/wheelhouse/.", ["import", ...options, "-", image]);
}
