import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { needImage } from "../../components/distribution/daemon.ts";
import { readLayers } from "../../components/sizes/layers.ts";
import {
	type Folders,
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
import { sizesTable } from "./table.ts";

/** What is weighed. */
const ARTEFACTS = ["debbase", "pybuild", "python", "wheelbuild"] as const;

const command = commandLine(
	"npm run sizes",
	"Write what each image of a stack weighs, by folder, to docs/sizes/STACK.json, and print what grew.",
)
	.addOption(stackOption)
	.addHelpText("after", "\nThe stack's images must be in the Docker daemon or in its registry.")
	.action(({ stack }) => writeSizes(stack));

await runCommand(command);

async function writeSizes(stack: string): Promise<void> {
	const images = await imageNames(stack);
	for (const artefact of ARTEFACTS) await needImage(images[artefact]);
	const file = ledgerFile(stack);
	const before = readLedger(file) ?? {};
	const ledger = await measure(images);
	mkdirSync(dirname(file), { recursive: true });
	await writeWhole(file, `${JSON.stringify(ledger, null, "\t")}\n`);
	process.stdout.write(`${sizesTable(before, ledger)}\n`);
}

/** The names of a stack's images. */
type Images = Readonly<Record<(typeof ARTEFACTS)[number], string>>;

async function imageNames(stack: string): Promise<Images> {
	const config = readStackConfig(stack, []);
	const images = await configuredImages(configuredSettings(stack, config), config);
	return Object.fromEntries(images.map(({ artefact, name }) => [artefact, name])) as Images;
}

/** Each layer once: with the artefact whose it is. */
async function measure({ debbase, pybuild, python, wheelbuild }: Images): Promise<Ledger> {
	const layers = await readLayers(debbase);
	const base = layers.filter(({ own }) => !own).map(({ sizes }) => foldersOf(sizes));
	const [libraries, build, runtime, wheels] = [
		ownFolders(layers),
		ownFolders(await readLayers(pybuild)),
		ownFolders(await readLayers(python)),
		ownFolders(await readLayers(wheelbuild)),
	];
	return {
		base,
		debbase: libraries,
		pybuild: added(libraries, build),
		python: added(libraries, runtime),
		wheelbuild: added(runtime, wheels),
	};
}

function added(from: readonly Folders[], image: readonly Folders[]): readonly Folders[] {
	return image.slice(from.length);
}
