import {
	type Folders,
	growth,
	type Ledger,
	sumFolders,
	totalBytes,
} from "../../components/sizes/ledger.ts";

/** Bytes from which on a folder is shown although it did not change. */
const LARGE = 1_000_000;

/**
 * What each artefact of a stack adds, with its large folders and those that changed, and by how many
 * bytes; last, what the image python adds to the base, as its budget counts it.
 */
export function sizesTable(before: Ledger, now: Ledger): string {
	const artefacts = Object.entries(now).flatMap(([artefact, layers]) =>
		lines(artefact, before[artefact], layers),
	);
	const [total] = lines("debbase and python", overBase(before), overBase(now) ?? []);
	return [...artefacts, total].join("\n");
}

function overBase({ debbase, python }: Ledger): readonly Folders[] | undefined {
	return debbase && python && [...debbase, ...python];
}

/** The line of an artefact, then its folders', the largest first; nothing grew where nothing is known. */
function lines(
	name: string,
	before: readonly Folders[] | undefined,
	layers: readonly Folders[],
): string[] {
	const now = sumFolders(layers);
	const was = before === undefined ? now : sumFolders(before);
	const grown = new Map(growth(was, now));
	const shown = growth({}, { ...was, ...now }).filter(
		([path, bytes]) => bytes >= LARGE || grown.has(path),
	);
	return [
		line(name, totalBytes(now), totalBytes(now) - totalBytes(was)),
		...shown.map(([path]) => line(`  ${path}`, now[path] ?? 0, grown.get(path) ?? 0)),
	];
}

function line(name: string, bytes: number, grown: number): string {
	const change = grown === 0 ? "" : `${grown > 0 ? "+" : ""}${grown}`;
	return `${name.padEnd(58)} ${String(bytes).padStart(11)} ${change.padStart(11)}`.trimEnd();
}
