import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import pMap from "p-map";
import { findImage, needImage } from "../distribution/daemon.ts";
import { downloadPath, fetchFiles, VOLUME } from "../downloads/downloads.ts";
import { copyInto, copyOut, holdImage, makeContainer, runContainer } from "../step/container.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { docker, PROJECT_LABEL } from "../step/docker.ts";
import { loadLayers } from "../step/layers.ts";
import { runStep, type Step } from "../step/step.ts";
import { CONTEXT, wheelhouseStep } from "./step.ts";

const inputs = readInputs(wheelhouseStep);

/** Where the container has a folder for each layer. */
const FOLDER = "/wheelhouse";

await runStep<ResultOf<typeof wheelhouseStep>>(async (step) => {
	const { IMAGE: image } = inputs;
	if (!(await findImage(image, step.signal))) await gather(step, image);
	return { image };
});

/** Lay out the layers in a container, whose Python knows hashes and wheels, and import them from there. */
async function gather(step: Step, image: string): Promise<void> {
	const { BUILDER: builder, PLATFORM: platform, DOWNLOADED: files, COMPILED: compiled } = inputs;
	await needImage(builder, step.signal);
	await fetchFiles(step, {
		image: builder,
		platform,
		files,
		caBundle: inputs.CA_BUNDLE,
	});
	const command = ["python3", "-I", "-B", "/mnt/gather.py", "/mnt/wheels.json", FOLDER];
	const container = await makeContainer(step, builder, command, [
		`--platform=${platform}`,
		"--network=none",
		"--user=0:0",
		// Where nothing was fetched, there may be no such volume.
		...(files.length === 0 ? [] : [`--volume=${VOLUME}:/downloads:ro`]),
	]);
	await copyInto(container, `${CONTEXT}/.`, "/mnt/");
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
	let count = 0;
	await runContainer(step, container, (line) => {
		count = Number(/^layers: (\d+)$/.exec(line)?.[1] ?? count);
		process.stderr.write(`${line}\n`);
	});
	await loadFolders(step, image, { container, count });
}

/** Make an image from scratch whose layers are a container's folders. */
async function loadFolders(
	step: Step,
	image: string,
	{ container, count }: { readonly container: string; readonly count: number },
): Promise<void> {
	const folder = step.createFolder();
	const layers = Array.from({ length: count }, (_, layer) => `${layer}.tar`);
	await pMap(
		layers.entries(),
		([layer, file]) =>
			docker(["cp", `${container}:${FOLDER}/${layer}/.`, "-"], {
				stdout: { file: join(folder, file) },
				cancelSignal: step.signal,
			}),
		{ concurrency: 4 },
	);
	await loadLayers(step, image, {
		...{ folder, layers, created: new Date(0), comment: "wheelhouse" },
		platform: inputs.PLATFORM,
		config: { Labels: { ...inputs.LABELS, [PROJECT_LABEL]: "debian-python" } },
	});
}
