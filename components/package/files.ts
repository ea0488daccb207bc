import { basename } from "node:path";
import { copyFrom } from "../step/container.ts";
import { StepError } from "../step/error.ts";
import { sha256 } from "../step/file.ts";
import { parseSums } from "./written.ts";

/** A file by name and content. */
export type Files = Map<string, Buffer>;

/**
 * The files of a package: its .debs, and what the build wrote beside them.
 *
 * @param folder where a container has them.
 * @throws StepError where one does not have the sum that the build itself wrote.
 */
export async function readPackages(container: string, folder: string): Promise<Files> {
	const files: Files = new Map();
	for (const [path, content] of (await copyFrom(container, folder)).files)
		files.set(basename(path), content);
	checkSums(files);
	return files;
}

/** Refuse what does not have the sum that the build itself wrote: the copy was cut short or changed. */
function checkSums(files: Files): void {
	const sums = parseSums(files.get("SHA256SUMS"));
	for (const [name, sum] of sums) {
		const found = sha256(files.get(name) ?? Buffer.alloc(0));
		if (found !== sum)
			throw new StepError(
				`${name} has the sha256 ${found}, and the build wrote ${sum}`,
				"run again",
			);
	}
	if (sums.length === 0) throw new StepError("the build left no SHA256SUMS", "run again");
}
