import { imageOf, type StackImage } from "../components/image.ts";
import type { CommandInputs, RemoteImageInputs } from "./handlers.ts";
import { runProgram } from "./program.ts";
import type { StackConfig } from "./stack-config.ts";

/**
 * The images that the program would make of a config, in the order in which they need each other.
 * The program runs, and nothing is made.
 *
 * @throws what the program throws, such as RunError.
 */
export async function programImages(stack: string, config: StackConfig): Promise<StackImage[]> {
	const images: StackImage[] = [];
	await quietly(() =>
		runProgram(stack, config, async (type, _, inputs) => {
			images.push(...imagesOf(type, inputs));
			// The package's sum is read from what its command prints.
			return { ...inputs, stdout: "{}" };
		}),
	);
	return images;
}

/** Without Pulumi's engine its warnings go to the console; who asks for images has them already. */
async function quietly(work: () => Promise<unknown>): Promise<void> {
	const { warn } = console;
	console.warn = () => {};
	try {
		await work();
	} finally {
		console.warn = warn;
	}
}

function imagesOf(type: string, inputs: object): StackImage[] {
	if (type === "docker:index/remoteImage:RemoteImage") {
		const { name, build } = inputs as RemoteImageInputs;
		return [imageOf(name, build.labels)];
	}
	if (type === "command:local:Command") {
		const { IMAGE = "", LABELS, COMPILED } = (inputs as CommandInputs).environment;
		// One that only pushes an image gives it no labels.
		if (LABELS === undefined) return [];
		const image = imageOf(IMAGE, JSON.parse(LABELS) as Record<string, string>);
		return [COMPILED === undefined ? image : { ...image, compiled: COMPILED }];
	}
	return [];
}
