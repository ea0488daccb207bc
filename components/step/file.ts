import { createHash } from "node:crypto";
import { chmod, rename, rm, stat, writeFile } from "node:fs/promises";
import { StepError } from "./error.ts";

/** Ending of a file that is being written. */
export const PARTIAL = ".partial";

/**
 * Write a file: whoever reads it meanwhile, or after a kill half-way, finds all of it, or the former
 * one. That one's mode stays.
 *
 * @throws StepError with the reason and the remedy where it cannot be written.
 */
export async function writeWhole(path: string, content: Buffer | string): Promise<void> {
	try {
		const former = await stat(path).catch(() => undefined);
		await writeFile(path + PARTIAL, content, { flush: true });
		if (former) await chmod(path + PARTIAL, former.mode);
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
