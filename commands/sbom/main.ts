import { readFile } from "node:fs/promises";
import { registryHost } from "../../components/image-name.ts";
import { BOM_TYPE, PROVENANCE_TYPE } from "../../components/sbom/media-types.ts";
import { readReferrer } from "../../components/sbom/referrers.ts";
import { describeStep } from "../../components/sbom/step.ts";
import { stepCommandLine } from "../../components/step/command.ts";
import { readInputs } from "../../components/step/definition.ts";
import { imageId } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import { remoteDigest } from "../../components/step/registry.ts";
import { stopController } from "../../components/step/stop.ts";
import { commandLine, configOption, runCommand, stackOption } from "../../local/command-line.ts";
import { type CommandInputs, localCommand } from "../../local/handlers.ts";
import { withStackLock } from "../../local/lock.ts";
import { runProgram } from "../../local/program.ts";
import { Report } from "../../local/report.ts";
import { readStackConfig } from "../../local/stack-config.ts";

const IMAGES = ["python", "wheelbuild", "package"];

const abort = stopController(undefined);

const command = commandLine(
	"npm run -s sbom",
	"Print what is in an image of a stack, as an SBOM in CycloneDX.",
)
	.addOption(stackOption)
	.addOption(configOption)
	.option("--image <image>", IMAGES.join(", "), "python")
	.option("--provenance", "print how it was made instead, as SLSA provenance")
	.action(({ stack, config, image, provenance = false }) => {
		if (IMAGES.includes(image)) return printSbom(stack, config, image, provenance);
		throw new StepError(
			`--image ${JSON.stringify(image)}: there is no SBOM of that`,
			`known: ${IMAGES.join(", ")}`,
		);
	});

await runCommand(command);

async function printSbom(
	stack: string,
	config: readonly string[],
	image: string,
	provenance: boolean,
): Promise<void> {
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
		const { create } = inputs as Partial<CommandInputs>;
		if (create === stepCommandLine(describeStep))
			found.set(name.split("-")[0] ?? name, inputs as CommandInputs);
		return Promise.resolve({ ...inputs, stdout: "{}" });
	});
	const describing = found.get(image);
	if (describing === undefined) throw new Error(`the program describes no ${image}`);
	return describing;
}

/** Write the image's files, where they are not there. */
async function describe(stack: string, image: string, inputs: CommandInputs): Promise<void> {
	const run = { report: new Report(), preview: false, wants: () => true, signal: abort.signal };
	await withStackLock(stack, run, () => localCommand(run, image, inputs));
}
