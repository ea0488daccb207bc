import { createWriteStream } from "node:fs";
import { dirname } from "node:path";
import { finished } from "node:stream/promises";
import { runContainer } from "./container.ts";
import { StepError } from "./error.ts";
import { cannotWrite, makeFolder } from "./file.ts";
import type { Step } from "./step.ts";

/**
 * Run a container of makeContainer (container.ts), show its phases, lines that begin with `==> `, and
 * write its whole output to a file, as sbuild does.
 *
 * @param flags `a` to add to a file that is there.
 * @throws StepError that names the file.
 */
export async function runLogged(
	step: Step,
	container: string,
	file: string,
	flags: "w" | "a" = "w",
): Promise<void> {
	makeFolder(dirname(file));
	const log = createWriteStream(file, { flags });
	// On a full disk: the build goes on to its end, whose files will say the same or find room.
	let full: Error | undefined;
	log.on("error", (error) => {
		if (full === undefined) step.progress(`warning: ${cannotWrite(file, error).message}`);
		full = error;
	});
	try {
		await runContainer(step, container, (line) => {
			if (full === undefined) log.write(`${line}\n`);
			if (line.startsWith("==> ")) step.progress(line.slice("==> ".length));
		});
	} catch (error) {
		throw error instanceof StepError && !step.signal.aborted
			? new StepError(`${error.message} (log: ${file})`)
			: error;
	} finally {
		log.end();
		await finished(log).catch(() => undefined);
	}
}
