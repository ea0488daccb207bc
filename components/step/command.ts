import * as command from "@pulumi/command/local/index.js";
import type * as pulumi from "@pulumi/pulumi";
import { makeAgain } from "./again.ts";

/** Inputs of a step: text as it is, lists and records as JSON, what is undefined left out. */
export type StepInputs = Readonly<
	Record<string, string | readonly string[] | Readonly<Record<string, string>> | undefined>
>;

/**
 * The command resource that runs a step, which is a program of this project. Its command line is
 * constant and its inputs are environment variables, so no value ever passes through a shell; they
 * also are what a preview compares, so all that decides the result must be among them.
 *
 * @param script path of the program, from the project root.
 * @param isLost whether what it made is lost, so that it must run although no input changes.
 */
export function stepCommand(
	name: string,
	script: string,
	inputs: StepInputs,
	opts: pulumi.CustomResourceOptions,
	isLost = false,
): command.Command {
	const again = makeAgain(isLost, "environment.LOST", opts);
	const environment = Object.entries({ ...inputs, LOST: again.moment }).flatMap(([key, value]) =>
		value === undefined ? [] : [[key, typeof value === "string" ? value : JSON.stringify(value)]],
	);
	return new command.Command(
		name,
		{
			// exec: the step's parent is the one that stops it, not a shell between them.
			create: `exec node ${script}`,
			environment: Object.fromEntries(environment) as Record<string, string>,
			// The result is one line on stdout; what a person wants to see goes to stderr.
			logging: "stderr",
			// Above 128 KiB the previous output in the environment breaks the command (command#285).
			addPreviousOutputInEnv: false,
		},
		again.opts,
	);
}
