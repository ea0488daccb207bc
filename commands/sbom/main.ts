import { readFile } from "node:fs/promises";
import { remoteDigest } from "../../components/distribution/daemon.ts";
import { readReferrer } from "../../components/distribution/referrers.ts";
import { registryHost } from "../../components/image-name.ts";
import type { Description } from "../../components/sbom/description.ts";
import { BOM_TYPE, PROVENANCE_TYPE } from "../../components/sbom/media-types.ts";
import { describeStep } from "../../components/sbom/step.ts";
import { stepCall } from "../../components/step/command.ts";
import { imageId } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import { stopController } from "../../components/step/stop.ts";
import { stackDescriptions } from "../../infra/images.ts";
import { commandLine, configOption, runCommand, stackOption } from "../../local/command-line.ts";
import { localCommand } from "../../local/handlers.ts";
import { configuredRepository, configuredSettings } from "../../local/images.ts";
import { withStackLock } from "../../local/lock.ts";
import { Report } from "../../local/report.ts";
import { readStackConfig } from "../../local/stack-config.ts";

const abort = stopController(undefined);

const command = commandLine(
	"npm run -s sbom",
	"Print what is in an image of a stack, as an SBOM in CycloneDX.",
)
	.addOption(stackOption)
	.addOption(configOption)
	.option(
		"--image <image>",
		"python, wheelbuild, package, or of another Python python-<series> and so on, or app-<name>",
		"python",
	)
	.option("--provenance", "print how it was made instead, as SLSA provenance")
	.action(({ stack, config, image, provenance = false }) =>
		printSbom(stack, config, image, provenance),
	);

await runCommand(command);

async function printSbom(
	stack: string,
	config: readonly string[],
	image: string,
	provenance: boolean,
): Promise<void> {
	const stackConfig = readStackConfig(stack, config);
	const settings = configuredSettings(stack, stackConfig);
	const repository = await configuredRepository(settings, stackConfig);
	const descriptions = stackDescriptions(settings, repository);
	const description = descriptions[image];
	if (description === undefined) {
		throw new StepError(
			`--image ${JSON.stringify(image)}: there is no SBOM of that`,
			`known: ${Object.keys(descriptions).join(", ")}`,
		);
	}
	const { IMAGE: name, SBOM, PROVENANCE } = description;
	if ((await imageId(name)) !== undefined) {
		await describe(stack, image, description);
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

/** Write the image's files, where they are not there. */
async function describe(stack: string, image: string, description: Description): Promise<void> {
	const run = { report: new Report(), preview: false, wants: () => true, signal: abort.signal };
	const call = stepCall(describeStep, description);
	await withStackLock(stack, run, () => localCommand(run, image, call));
}
