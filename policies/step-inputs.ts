import type { CommandArgs } from "@pulumi/command/local/command.js";
import type { Unwrap } from "@pulumi/pulumi";
import { stepCommandLine } from "../components/step/command.ts";
import { readInputs, type StepDefinition } from "../components/step/definition.ts";

/** The inputs of a command resource, all known. */
export type CommandInputs = Unwrap<CommandArgs>;

/** The inputs of a step, where a command resource runs that step; else undefined. */
export function stepInputs<Inputs extends object>(
	step: StepDefinition<Inputs, object>,
	{ create, environment = {} }: CommandInputs,
): Readonly<Inputs> | undefined {
	return create === stepCommandLine(step) ? readInputs(step, environment) : undefined;
}
