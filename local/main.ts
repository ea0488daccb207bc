import { StepError } from "../components/step/error.ts";
import { stopController } from "../components/step/stop.ts";
import { sweep } from "../components/step/sweep.ts";
import { readCommandLine, runCommand } from "./command-line.ts";
import type { Run } from "./handlers.ts";
import { runStack } from "./program.ts";
import { Report } from "./report.ts";
import { readStackConfig } from "./stack-config.ts";
import { summary } from "./summary.ts";

/** The artefacts in the order in which they need each other. */
const ARTEFACTS = ["base", "debbase", "pybuild", "package", "python", "wheelbuild"];

const USAGE = `Build a stack's images and its Python .deb on this machine.

usage: npm start -- [-s STACK] [-c KEY=VALUE]... [--target ARTEFACT] [--preview] [--json]

  -s, --stack STACK     the stack, by its file Pulumi.STACK.yaml (default: local)
  -c, --config KEY=VALUE
                        a config value in place of the stack file's
      --target ARTEFACT only this and what it needs: ${ARTEFACTS.slice(1).join(", ")}
      --preview         say what would be built and why, and do nothing
      --json            print the outputs alone on standard output
  -h, --help            this text`;

// npm waits for a result; a shell that this was started from by hand may go.
const abort = stopController(process.env.npm_lifecycle_event ? process.ppid : undefined);

// After an error, resources that are under way stop and clean up before this process ends.
await runCommand(() => main().finally(() => abort.abort()));

async function main(): Promise<void> {
	const options = readOptions();
	if (options.help) {
		process.stdout.write(`${USAGE}\n`);
		return;
	}
	const report = new Report();
	const run: Run = {
		report,
		preview: options.preview,
		wants: (artefact) => ARTEFACTS.indexOf(artefact) <= ARTEFACTS.indexOf(options.target),
		signal: abort.signal,
	};
	const config = readStackConfig(options.stack, options.config);
	if (!options.preview) await sweep();
	const outputs = await runStack(options.stack, config, run);
	const text = await summary(outputs, report.rows, options);
	report.line(text);
	if (options.json) process.stdout.write(`${JSON.stringify(outputs, null, 2)}\n`);
}

/** The command line's options. */
export interface Options {
	readonly stack: string;
	readonly config: readonly string[];
	readonly target: string;
	readonly preview: boolean;
	readonly json: boolean;
	readonly help: boolean;
}

function readOptions(): Options {
	const { values } = parseOptions();
	if (!ARTEFACTS.slice(1).includes(values.target)) {
		throw new StepError(
			`--target ${JSON.stringify(values.target)}: there is no such artefact`,
			`known: ${ARTEFACTS.slice(1).join(", ")}`,
		);
	}
	return values;
}

function parseOptions() {
	return readCommandLine("npm start", {
		options: {
			stack: { type: "string", short: "s", default: "local" },
			config: { type: "string", short: "c", multiple: true, default: [] },
			target: { type: "string", default: "wheelbuild" },
			preview: { type: "boolean", default: false },
			json: { type: "boolean", default: false },
			help: { type: "boolean", short: "h", default: false },
		},
	});
}
