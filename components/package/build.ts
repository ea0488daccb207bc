import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { SERIES } from "../../stacks/patches/patch-set.ts";
import { needBuilder } from "../distribution/builder.ts";
import { findImage } from "../distribution/daemon.ts";
import { copyInto, holdImage, makeContainer } from "../step/container.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { DEB_SUM, docker, imageConfig, imageId, imageLabel, PROFILE_SUM } from "../step/docker.ts";
import { engineVersion } from "../step/engine-version.ts";
import { StepError } from "../step/error.ts";
import { makeFolder, PARTIAL, sha256, writeWhole } from "../step/file.ts";
import { importFiles } from "../step/imported.ts";
import { runLogged } from "../step/log.ts";
import { runStep, type Step } from "../step/step.ts";
import { CHANGED_CONTEXT, changeFolder } from "./changes.ts";
import { giveCompiled, keepCompiled, readProfile } from "./compiled.ts";
import { type Files, readPackages } from "./files.ts";
import { APPLY_CONTEXT, PATCHED, packPatches } from "./patches.ts";
import { fetchSource } from "./source.ts";
import { buildStep } from "./step.ts";
import { arePackagesWritten, sumsName } from "./written.ts";

const inputs = readInputs(buildStep);

await runStep<ResultOf<typeof buildStep>>(async (step) => {
	const { IMAGE: image } = inputs;
	if (!(await findImage(image, step.signal))) await buildPackage(step, image);
	await writeFiles(step, image);
	return { image, sha256: await imageLabel(image, DEB_SUM) };
});

async function buildPackage(step: Step, image: string): Promise<void> {
	const {
		BUILDER: builder,
		VARIABLES: variables,
		CA_BUNDLE,
		SOURCE_URL,
		RECIPE_CHANGES: changes = [],
	} = inputs;
	await needBuilder(builder, inputs.RECIPE, step.signal);
	const changed = changes.length === 0 ? undefined : changedBuild(changes);
	// What it runs is said by pybuild's Dockerfile.
	const command = changed?.command ?? (await imageConfig(builder))?.Cmd ?? [];
	const container = await makeContainer(step, builder, command, [
		`--platform=${inputs.BUILDER_PLATFORM ?? inputs.PLATFORM}`,
		`--volume=${await step.createVolume()}:/build`,
		// The one volume that stays, on purpose: a cache, which may be removed at any time.
		"--volume=debian-python-ccache:/ccache",
		...Object.entries(variables).map(([name, value]) => `--env=${name}=${value}`),
		...(changed?.options ?? []),
	]);
	await changed?.give(container);
	if (CA_BUNDLE !== undefined) await copyInto(container, CA_BUNDLE, "/build/ca-bundle.crt");
	if (SOURCE_URL !== undefined) {
		const source = await fetchSource(step, SOURCE_URL, variables.SOURCE_SHA256 ?? "");
		await copyInto(container, source, `/build/${basename(source)}`);
	}
	const { missing, hasProfile } = await giveCompiled(step, container, inputs);
	if (missing.length > 0) await refuseEmulation();
	await runLogged(step, container, inputs.LOG);
	await keepCompiled(step, container, missing, inputs);
	const profile = hasProfile ? await readProfile(container, inputs) : undefined;
	await importPackages(await readPackages(container, "/build/out"), profile, image);
}

/** PGO's training runs what is compiled: where that is emulated, for a day. */
async function refuseEmulation(): Promise<void> {
	const { PLATFORM: platform, VARIABLES: variables } = inputs;
	const { Arch = "" } = await engineVersion();
	if (variables.PROFILE === "quick" || platform.endsWith(`/${Arch}`)) return;
	throw new StepError(
		`profile ${variables.PROFILE} of ${platform} wants a machine of its own, and the Docker daemon's is of ${Arch}`,
		"compile it on one, which pushes it to the registry (npm run plan -- --jobs, docs/scale.md), or write profile: quick",
	);
}

/** How the .debs are made by a recipe that is changed, in pybuild. */
function changedBuild(changes: readonly string[]) {
	const { PATCHES: hash, PATCHES_FOLDER: folder = "" } = inputs;
	const target = "/build/changed";
	const remedy = `make it anew with npm run patch -- add, or remove its line from ${folder}/${SERIES}`;
	return {
		command: ["/bin/sh", `${target}/build`],
		options: ["--user=0:0", ...(hash === undefined ? [] : [`--env=REMEDY=${remedy}`])],
		async give(container: string): Promise<void> {
			await copyInto(container, `${CHANGED_CONTEXT}/.`, target);
			for (const change of changes)
				await copyInto(container, `${changeFolder(change)}/.`, `${target}/${change}`);
			if (hash !== undefined) await givePatches(container, folder, hash);
		},
	};
}

async function givePatches(container: string, folder: string, hash: string): Promise<void> {
	const input = await packPatches(folder, hash);
	await copyInto(container, `${APPLY_CONTEXT}/.`, PATCHED);
	await docker(["cp", "-", `${container}:/build`], { input });
}

/** The image that keeps the .debs, and what PGO's training counted. */
async function importPackages(
	files: Files,
	profile: readonly [path: string, content: Buffer] | undefined,
	image: string,
): Promise<void> {
	const deb = files.get(inputs.DEB);
	if (deb === undefined) throw new StepError(`the build left no ${inputs.DEB}`);
	const labels = {
		...inputs.LABELS,
		[DEB_SUM]: sha256(deb),
		...(profile && { [PROFILE_SUM]: `${profile[0]} ${sha256(profile[1])}` }),
		// The moving tag of the builder will lead elsewhere: this is what the provenance names.
		"debian-python.builder.id": (await imageId(inputs.BUILDER)) ?? "",
	};
	await importFiles(image, {
		platform: inputs.PLATFORM,
		labels,
		files: new Map([
			...[...files].map(([name, content]) => [`packages/${name}`, content] as const),
			...(profile === undefined ? [] : [profile]),
		]),
	});
}

/**
 * The .debs as files, each complete or not there, also when this is killed half-way. What stands
 * there already with the right sum is left alone.
 */
async function writeFiles(step: Step, image: string): Promise<void> {
	const folder = inputs.FOLDER;
	makeFolder(folder);
	for (const name of await readdir(folder)) {
		if (name.endsWith(PARTIAL)) await rm(join(folder, name), { force: true });
	}
	if (await arePackagesWritten(inputs, await imageLabel(image, DEB_SUM))) return;
	const container = await holdImage(step, image, inputs.PLATFORM);
	for (const [name, content] of await readPackages(container, "/packages")) {
		await writeWhole(join(folder, name === "SHA256SUMS" ? sumsName(inputs.DEB) : name), content);
	}
}
