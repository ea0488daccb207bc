import { StepError } from "../../components/step/error.ts";
import { stopController } from "../../components/step/stop.ts";
import { stackDescriptions } from "../../infra/images.ts";
import { commandLine, configOption, runCommand, stackOption } from "../../local/command-line.ts";
import { configuredRepository, configuredSettings } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import { readDocument } from "./read.ts";

const abort = stopController(undefined);

const command = commandLine(
	"npm run -s sbom",
	"Print what is in an image of a stack, as an SBOM in CycloneDX.",
)
	.addOption(stackOption)
	.addOption(configOption)
	.option(
		"--image <image>",
		"python, wheelbuild, package, minimal, or of another Python python-<series> and so on, or app-<name>",
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
	const described = { stack, artefact: image, description };
	const document = provenance ? "PROVENANCE" : "SBOM";
	process.stdout.write(await readDocument(described, document, abort.signal));
}
