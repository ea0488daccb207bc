import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { needImage } from "../../components/distribution/daemon.ts";
import { imageOf, type StackImage } from "../../components/image.ts";
import { type Layer, readLayers } from "../../components/sizes/layers.ts";
import {
	type Folders,
	foldersOf,
	type Ledger,
	ledgerFile,
	ownFolders,
	readLedger,
} from "../../components/sizes/ledger.ts";
import { onDaemon } from "../../components/step/daemon.ts";
import { writeWhole } from "../../components/step/file.ts";
import { commandLine, runCommand, stackOption } from "../../local/command-line.ts";
import { configuredImages, configuredSettings } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import { hasMinimal, MINIMAL } from "../../stacks/minimal.ts";
import { type PlatformSettings, perPlatform } from "../../stacks/platforms.ts";
import type { StackPython } from "../../stacks/settings.ts";
import { sizesTable } from "./table.ts";

const command = commandLine(
	"npm run sizes",
	"Write what each image of a stack weighs, by folder, to docs/sizes/STACK.json, and print what grew.",
)
	.addOption(stackOption)
	.addHelpText("after", "\nThe stack's images must be in the Docker daemon or in its registry.")
	.action(({ stack }) => writeSizes(stack));

await runCommand(command);

async function writeSizes(stack: string): Promise<void> {
	const config = readStackConfig(stack, []);
	const settings = configuredSettings(stack, config);
	const images = await configuredImages(settings, config);
	const file = ledgerFile(stack);
	const before = readLedger(file) ?? {};
	const ledger: Record<string, readonly Folders[]> = {};
	for (const platform of perPlatform(settings))
		Object.assign(ledger, measure(platform, await weigh(platform, images)));
	mkdirSync(dirname(file), { recursive: true });
	await writeWhole(file, `${JSON.stringify(ledger, null, "\t")}\n`);
	process.stdout.write(`${sizesTable(before, ledger)}\n`);
}

/** The layers of what is weighed for a platform, by artefact without its suffix. */
async function weigh(
	{ pythons, platformSuffix }: PlatformSettings,
	images: readonly StackImage[],
): Promise<ReadonlyMap<string, readonly Layer[]>> {
	const minimal = pythons.filter(hasMinimal).map(({ suffix }) => MINIMAL + suffix);
	// Another platform may have no pybuild: the first one's compiles for it.
	const hasPybuild = images.some(({ artefact }) => artefact === `pybuild${platformSuffix}`);
	const builders = hasPybuild ? ["pybuild"] : [];
	const weighed = ["debbase", ...builders, ...pythons.flatMap(artefactsOf), ...minimal];
	const layers = new Map<string, readonly Layer[]>();
	for (const artefact of weighed) {
		const { name, daemon } = imageOf(images, artefact + platformSuffix);
		await onDaemon(daemon, async () => {
			await needImage(name);
			layers.set(artefact, await readLayers(name));
		});
	}
	return layers;
}

/** What is weighed of a Python. */
function artefactsOf({ suffix }: StackPython): [python: string, wheelbuild: string] {
	return [`python${suffix}`, `wheelbuild${suffix}`];
}

/** Each layer once: with the artefact whose it is. */
function measure(
	{ pythons, platformSuffix }: PlatformSettings,
	layers: ReadonlyMap<string, readonly Layer[]>,
): Ledger {
	const layersOf = (artefact: string) => layers.get(artefact) ?? [];
	const added = (artefact: string, from: string) =>
		ownFolders(layersOf(artefact)).slice(ownFolders(layersOf(from)).length);
	const base = layersOf("debbase").filter(({ own }) => !own);
	const ledger: Ledger = {
		base: base.map(({ sizes }) => foldersOf(sizes)),
		debbase: ownFolders(layersOf("debbase")),
		...(layers.has("pybuild") && { pybuild: added("pybuild", "debbase") }),
		...Object.assign(
			{},
			...pythons.map(artefactsOf).map(([python, wheelbuild]) => ({
				[python]: added(python, "debbase"),
				[wheelbuild]: added(wheelbuild, python),
			})),
		),
		...Object.fromEntries(
			[...layers]
				.filter(([artefact]) => artefact.startsWith(MINIMAL))
				.map(([artefact, own]) => [artefact, ownFolders(own)]),
		),
	};
	return Object.fromEntries(
		Object.entries(ledger).map(([artefact, folders]) => [artefact + platformSuffix, folders]),
	);
}
