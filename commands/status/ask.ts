import { compileLine, type Plan, plannedPythons, plans } from "../../infra/plan.ts";
import { configuredImages, configuredSettings } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";

/** What the next run would do with a stack, or why that cannot be told. */
export type Answer =
	| { readonly plans: readonly Plan[]; readonly compile: string }
	| { readonly problem: string };

/*
 * A program of its own, since a registry that never answers must not keep the others. Its argument is
 * the stack, its result one line of JSON, an Answer, on standard output. It changes nothing.
 */
const answer = await ask(process.argv[2] ?? "").catch((error: Error) => ({
	problem: error.message,
}));
process.stdout.write(`${JSON.stringify(answer)}\n`);

async function ask(stack: string): Promise<Answer> {
	const config = readStackConfig(stack, []);
	const settings = configuredSettings(stack, config);
	const planned = await plans(await configuredImages(settings, config));
	return { plans: planned, compile: compileLine(planned, plannedPythons(settings)) };
}
