import { readFile } from "node:fs/promises";
import { registryHost } from "../../components/image-name.ts";
import { BOM_TYPE, PROVENANCE_TYPE } from "../../components/sbom/media-types.ts";
import { readReferrer } from "../../components/sbom/referrers.ts";
import { describeStep } from "../../components/sbom/step.ts";
import { commandLine } from "../../components/step/command.ts";
import { readInputs } from "../../components/step/definition.ts";
import { imageId } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import { remoteDigest } from "../../components/step/registry.ts";
import { readCommandLine, runCommand } from "../../local/command-line.ts";
import { type CommandInputs, localCommand } from "../../local/handlers.ts";
import { withStackLock } from "../../local/lock.ts";
import { runProgram } from "../../local/program.ts";
import { Report } from "../../local/report.ts";
import { readStackConfig } from "../../local/stack-config.ts";

const IMAGES = ["python", "wheelbuild", "package"];

const USAGE = `Print what is in an image of a stack, as an SBOM in CycloneDX.

usage: npm run -s sbom -- [-s STACK] [-c KEY=VALUE]... [--image IMAGE] [--provenance]

  -s, --stack STACK     the stack, by its file Pulumi.STACK.yaml (default: local)
  -c, --config KEY=VALUE
                        a config value in place of the stack file's
      --image IMAGE     ${IMAGES.join(", ")} (default: python)
      --provenance      print how it was made instead, as SLSA provenance
  -h, --help            this text`;

const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
	process.on(signal, () => abort.abort());

await runCommand(main);

async function main(): Promise<void> {
	const { stack, config, image, provenance, help } = readOptions();
	if (help) {
		process.stdout.write(`${USAGE}\n`);
		return;
	}
	const inputs = await describingCommand(stack, config, image);
	const { IMAGE: name, SBOM, PROVENANCE } = readInputs(describeStep, inputs.environment);
	if ((await imageId(name)) !== undefined) {
		await describe(stack, image, inputs);
		process.stdout.write(await readFile(provenance ? PROVENANCE : SBOM));
		return;
	}
	const digest = registryHost(name) === undefined ? undefined : await remoteDigest(name);
	if (digest === undefined) {
		const place = registryHost(name) === undefined ? "" : " nor in its registry";
		throw new StepError(
			`the image ${name} is not in the Docker daemon${place}`,
			`build it: npm start -- -s ${stack}`,
		);
	}
	const type = provenance ? PROVENANCE_TYPE : BOM_TYPE;
	const content = await readReferrer(name, digest, type);
	if (content === undefined) {
		throw new StepError(
			`${name} has no ${type} attached in its registry`,
			`to make it from the image: docker pull ${name}, then run again`,
		);
	}
	process.stdout.write(content);
}

/** The command that describes an image, as the stack's program has it; nothing is made for that. */
async function describingCommand(
	stack: string,
	overrides: readonly string[],
	image: string,
): Promise<CommandInputs> {
	const found = new Map<string, CommandInputs>();
	await runProgram(stack, readStackConfig(stack, overrides), (_, name, inputs) => {
		const command = inputs as Partial<CommandInputs>;
		if (command.create === commandLine(describeStep))
			found.set(name.split("-")[0] ?? name, inputs as CommandInputs);
		return Promise.resolve({ ...inputs, stdout: "{}" });
	});
	const command = found.get(image);
	if (command === undefined) throw new Error(`the program describes no ${image}`);
	return command;
}

/** Write the image's files, where they are not there. */
async function describe(stack: string, image: string, inputs: CommandInputs): Promise<void> {
	const run = { report: new Report(), preview: false, wants: () => true, signal: abort.signal };
	await withStackLock(stack, run, () => localCommand(run, image, inputs));
}

function readOptions() {
	const values = parseOptions();
	if (!IMAGES.includes(values.image)) {
		throw new StepError(
			`--image ${JSON.stringify(values.image)}: there is no SBOM of that`,
			`known: ${IMAGES.join(", ")}`,
		);
	}
	return values;
}

function parseOptions() {
	return readCommandLine("npm run -s sbom", {
		options: {
			stack: { type: "string", short: "s", default: "local" },
			config: { type: "string", short: "c", multiple: true, default: [] },
			image: { type: "string", default: "python" },
			provenance: { type: "boolean", default: false },
			help: { type: "boolean", short: "h", default: false },
		},
	}).values;
}
