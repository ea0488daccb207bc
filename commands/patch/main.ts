import { posix } from "node:path";
import { imageOf } from "../../components/image.ts";
import { StepError } from "../../components/step/error.ts";
import { makeFolder, writeWhole } from "../../components/step/file.ts";
import { withStep } from "../../components/step/step.ts";
import { stopController } from "../../components/step/stop.ts";
import { stackImages } from "../../infra/images.ts";
import { commandLine, runCommand, stackOption } from "../../local/command-line.ts";
import { configuredRepository } from "../../local/images.ts";
import { SERIES } from "../../stacks/patches/patch-set.ts";
import { type LoadedPatch, type PatchPlace, patchPlace } from "./place.ts";
import { placeIn, refresh } from "./refresh.ts";
import { newPatch } from "./source.ts";
import { testPatch } from "./test.ts";
import { addedText, noCompile, testedText } from "./words.ts";

const abort = stopController(undefined);

const command = commandLine(
	"npm run patch",
	"Bring a fix of CPython into a stack's patches, and run the tests that patches bring along.",
).usage("-- add|test [options]");

const pythonOption = [
	"--python <series>",
	"which of the stack's Pythons; the first by default",
] as const;

command
	.command("add")
	.description(
		"Bring in a patch, fitted to the stack's source, once its own tests fail without it and pass with it.",
	)
	.argument("<commit-or-file>", "a commit of python/cpython, or a file that git format-patch wrote")
	.addOption(stackOption)
	.option(...pythonOption)
	.action(async (source, { stack, python }) => {
		const place = await locate(stack, python);
		const patch = await newPatch(source);
		const { before, after } = placeIn(place.patches, patch);
		const { added, result } = await withStep(abort.signal, async (step) => {
			const added = await refresh(step, place, { image: place.image, before, patch });
			return { added, result: await testPatch(step, place, { before, tested: added, after }) };
		});
		await write(place, [...before, added, ...after], added);
		print(addedText(place, added, result));
	});

command
	.command("test")
	.description(
		"Run the tests that patches bring along: each must fail without its patch and pass with it.",
	)
	.argument("[patch...]", "names in the series; all by default")
	.addOption(stackOption)
	.option(...pythonOption)
	.action(async (names, { stack, python }) => {
		const place = await locate(stack, python);
		refuseUnknown(place, names);
		for (const [index, tested] of place.patches.entries()) {
			if (names.length > 0 && !names.includes(tested.patch.name)) continue;
			const patches = {
				...{ before: place.patches.slice(0, index), tested },
				after: place.patches.slice(index + 1),
			};
			const result = await withStep(abort.signal, (step) => testPatch(step, place, patches));
			if (result === "no compile") throw noCompile(place, tested);
			print(testedText(tested, result));
		}
	});

await runCommand(command);

/** Where the patches are, and the images that are needed for them. */
async function locate(stack: string, series: string | undefined) {
	const place = patchPlace(stack, series);
	const repository = await configuredRepository(place.settings, place.config);
	const images = stackImages(place.settings, repository);
	return { ...place, repository, image: imageOf(images, "pybuild").name };
}

/** A test of nothing is none that passes. */
function refuseUnknown({ folder, patches }: PatchPlace, names: readonly string[]): void {
	const known = patches.map(({ patch }) => patch.name);
	if (known.length === 0)
		throw new StepError(`${folder} has no patches`, "npm run patch -- add brings one in");
	const unknown = names.find((name) => !known.includes(name));
	if (unknown !== undefined)
		throw new StepError(
			`${folder}/${SERIES} has no ${unknown}`,
			`write one of ${known.join(", ")}`,
		);
}

/** The patch before the series, which then names what is there at any moment. */
async function write(
	{ folder }: PatchPlace,
	patches: readonly LoadedPatch[],
	{ patch, content }: LoadedPatch,
): Promise<void> {
	makeFolder(folder);
	await writeWhole(posix.join(folder, patch.name), content);
	const series = patches.map((each) => `${each.patch.name}\n`).join("");
	await writeWhole(posix.join(folder, SERIES), series);
}

function print(text: string): void {
	process.stdout.write(`${text}\n`);
}
