import { readCommandLine } from "../../local/command-line.ts";
import { errorLine } from "../../local/error-line.ts";
import { ConfigError } from "../../stacks/settings.ts";
import { planText } from "./lines.ts";
import { planStack } from "./plan.ts";

const USAGE = `Say what a change of a stack would build, and what would change for its users. Nothing is changed.

usage: npm run plan -- [-s STACK] [--set KEY=VALUE]... [--json]

  -s, --stack STACK     the stack, by its file Pulumi.STACK.yaml (default: local)
      --set KEY=VALUE   a config value in place of the stack file's, such as release=trixie
      --json            print the plan as JSON
  -h, --help            this text`;

const options = { stack: "local", set: [] as string[], json: false, help: false };

try {
	Object.assign(options, readOptions());
	if (options.help) process.stdout.write(`${USAGE}\n`);
	else await main();
} catch (error) {
	process.stderr.write(`error: ${errorLine(error)}\n`);
	if (options.json && error instanceof ConfigError)
		print(JSON.stringify({ stack: options.stack, problems: error.problems }, null, 2));
	process.exitCode = 1;
}

async function main(): Promise<void> {
	const plan = await planStack(options.stack, options.set);
	print(options.json ? JSON.stringify(plan, null, 2) : planText(plan));
}

function print(text: string): void {
	process.stdout.write(`${text}\n`);
}

function readOptions() {
	return readCommandLine("npm run plan", {
		options: {
			stack: { type: "string", short: "s" },
			set: { type: "string", multiple: true },
			json: { type: "boolean" },
			help: { type: "boolean", short: "h" },
		},
	}).values;
}
