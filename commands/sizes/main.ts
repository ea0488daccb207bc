import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
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
import { needImage } from "../../components/step/registry.ts";
import { readCommandLine, runCommand } from "../../local/command-line.ts";
import { configuredImages, configuredSettings } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import { sizesTable } from "./table.ts";

/** What is weighed. */
const ARTEFACTS = ["debbase", "pybuild", "python", "wheelbuild"] as const;

const USAGE = `Write what each image of a stack weighs, by folder, to docs/sizes/STACK.json, and print what grew.

usage: npm run sizes -- [-s STACK]

  -s, --stack STACK     the stack, by its file Pulumi.STACK.yaml (default: local)
  -h, --help            this text

The stack's images must be in the Docker daemon or in its registry.`;

await runCommand(main);

async function main(): Promise<void> {
	const { stack, help } = readOptions();
	if (help) {
		process.stdout.write(`${USAGE}\n`);
		return;
	}
	const images = await imageNames(stack);
	for (const artefact of ARTEFACTS) await needImage(images[artefact]);
	const file = ledgerFile(stack);
	const before = readLedger(file) ?? {};
	const ledger = await measure(images);
	mkdirSync(dirname(file), { recursive: true });
	await writeWhole(file, `${JSON.stringify(ledger, null, "\t")}\n`);
	process.stdout.write(`${sizesTable(before, ledger)}\n`);
}

function readOptions() {
	return readCommandLine("npm run sizes", {
		options: {
			stack: { type: "string", short: "s", default: "local" },
			help: { type: "boolean", short: "h", default: false },
		},
	}).values;
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
