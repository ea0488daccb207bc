import { commandLine, runCommand, stackOption, valuesOption } from "../../local/command-line.ts";
import { ConfigError } from "../../stacks/settings.ts";
import { planText } from "./lines.ts";
import { planStack } from "./plan.ts";

const command = commandLine(
	"npm run plan",
	"Say what a change of a stack would build, and what would change for its users. Nothing is changed.",
)
	.addOption(stackOption)
	.addOption(
		valuesOption(
			"--set <key=value>",
			"a config value in place of the stack file's, such as release=trixie; may be repeated",
		),
	)
	.option("--json", "print the plan as JSON")
	.action(async ({ stack, set, json }) => {
		try {
			const plan = await planStack(stack, set);
			print(json ? JSON.stringify(plan, null, 2) : planText(plan));
		} catch (error) {
			if (json && error instanceof ConfigError)
				print(JSON.stringify({ stack, problems: error.problems }, null, 2));
			throw error;
		}
	});

await runCommand(command);

function print(text: string): void {
	process.stdout.write(`${text}\n`);
}
