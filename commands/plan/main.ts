import { readCommandLine, runCommand } from "../../local/command-line.ts";
import { ConfigError } from "../../stacks/settings.ts";
import { planText } from "./lines.ts";
import { planStack } from "./plan.ts";

const USAGE = `Say what a change of a stack would build, and what would change for its users. Nothing is changed.

usage: npm run plan -- [-s STACK] [--set KEY=VALUE]... [--json]

  -s, --stack STACK     the stack, by its file Pulumi.STACK.yaml (default: local)
      --set KEY=VALUE   a config value in place of the stack file's, such as release=trixie
      --json            print the plan as JSON
  -h, --help            this text`;

await runCommand(main);

async function main(): Promise<void> {
	const { stack, set, json, help } = readOptions();
	if (help) {
		print(USAGE);
		return;
	}
	try {
		const plan = await planStack(stack, set);
		print(json ? JSON.stringify(plan, null, 2) : planText(plan));
	} catch (error) {
		if (json && error instanceof ConfigError)
			print(JSON.stringify({ stack, problems: error.problems }, null, 2));
		throw error;
	}
}

function print(text: string): void {
	process.stdout.write(`${text}\n`);
}

function readOptions() {
	return readCommandLine("npm run plan", {
		options: {
			stack: { type: "string", short: "s", default: "local" },
			set: { type: "string", multiple: true, default: [] },
			json: { type: "boolean", default: false },
			help: { type: "boolean", short: "h", default: false },
		},
	}).values;
}
