import {
	debbaseOf,
	type Folders,
	growth,
	type Ledger,
	sumFolders,
	totalBytes,
} from "../../components/sizes/ledger.ts";
import { table } from "../../local/text.ts";

/** Of a path, its bytes, and their growth. */
const COLUMNS = [
	{ width: 58, gap: 1 },
	{ width: 11, gap: 1, right: true },
	{ width: 11, right: true },
];

/** Bytes from which on a folder is shown although it did not change. */
const LARGE = 1_000_000;

/**
 * What each artefact of a stack adds, with its large folders and those that changed, and by how many
 * bytes; last, what each image python adds to the base, as its budget counts it.
 */
export function sizesTable(before: Ledger, now: Ledger): string {
	const artefacts = Object.entries(now).flatMap(([artefact, layers]) =>
		rows(artefact, before[artefact], layers),
	);
	const totals = Object.keys(now)
		.filter((artefact) => /^python(-|$)/.test(artefact))
		.flatMap((artefact) =>
			// Its own row alone: its folders are told already.
			rows(
				`${debbaseOf(artefact)} and ${artefact}`,
				overBase(before, artefact),
				overBase(now, artefact) ?? [],
			).slice(0, 1),
		);
	return table(COLUMNS, [...artefacts, ...totals]).join("\n");
}

function overBase(ledger: Ledger, artefact: string): readonly Folders[] | undefined {
	const [debbase, python] = [ledger[debbaseOf(artefact)], ledger[artefact]];
	return debbase && python && [...debbase, ...python];
}

/** The row of an artefact, then its folders', the largest first; nothing grew where nothing is known. */
function rows(
	name: string,
	before: readonly Folders[] | undefined,
	layers: readonly Folders[],
): string[][] {
	const now = sumFolders(layers);
	const was = before === undefined ? now : sumFolders(before);
	const grown = new Map(growth(was, now));
	const shown = growth({}, { ...was, ...now }).filter(
		([path, bytes]) => bytes >= LARGE || grown.has(path),
	);
	return [
		row(name, totalBytes(now), totalBytes(now) - totalBytes(was)),
		...shown.map(([path]) => row(`  ${path}`, now[path] ?? 0, grown.get(path) ?? 0)),
	];
}

function row(name: string, bytes: number, grown: number): string[] {
	return [name, String(bytes), grown === 0 ? "" : `${grown > 0 ? "+" : ""}${grown}`];
}
