import { onDaemon } from "../components/step/daemon.ts";
import { StepError } from "../components/step/error.ts";
import { stopController } from "../components/step/stop.ts";
import { sweep } from "../components/step/sweep.ts";
import { stackApps } from "../infra/apps.ts";
import { dockerVariables } from "../stacks/docker-hosts.ts";
import { perPlatform } from "../stacks/platforms.ts";
import type { Settings } from "../stacks/settings.ts";
import { commandLine, configOption, runCommand, stackOption } from "./command-line.ts";
import type { Run } from "./handlers.ts";
import { configuredSettings } from "./images.ts";
import { runStack } from "./program.ts";
import { Report } from "./report.ts";
import { readStackConfig } from "./stack-config.ts";
import { summary } from "./summary.ts";
import { ARTEFACTS, wantedArtefacts } from "./targets.ts";

// npm waits for a result; a shell that this was started from by hand may go.
const abort = stopController(process.env.npm_lifecycle_event ? process.ppid : undefined);

const command = commandLine(
	"npm start",
	"Build a stack's images and its Python .deb on this machine.",
)
	.addOption(stackOption)
	.addOption(configOption)
	.option(
		"--target <artefact>",
		`only this and what it needs: ${ARTEFACTS.slice(1).join(", ")}, python-SERIES and so on, app-NAME (default: all)`,
	)
	.option("--preview", "say what would be built and why, and do nothing")
	.option("--json", "print the outputs alone on standard output")
	// After an error, resources that are under way stop and clean up before this process ends.
	.action((options) =>
		build(options)
			.catch(orStopped)
			.finally(() => abort.abort()),
	);

await runCommand(command);

/** The command line's options. */
export interface Options {
	readonly stack: string;
	readonly config: readonly string[];
	readonly target?: string | undefined;
	readonly preview?: true;
	readonly json?: true;
}

/** What fails because this process is told to stop is no fault of its own. */
function orStopped(error: unknown): never {
	throw abort.signal.aborted ? new StepError("stopped") : error;
}

async function build(options: Options): Promise<void> {
	const { stack, target, preview = false } = options;
	const config = readStackConfig(stack, options.config);
	const settings = configuredSettings(stack, config);
	const wanted = target === undefined ? undefined : targetArtefacts(target, settings);
	const report = new Report();
	const run: Run = {
		report,
		preview,
		wants: (artefact) => wanted?.has(artefact) ?? true,
		signal: abort.signal,
	};
	const hosts = preview ? [] : [undefined, ...Object.values(settings.dockerHosts)];
	await Promise.all(hosts.map((host) => onDaemon(host && dockerVariables(host), sweep)));
	const outputs = await runStack(stack, config, run);
	report.line(await summary(outputs, report.rows, { preview }));
	if (options.json) process.stdout.write(`${JSON.stringify(outputs, null, 2)}\n`);
}

function targetArtefacts(target: string, settings: Settings): Set<string> {
	return wantedArtefacts(
		target,
		perPlatform(settings).map((each) => ({
			pythons: each.pythons,
			apps: stackApps(each),
			suffix: each.platformSuffix,
			...(each.compiledOn !== undefined && { compiledOn: each.compiledOn }),
		})),
	);
}
