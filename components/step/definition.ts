/*
 * A step's inputs come as environment variables, set by the command resource: data never becomes a
 * part of a command line that a shell reads. Each step declares them once, beside its script: the
 * component that sets them, the script that reads them and the local run have their types from there.
 */

/** What a variable holds, and how it is read. */
export interface Input<T> {
	/** The value of its text. */
	parse(text: string): T;
	/** Whether a step runs without it. */
	readonly isOptional?: true;
}

/** Text as it is. */
export const text: Input<string> = { parse: (value) => value };

/** A list of texts, as JSON. */
export const list: Input<readonly string[]> = { parse: (value) => JSON.parse(value) as string[] };

/** Texts by name, as JSON. */
export function record<T extends object = Readonly<Record<string, string>>>(): Input<T> {
	return { parse: (value) => JSON.parse(value) as T };
}

/** An input that may be left out. */
export function optional<T>({ parse }: Input<T>): Input<T | undefined> {
	return { parse, isOptional: true };
}

/** A step: a program of this project that a command resource runs. */
export interface StepDefinition<Inputs extends object, Result extends object> {
	/** Path of the program, from the project root. */
	readonly script: string;
	/** By the names of their variables. */
	readonly inputs: { readonly [Name in keyof Inputs]: Input<Inputs[Name]> };
	/** Never there: it has the type of what the step prints, a line of JSON. */
	readonly result?: Result;
}

/** The inputs of a step. */
export type InputsOf<Step> =
	Step extends StepDefinition<infer Inputs, infer _> ? Readonly<Inputs> : never;

/** What a step prints. */
export type ResultOf<Step> = Step extends StepDefinition<infer _, infer Result> ? Result : never;

/** Declare a step: `defineStep<Result>()(script, inputs)`. */
export function defineStep<Result extends object>() {
	return <Inputs extends object>(
		script: string,
		inputs: StepDefinition<Inputs, Result>["inputs"],
	): StepDefinition<Inputs, Result> => ({ script, inputs });
}

/**
 * The inputs of a step, from its variables.
 *
 * @throws where one is not set that the step needs: it was started by hand.
 */
export function readInputs<Inputs extends object>(
	{ inputs }: Pick<StepDefinition<Inputs, object>, "inputs">,
	environment: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Inputs> {
	const entries = Object.entries<Input<unknown>>(inputs).map(([name, { parse, isOptional }]) => {
		const value = environment[name];
		if (value !== undefined) return [name, parse(value)];
		if (isOptional) return [name, undefined];
		throw new Error(`${name} is not set: this program is run by Pulumi's command resource`);
	});
	return Object.fromEntries(entries) as Readonly<Inputs>;
}
