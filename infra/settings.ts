import * as pulumi from "@pulumi/pulumi";
import { ConfigError, readSettings, type Settings } from "../stacks/settings.ts";

/**
 * The settings of this stack, from its config.
 *
 * @throws RunError with every problem of the config: Pulumi shows its message without a stack trace.
 */
export function stackSettings(): Settings {
	const project = pulumi.getProject();
	// Pulumi accepts keys that it does not know, so all of the project's are looked at.
	const own = Object.entries(pulumi.runtime.allConfig()).flatMap(([name, value]) =>
		name.startsWith(`${project}:`) ? [[name.slice(project.length + 1), value]] : [],
	);
	try {
		return readSettings(Object.fromEntries(own) as Record<string, string>, {
			project,
			stack: pulumi.getStack(),
			today: new Date(),
		});
	} catch (error) {
		if (error instanceof ConfigError) throw new pulumi.RunError(error.message);
		throw error;
	}
}
