import { Command, CommanderError, Option } from "@commander-js/extra-typings";
import { StepError } from "../components/step/error.ts";
import { fail } from "../components/step/failure.ts";

/** Who reads standard output may have enough before its end, as head(1) has. */
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) =>
	process.exit(code === "EPIPE" ? 0 : 1),
);

/** The stack that a command is about. */
export const stackOption = new Option(
	"-s, --stack <stack>",
	"the stack, by its file Pulumi.STACK.yaml",
).default("local");

/** Values in place of the stack file's, by Pulumi's own name for that. */
export const configOption = valuesOption(
	"-c, --config <key=value>",
	"a config value in place of the stack file's; may be repeated",
);

/** An option that may be given several times. */
export function valuesOption<const Flags extends string>(flags: Flags, description: string) {
	const collect = (value: string, values: readonly string[]) => [...values, value];
	return new Option(flags, description).argParser(collect).default([] as readonly string[], "none");
}

/**
 * A command of this project.
 *
 * @param start how it is started, such as `npm start`.
 * @param summary what it does, in a sentence.
 */
export function commandLine(start: string, summary: string) {
	return new Command(start)
		.usage("-- [options]")
		.description(summary)
		.allowExcessArguments(false)
		.exitOverride()
		.configureOutput({ outputError: () => {} });
}

/**
 * Do the work of a command: what it throws is one line on standard error.
 *
 * @param status exit status then.
 */
export async function runCommand(
	command: {
		name(): string;
		parseAsync(): Promise<unknown>;
	},
	status = 1,
): Promise<void> {
	try {
		await command.parseAsync();
	} catch (error) {
		// It has printed its help.
		if (error instanceof CommanderError && error.exitCode === 0) return;
		fail(error instanceof CommanderError ? misuse(error, command.name()) : error);
		process.exitCode = status;
	}
}

function misuse({ message }: CommanderError, start: string): StepError {
	const line = message.replace("error: ", "").replaceAll("\n", " ");
	return new StepError(line.charAt(0).toUpperCase() + line.slice(1), `see ${start} -- --help`);
}
