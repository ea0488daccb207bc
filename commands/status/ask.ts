import { compileLine, type Plan, plans } from "../../infra/plan.ts";
import { programImages } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import { parseProfile } from "../../stacks/config-values.ts";

/** What the next run would do with a stack, or why that cannot be told. */
export type Answer =
	| { readonly plans: readonly Plan[]; readonly compile: string }
	| { readonly problem: string };

/*
 * A program of its own, since Pulumi's SDK knows one stack in a process. Its argument is the stack,
 * its result one line of JSON, an Answer, on standard output. It changes nothing.
 */
const answer = await ask(process.argv[2] ?? "").catch((error: Error) => ({
	problem: error.message,
}));
process.stdout.write(`${JSON.stringify(answer)}\n`);

async function ask(stack: string): Promise<Answer> {
	const stackConfig = readStackConfig(stack, []);
	const planned = await plans(await programImages(stack, stackConfig));
	const { project, config } = stackConfig;
	return {
		plans: planned,
		compile: compileLine(planned, parseProfile(config[`${project}:profile`] ?? "")),
	};
}
