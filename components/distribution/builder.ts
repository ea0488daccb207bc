import { imageLabel } from "../step/docker.ts";
import { StepError } from "../step/error.ts";
import { needImage } from "./daemon.ts";

/**
 * Make sure that the daemon has an image that compiles. Its tag moves with each base: what must not
 * differ is the recipe inside.
 *
 * @param recipe the key that the image's label must have.
 * @throws StepError where it is not there, or another one.
 */
export async function needBuilder(
	builder: string,
	recipe: string,
	signal: AbortSignal,
): Promise<void> {
	await needImage(builder, signal);
	const found = await imageLabel(builder, "debian-python.recipe");
	if (found === recipe) return;
	throw new StepError(
		`${builder} has the recipe ${found}, and ${recipe} is wanted`,
		"remove that tag, and run again",
	);
}
