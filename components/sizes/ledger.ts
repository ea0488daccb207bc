import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { platformSuffixOf } from "../../stacks/platforms.ts";
import { StepError } from "../step/error.ts";
import type { Layer, Sizes } from "./layers.ts";

/** Longer paths count to the folder that they start with: far enough for the packages of a Python. */
const DEPTH = 6;

/** Bytes; smaller folders count to the one that they are in. */
const SMALL = 100_000;

/** Bytes by folder, in the order of the paths. Together they are all of it: none is in another. */
export type Folders = Readonly<Record<string, number>>;

/** What an artefact adds to the one that it is built on, layer by layer. */
export type Ledger = Readonly<Record<string, readonly Folders[]>>;

/** Where a stack's ledger is kept, from the project root. */
export function ledgerFile(stack: string): string {
	return `docs/sizes/${stack}.json`;
}

/**
 * The ledger that a file holds; undefined where there is no such file.
 *
 * @throws StepError where the file is no ledger.
 */
export function readLedger(file: string): Ledger | undefined {
	if (!existsSync(file)) return undefined;
	try {
		return JSON.parse(readFileSync(file, "utf8")) as Ledger;
	} catch (error) {
		throw new StepError(
			`${file} is no ledger of sizes: ${(error as Error).message}`,
			"restore it, or remove it and run npm run sizes",
		);
	}
}

/** The debbase on which an artefact stands: that of its platform, whose suffix both have. */
export function debbaseOf(artefact: string): string {
	return `debbase${platformSuffixOf(artefact)}`;
}

/** The folders of a layer that are large enough for a line of their own. */
export function foldersOf(sizes: Sizes): Folders {
	const folders = new Map<string, number>();
	for (const [path, bytes] of sizes) add(folders, cut(path), bytes);
	const deepest = [...folders.keys()].flatMap(withParents).sort((a, b) => depth(b) - depth(a));
	for (const path of new Set(deepest)) {
		const bytes = folders.get(path) ?? 0;
		if (path === "." || bytes >= SMALL) continue;
		folders.delete(path);
		add(folders, posix.dirname(path), bytes);
	}
	return sorted(folders);
}

/** The folders of several layers together. */
export function sumFolders(layers: readonly Folders[]): Folders {
	const folders = new Map<string, number>();
	for (const layer of layers)
		for (const [path, bytes] of Object.entries(layer)) add(folders, path, bytes);
	return sorted(folders);
}

/** The bytes of all folders. */
export function totalBytes(folders: Folders): number {
	return Object.values(folders).reduce((sum, bytes) => sum + bytes, 0);
}

/** How much each folder grew, or shrank if less than 0; those that changed, the largest growth first. */
export function growth(before: Folders, after: Folders): [path: string, bytes: number][] {
	return Object.keys({ ...before, ...after })
		.map((path) => [path, (after[path] ?? 0) - (before[path] ?? 0)] as [string, number])
		.filter(([, bytes]) => bytes !== 0)
		.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

/** What the layers that are the program's own add to the base. */
export function ownFolders(layers: readonly Layer[]): Folders[] {
	return layers.filter(({ own }) => own).map(({ sizes }) => foldersOf(sizes));
}

function add(folders: Map<string, number>, path: string, bytes: number): void {
	folders.set(path, (folders.get(path) ?? 0) + bytes);
}

function cut(path: string): string {
	return path.split("/").slice(0, DEPTH).join("/");
}

function depth(path: string): number {
	return path === "." ? 0 : path.split("/").length;
}

function withParents(path: string): string[] {
	return path === "." ? [path] : [path, ...withParents(posix.dirname(path))];
}

function sorted(folders: ReadonlyMap<string, number>): Folders {
	return Object.fromEntries(
		[...folders].filter(([, bytes]) => bytes > 0).sort(([a], [b]) => (a < b ? -1 : 1)),
	);
}
