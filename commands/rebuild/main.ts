import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { registryHost } from "../../components/image-name.ts";
import { docker } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import { readImage } from "../../components/step/saved-image.ts";
import { type Step, withStep } from "../../components/step/step.ts";
import { stopController } from "../../components/step/stop.ts";
import { commandLine, configOption, runCommand } from "../../local/command-line.ts";
import { section } from "../../local/text.ts";
import { build, findOrigin } from "./build.ts";
import { checkOut } from "./checkout.ts";
import { imageDifference, readLayer } from "./compare.ts";
import { withEmptyDaemon } from "./daemon.ts";
import { giveProfile } from "./profile.ts";
import { commitIn, readDependencies, readLayers, readPublished } from "./published.ts";

const abort = stopController(process.env.npm_lifecycle_event ? process.ppid : undefined);

const command = commandLine(
	"npm run rebuild",
	"Make a published image again, of nothing but its commit, and say whether it is equal.",
)
	.usage("-- IMAGE [options]")
	.argument("<image>", "name of the image, with its registry and a tag or a digest")
	.option("--commit <commit>", "the commit that made it (default: that of its provenance)")
	.option("-s, --stack <stack>", "the stack that made it (default: the one with its key)")
	.addOption(configOption)
	.action(async (image, options) => {
		if (registryHost(image) === undefined)
			throw new StepError(`${image} has no registry`, "write its whole name, HOST/NAME:TAG");
		const difference = await withStep(abort.signal, (step) => rebuild(step, image, options));
		if (difference !== undefined) process.exitCode = 1;
		process.stdout.write(difference === undefined ? "equal\n" : `differs: ${difference}\n`);
	});

// As cmp(1) and diff(1) have it: 1 is for what differs.
await runCommand(command, 2);

interface Options {
	readonly commit?: string | undefined;
	readonly stack?: string | undefined;
	readonly config: readonly string[];
}

/** What differs; undefined where nothing does. */
async function rebuild(
	step: Step,
	image: string,
	{ commit: given, stack, config }: Options,
): Promise<string | undefined> {
	const architecture = await docker(["version", "--format", "{{.Server.Arch}}"]);
	const published = await readPublished(image, architecture);
	const commit = given ?? commitIn(await readDependencies(published));
	if (commit === undefined)
		throw new StepError(`no provenance of ${image} names the commit that made it`, "give --commit");
	const folder = join(step.createFolder(), "checkout");
	mkdirSync(folder);
	await checkOut(commit, folder, step.signal);
	const checkout = { folder, stack, config, signal: step.signal };
	const origin = await findOrigin(checkout, published.key);
	say(image, [
		["digest", published.digest],
		["commit", commit],
		["made by", `npm start -- --stack ${origin.stack} --target ${origin.artefact}`],
	]);
	return withEmptyDaemon(step, async () => {
		await giveProfile(published, architecture, origin.stack);
		const name = await build(checkout, origin, published.key);
		step.progress("compare");
		const layers = await readLayers(published);
		const again = await readImage(name, readLayer);
		return imageDifference({ config: published.config, layers }, again);
	});
}

function say(...args: Parameters<typeof section>): void {
	process.stdout.write(`${section(...args).join("\n")}\n`);
}
