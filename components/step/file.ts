import { createHash } from "node:crypto";
import { accessSync, constants, mkdirSync } from "node:fs";
import { chmod, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
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
		throw cannotWrite(path, error);
	}
}

/** What a file of JSON has that {@link keep} wrote; undefined where it is not there, or is no such file. */
export async function readKept<T>(path: string): Promise<T | undefined> {
	try {
		return JSON.parse(await readFile(path, "utf8")) as T;
	} catch {
		return undefined;
	}
}

/**
 * Keep something for a later run, as JSON, in a folder that need not be there.
 *
 * @throws StepError as {@link cannotWrite}.
 */
export async function keep(path: string, value: object): Promise<void> {
	makeFolder(dirname(path));
	await writeWhole(path, JSON.stringify(value));
}

/**
 * Make a folder, and those that it is in, where they are not there.
 *
 * @throws StepError as {@link cannotWrite}.
 */
export function makeFolder(path: string): void {
	try {
		mkdirSync(path, { recursive: true });
		// One that is there may be another user's.
		accessSync(path, constants.W_OK | constants.X_OK);
	} catch (error) {
		throw cannotWrite(path, error);
	}
}

/** What to say of a file or folder that cannot be written: the system's reason, and the remedy. */
export function cannotWrite(path: string, error: unknown): StepError {
	const { code, message } = error as NodeJS.ErrnoException;
	return new StepError(
		`${path} cannot be written: ${code ?? message}`,
		"make room or give the right to write there, then run again",
	);
}

/** SHA-256 in hexadecimal. */
export function sha256(data: Buffer | string): string {
	return createHash("sha256").update(data).digest("hex");
}
