import { passGates } from "../commit/gates.ts";
import type { Step } from "../step/step.ts";
import type { OnMinimal } from "./step.ts";

/**
 * Run the gates of what is installed in an app's image (context/gates says what they check). What a
 * user should know is told as progress.
 *
 * @param image its ID; it has no name yet.
 * @param volume the one with the context.
 * @throws StepError with the gate that fails, what it found, and the remedy.
 */
export function passAppGates(
	step: Step,
	image: string,
	volume: string,
	inputs: {
		readonly IMPORT_EXCEPTIONS: readonly string[];
		readonly PLATFORM: string;
		readonly MINIMAL: OnMinimal | undefined;
	},
): Promise<void> {
	const { IMPORT_EXCEPTIONS: exceptions, PLATFORM, MINIMAL: minimal } = inputs;
	const gates = minimal === undefined ? "/mnt/gates" : "/mnt/minimal/app-gates";
	const command = ["/venv/bin/python", "-B", gates, ...exceptions];
	const run = { GATES: command, PLATFORM, TOOLS: minimal?.tools };
	return passGates(step, image, volume, run, (line) =>
		line.startsWith("warning: ") ? step.progress(line) : process.stderr.write(`${line}\n`),
	);
}
