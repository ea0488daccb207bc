import type { StackImage } from "../../components/image.ts";
import { compileLine, type Plan, plans } from "../../infra/plan.ts";
import type { CommandInputs, RemoteImageInputs } from "../../local/handlers.ts";
import { runProgram } from "../../local/program.ts";
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
	const images: StackImage[] = [];
	await runProgram(stack, stackConfig, async (type, _name, inputs) => {
		const image = imageOf(type, inputs);
		if (image !== undefined) images.push(image);
		// What a command prints: nobody reads these values here.
		return { ...inputs, stdout: JSON.stringify({ sha256: null }) };
	});
	const { project, config } = stackConfig;
	const planned = await plans(images);
	return {
		plans: planned,
		compile: compileLine(planned, parseProfile(config[`${project}:profile`] ?? "")),
	};
}

/** The image that a resource makes, by its labels; undefined of a resource that makes none. */
function imageOf(type: string, inputs: object): StackImage | undefined {
	switch (type) {
		case "docker:index/remoteImage:RemoteImage": {
			const { name, build } = inputs as RemoteImageInputs;
			return labelledImage(name, build.labels);
		}
		case "command:local:Command": {
			const { IMAGE = "", LABELS } = (inputs as CommandInputs).environment;
			// One that makes no image, but pushes it, gives it no labels.
			if (LABELS === undefined) return undefined;
			return labelledImage(IMAGE, JSON.parse(LABELS) as Record<string, string>);
		}
		default:
			return undefined;
	}
}

function labelledImage(name: string, labels: Readonly<Record<string, string>>): StackImage {
	return {
		name,
		key: name.slice(name.lastIndexOf("-") + 1),
		artefact: labels["debian-python.artefact"] ?? "",
		inputs: JSON.parse(labels["debian-python.inputs"] ?? "{}") as Record<string, string>,
	};
}
