import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { needImage } from "../../components/distribution/daemon.ts";
import { type Layer, readLayers } from "../../components/sizes/layers.ts";
import {
	foldersOf,
	type Ledger,
	ledgerFile,
	ownFolders,
	readLedger,
} from "../../components/sizes/ledger.ts";
import { writeWhole } from "../../components/step/file.ts";
import { commandLine, runCommand, stackOption } from "../../local/command-line.ts";
import { configuredImages, configuredSettings } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import { hasMinimal, MINIMAL } from "../../stacks/minimal.ts";
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
	const suffixes = settings.pythons.map(({ suffix }) => suffix);
	const minimal = settings.pythons.filter(hasMinimal).map(({ suffix }) => MINIMAL + suffix);
	const weighed = ["debbase", "pybuild", ...suffixes.flatMap(artefactsOf), ...minimal];
	const layers = new Map<string, readonly Layer[]>();
	for (const artefact of weighed) {
		const name = images.find((image) => image.artefact === artefact)?.name ?? "";
		await needImage(name);
		layers.set(artefact, await readLayers(name));
	}
	const file = ledgerFile(stack);
	const before = readLedger(file) ?? {};
	const ledger = measure(layers, suffixes, minimal);
	mkdirSync(dirname(file), { recursive: true });
	await writeWhole(file, `${JSON.stringify(ledger, null, "\t")}\n`);
	process.stdout.write(`${sizesTable(before, ledger)}\n`);
}

/** What is weighed of a Python. */
function artefactsOf(suffix: string): [python: string, wheelbuild: string] {
	return [`python${suffix}`, `wheelbuild${suffix}`];
}

/** Each layer once: with the artefact whose it is. */
function measure(
	layers: ReadonlyMap<string, readonly Layer[]>,
	suffixes: readonly string[],
	minimal: readonly string[],
): Ledger {
	const layersOf = (artefact: string) => layers.get(artefact) ?? [];
	const added = (artefact: string, from: string) =>
		ownFolders(layersOf(artefact)).slice(ownFolders(layersOf(from)).length);
	const base = layersOf("debbase").filter(({ own }) => !own);
	return {
		base: base.map(({ sizes }) => foldersOf(sizes)),
		debbase: ownFolders(layersOf("debbase")),
		pybuild: added("pybuild", "debbase"),
		...Object.assign(
			{},
			...suffixes.map(artefactsOf).map(([python, wheelbuild]) => ({
				[python]: added(python, "debbase"),
				[wheelbuild]: added(wheelbuild, python),
			})),
		),
		...Object.fromEntries(minimal.map((artefact) => [artefact, ownFolders(layersOf(artefact))])),
	};
}
