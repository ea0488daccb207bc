import * as command from "@pulumi/command/local/index.js";
import type * as pulumi from "@pulumi/pulumi";
import { makeAgain } from "./again.ts";
import type { StepDefinition } from "./definition.ts";

/**
 * The command resource that runs a step, which is a program of this project. Its command line is
 * constant and its inputs are environment variables, so no value ever passes through a shell; they
 * also are what a preview compares, so all that decides the result must be among them.
 *
 * @param isLost whether what it made is lost, so that it must run although no input changes.
 */
export function stepCommand<Inputs extends object>(
	name: string,
	step: StepDefinition<Inputs, object>,
	inputs: NoInfer<Inputs>,
	opts: pulumi.CustomResourceOptions,
	isLost = false,
): command.Command {
	const again = makeAgain(isLost, "environment.LOST", opts);
	return new command.Command(
		name,
		{
			...stepCall(step, { ...inputs, LOST: again.moment }),
			// The result is one line on stdout; what a person wants to see goes to stderr.
			logging: "stderr",
			// Above 128 KiB the previous output in the environment breaks the command (command#285).
			addPreviousOutputInEnv: false,
		},
		again.opts,
	);
}

/** How a step is run with its inputs, by a command resource or by hand. */
export function stepCall<Inputs extends object>(
	step: StepDefinition<Inputs, object>,
	inputs: NoInfer<Inputs>,
): { create: string; environment: Record<string, string> } {
	// Text as it is, lists and records as JSON, what is undefined left out.
	const environment = Object.entries(inputs as Record<string, unknown>).flatMap(([key, value]) =>
		value === undefined ? [] : [[key, typeof value === "string" ? value : JSON.stringify(value)]],
	);
	return {
		create: stepCommandLine(step),
		environment: Object.fromEntries(environment) as Record<string, string>,
	};
}

/** The command line of a step. exec: its parent is the one that stops it, not a shell between them. */
export function stepCommandLine({ script }: { readonly script: string }): string {
	return `exec node ${script}`;
}

/** What a step printed: known once it has run. */
export function stepResult<Result extends object>(
	_step: { readonly result?: Result },
	{ stdout }: command.Command,
): pulumi.Output<Result> {
	return stdout.apply((line) => JSON.parse(line) as Result);
}
