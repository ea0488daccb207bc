import { type ParseArgsConfig, parseArgs } from "node:util";
import { StepError } from "../components/step/error.ts";
import { errorLine } from "./error-line.ts";

/**
 * The options of a command, as node:util's parseArgs reads them.
 *
 * @param command how it is started, such as `npm start`.
 * @throws StepError that names the option, and where the known ones are told.
 */
export function readCommandLine<const Config extends ParseArgsConfig>(
	command: string,
	config: Config,
): ReturnType<typeof parseArgs<Config>> {
	try {
		return parseArgs(config);
	} catch (error) {
		throw new StepError((error as Error).message, `see ${command} -- --help`);
	}
}

/** Do the work of a command: what it throws is one line on standard error, and exit status 1. */
export async function runCommand(work: () => Promise<void>): Promise<void> {
	try {
		await work();
	} catch (error) {
		process.stderr.write(`error: ${errorLine(error)}\n`);
		process.exitCode = 1;
	}
}
