import { createHash } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { StepError } from "./error.ts";

/** Ending of a file that is being written. */
export const PARTIAL = ".partial";

/**
 * Write a file that is complete or not there, also when this is killed half-way.
 *
 * @throws StepError with the reason and the remedy where it cannot be written.
 */
export async function writeWhole(path: string, content: Buffer | string): Promise<void> {
	try {
		await writeFile(path + PARTIAL, content);
		await rename(path + PARTIAL, path);
	} catch (error) {
		await rm(path + PARTIAL, { force: true });
		const { code, message } = error as NodeJS.ErrnoException;
		throw new StepError(
			`${path} cannot be written: ${code ?? message}`,
			"make room or give the right to write there, then run again",
		);
	}
}

/** SHA-256 in hexadecimal. */
export function sha256(data: Buffer | string): string {
	return createHash("sha256").update(data).digest("hex");
}
