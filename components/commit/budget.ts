import { readLayers } from "../sizes/layers.ts";
import {
	debbaseOf,
	type Folders,
	growth,
	ownFolders,
	readLedger,
	sumFolders,
	totalBytes,
} from "../sizes/ledger.ts";
import { StepError } from "../step/error.ts";

/** How many folders an error names. */
const SHOWN = 4;

/**
 * Refuse an image that adds more bytes to its base than its budget.
 *
 * @param ledger file that may have the stack's ledger of sizes, in which the image is an artefact.
 * @throws StepError that names the folders which grew most since the stack's ledger was written; where
 * there is none, the largest.
 */
export async function keepBudget(
	image: string,
	budget: number,
	ledger: { readonly file: string; readonly artefact: string },
): Promise<void> {
	const now = sumFolders(ownFolders(await readLayers(image)));
	const over = totalBytes(now) - budget;
	if (over <= 0) return;
	throw new StepError(
		`the image adds ${megabytes(totalBytes(now))} to its base, ${megabytes(over)} more than its budget: ${whereFrom(now, ledger)}`,
		"take out what is not needed, or raise the budget in stacks/",
	);
}

function whereFrom(
	now: Folders,
	{ file, artefact }: { readonly file: string; readonly artefact: string },
): string {
	const known = readLedger(file);
	if (known === undefined) return `the largest folders are ${list(growth({}, now))}`;
	const before = sumFolders([...(known[debbaseOf(artefact)] ?? []), ...(known[artefact] ?? [])]);
	const grown = growth(before, now).filter(([, bytes]) => bytes > 0);
	return `since ${file}, ${list(grown, "+")}`;
}

function list(folders: readonly (readonly [path: string, bytes: number])[], sign = ""): string {
	return folders
		.slice(0, SHOWN)
		.map(([path, bytes]) => `${path} ${sign}${megabytes(bytes)}`)
		.join(", ");
}

function megabytes(bytes: number): string {
	return `${(bytes / 1e6).toFixed(2)} MB`;
}
