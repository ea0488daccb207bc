/*
 * A step's inputs come as environment variables, set by the command resource: data never becomes a
 * part of a command line that a shell reads.
 */

/**
 * A variable that the step needs.
 *
 * @throws where it is not set and has no default: a step was started by hand.
 */
export function environment(name: string, fallback?: string): string {
	const value = process.env[name] ?? fallback;
	if (value === undefined)
		throw new Error(`${name} is not set: this program is run by Pulumi's command resource`);
	return value;
}

/** A variable that holds a JSON object of strings. */
export function environmentRecord(name: string): Record<string, string> {
	return JSON.parse(environment(name)) as Record<string, string>;
}

/** A variable that holds a JSON list of strings. */
export function environmentList(name: string): string[] {
	return JSON.parse(environment(name)) as string[];
}
