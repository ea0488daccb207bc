import { findImage } from "../../components/distribution/daemon.ts";
import { imageOf } from "../../components/image.ts";
import { StepError } from "../../components/step/error.ts";
import { withStep } from "../../components/step/step.ts";
import { stopController } from "../../components/step/stop.ts";
import { commandLine, configOption, runCommand, stackOption } from "../../local/command-line.ts";
import { configuredImages, configuredSettings } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import type { App, AppSource } from "../../stacks/apps/app.ts";
import { readApp } from "../../stacks/apps/apps.ts";
import { quote } from "../../stacks/config-error.ts";
import { parseFolder, pathProblem } from "../../stacks/config-values.ts";
import { ConfigError } from "../../stacks/settings.ts";
import { uv } from "../../stacks/uv.ts";
import { lockApp } from "./lock.ts";

const abort = stopController(undefined);

const command = commandLine(
	"npm run lock",
	"Lock an app for a stack's Python, Debian and platform: pylock.toml, and pylock.build.toml with what builds those of its distributions that are compiled.",
)
	.usage("-- FOLDER [options]")
	.argument("<folder>", "the app's folder, from the project root")
	.addOption(stackOption)
	.addOption(configOption)
	.option("--upgrade", "take the newest versions; else those of a lock that is there stay")
	.option("--no-urls", "leave out where files are: the package index is asked for their hashes")
	.action(async (folder, { stack, config, upgrade = false, urls }) => {
		// The apps of the stack may have stale locks, or none: that is why one runs this.
		const stackConfig = readStackConfig(stack, [...config, "apps="]);
		const settings = configuredSettings(stack, stackConfig);
		const problem = pathProblem(folder);
		if (problem !== undefined)
			throw new StepError(`the folder ${quote(folder)} ${problem}`, "no stack takes it: rename it");
		const app = readApp(parseFolder(folder), { pythons: settings.pythons });
		if (Array.isArray(app)) throw new ConfigError(stack, app);
		refuseOldPython(app);
		const images = await configuredImages(settings, stackConfig);
		const image = imageOf(images, `wheelbuild${app.python.suffix}`).name;
		await needWheelbuild(image, stack);
		const args = { settings, app, image, upgrade, urls };
		const locked = await withStep(abort.signal, (step) => lockApp(step, args));
		process.stdout.write(`${summary(locked)}\n`);
	});

await runCommand(command);

function refuseOldPython({ python }: AppSource): void {
	const [, minor = ""] = python.series.series.split(".");
	if (Number(minor) < uv.oldestPython)
		throw new StepError(
			`CPython ${python.version}: uv locks for 3.${uv.oldestPython} and later alone`,
			"name another stack with -s, or another python in [tool.debian-python]",
		);
}

async function needWheelbuild(image: string, stack: string): Promise<void> {
	if (await findImage(image, abort.signal)) return;
	// Without its apps: one without a lock would keep the stack from being built.
	throw new StepError(
		`the image ${image} is not there`,
		`build it: npm start -- -s ${stack} -c apps=`,
	);
}

function summary({ folder, distributions, locals }: App): string {
	const compiled = distributions.flatMap((choice) =>
		choice.kind === "compiled" ? [`  ${choice.name} ${choice.version}: ${choice.why}`] : [],
	);
	const folders = locals.map(
		({ name, path }) => `  ${name}: the folder ${path}, built with the app`,
	);
	const count = `${folder}: ${distributions.length} distributions are locked`;
	const first = `${count}, ${compiled.length} of them compiled here`;
	return [first, ...compiled, ...folders].join("\n");
}
