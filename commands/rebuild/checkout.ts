import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { lastLine } from "../../components/step/docker-error.ts";
import { StepError } from "../../components/step/error.ts";

/**
 * Put a commit of this project into an empty folder, with the npm packages that it has.
 *
 * @throws StepError where this repository does not have it.
 */
export async function checkOut(commit: string, folder: string, signal: AbortSignal): Promise<void> {
	const archive = await execa("git", ["archive", "--format=tar", "--", commit], {
		encoding: "buffer",
		cancelSignal: signal,
		reject: false,
		maxBuffer: 1e9,
	});
	if (archive.failed)
		throw new StepError(
			`this repository does not have the commit ${commit} (${lastLine(String(archive.stderr))})`,
			"fetch it (git fetch --all), or run this in the repository that made the image",
		);
	await execa("tar", ["--extract", `--directory=${folder}`], {
		input: archive.stdout,
		cancelSignal: signal,
	});
	await takePackages(folder, signal);
}

/** Those of this checkout, where they are the same. */
async function takePackages(folder: string, signal: AbortSignal): Promise<void> {
	const lock = "package-lock.json";
	if (readFileSync(lock).equals(readFileSync(join(folder, lock))))
		return symlinkSync(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
	const installed = await execa("sh", ["local/packages"], {
		cwd: folder,
		cancelSignal: signal,
		reject: false,
	});
	if (installed.failed)
		throw new StepError(
			`the npm packages of that commit cannot be installed: ${lastLine(installed.stderr)}`,
			"run again with a network",
		);
}
