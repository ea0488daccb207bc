import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { StepError } from "../components/step/error.ts";
import { stackNames } from "../stacks/stack-repositories.ts";

/** A project key in Pulumi.yaml: only what the local run reads of it. */
interface ConfigKey {
	readonly default?: unknown;
}

/** The project's name, and the stack's config under full keys such as `debian-python:release`. */
export interface StackConfig {
	readonly project: string;
	readonly config: Record<string, string>;
}

/**
 * Read Pulumi.yaml and the stack's file as Pulumi does: defaults of the typed keys, then the stack's
 * values, then those of the command line.
 *
 * @param overrides `key=value`, as `pulumi up --config` takes them.
 * @throws StepError where the stack has no file, or an override has no `=`.
 */
export function readStackConfig(stack: string, overrides: readonly string[]): StackConfig {
	const { name: project, config: keys } = readYaml("Pulumi.yaml") as {
		name: string;
		config: Record<string, ConfigKey>;
	};
	const qualify = (key: string) => (key.includes(":") ? key : `${project}:${key}`);
	const defaults = Object.entries(keys).map(([key, { default: value }]) => [key, value]);
	const values = Object.entries(readStackFile(stack));
	const config: Record<string, string> = {};
	for (const [key, value] of [...defaults, ...values, ...overrides.map(splitOverride)]) {
		// Pulumi gives every value to the program as text; lists and objects as JSON.
		if (value === undefined || value === null) continue;
		config[qualify(String(key))] =
			typeof value === "object" ? JSON.stringify(value) : String(value);
	}
	return { project, config };
}

/**
 * The config of a stack's own file, by the keys that stand there.
 *
 * @throws StepError where the stack has no file, or it is not YAML.
 */
export function readStackFile(stack: string): Record<string, unknown> {
	const file = `Pulumi.${stack}.yaml`;
	const stacks = stackNames();
	if (!stacks.includes(stack) || !existsSync(file)) {
		throw new StepError(
			`stack ${JSON.stringify(stack)}: there is no such stack file`,
			`known: ${stacks.join(", ")}`,
		);
	}
	return (readYaml(file) as { config?: Record<string, unknown> } | null)?.config ?? {};
}

function readYaml(file: string): unknown {
	try {
		return parse(readFileSync(file, "utf8"));
	} catch (error) {
		throw new StepError(`${file} cannot be read: ${(error as Error).message.split("\n")[0]}`);
	}
}

function splitOverride(override: string): readonly [key: string, value: string] {
	const at = override.indexOf("=");
	if (at < 1)
		throw new StepError(`${JSON.stringify(override)}: there is no key`, "write key=value");
	return [override.slice(0, at), override.slice(at + 1)];
}
