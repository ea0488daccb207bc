import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { InputsOf } from "../step/definition.ts";
import { sha256 } from "../step/file.ts";
import type { buildStep } from "./step.ts";

/**
 * Whether the .debs are there as files, with the sums that the build wrote.
 *
 * @param deb the sum of the interpreter's, by the image's label.
 */
export async function arePackagesWritten(
	{ FOLDER, DEB }: Pick<InputsOf<typeof buildStep>, "FOLDER" | "DEB">,
	deb: string | undefined,
): Promise<boolean> {
	const read = (name: string) => readFile(join(FOLDER, name)).catch(() => Buffer.alloc(0));
	if (sha256(await read(DEB)) !== deb) return false;
	const sums = parseSums(await read(sumsName(DEB)));
	for (const [name, sum] of sums) if (sha256(await read(name)) !== sum) return false;
	return sums.length > 0;
}

/** `sha256sum --check` reads it. Named as the .deb, since packages of several versions lie together. */
export function sumsName(deb: string): string {
	return deb.replace(/\.deb$/, ".sha256");
}

/** Lines of SHA256SUMS: a sum and a name. */
export function parseSums(content: Buffer | undefined): (readonly [name: string, sum: string])[] {
	const lines =
		content
			?.toString()
			.split("\n")
			.filter((line) => line !== "") ?? [];
	return lines.map((line) => [line.slice(66), line.slice(0, 64)] as const);
}
