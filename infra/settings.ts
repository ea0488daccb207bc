import * as pulumi from "@pulumi/pulumi";
import { ConfigError, readSettings, type Settings } from "../stacks/settings.ts";

/**
 * The settings of this stack, from its config.
 *
 * @throws RunError with every problem of the config: Pulumi shows its message without a stack trace.
 */
export function stackSettings(): Settings {
	const project = pulumi.getProject();
	try {
		return readSettings(ownValues(project, pulumi.runtime.allConfig()), {
			project,
			stack: pulumi.getStack(),
			today: new Date(),
		});
	} catch (error) {
		if (error instanceof ConfigError) throw new pulumi.RunError(error.message);
		throw error;
	}
}

/**
 * The config of the project itself, by key without the project's name. Pulumi accepts keys that it
 * does not know, so all are there.
 */
export function ownValues(
	project: string,
	config: Readonly<Record<string, string>>,
): Record<string, string> {
	const own = Object.entries(config).flatMap(([name, value]) =>
		name.startsWith(`${project}:`) ? [[name.slice(project.length + 1), value]] : [],
	);
	return Object.fromEntries(own) as Record<string, string>;
}
