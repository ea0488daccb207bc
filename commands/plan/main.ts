import { commandLine, runCommand, stackOption, valuesOption } from "../../local/command-line.ts";
import { ConfigError } from "../../stacks/settings.ts";
import { productionStacks } from "../../stacks/stack-repositories.ts";
import { compileJobs, jobsMatrix, jobsText } from "./jobs.ts";
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
	.option(
		"--jobs",
		"list what must be compiled, of all stacks but local where none is given; with --json as a matrix for GitHub Actions",
	)
	.option("--json", "print the plan as JSON")
	.action(async ({ stack, set, json, jobs }, command) => {
		if (jobs) {
			const isGiven = command.getOptionValueSource("stack") !== "default";
			return printJobs(isGiven ? [stack] : productionStacks(), set, json);
		}
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

async function printJobs(stacks: readonly string[], sets: readonly string[], json?: true) {
	const jobs = await compileJobs(stacks, sets);
	// In one line, which is what a workflow can take as an output.
	print(json ? JSON.stringify(jobsMatrix(jobs)) : jobsText(jobs));
}

function print(text: string): void {
	process.stdout.write(`${text}\n`);
}
