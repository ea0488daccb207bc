import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { reasonOf, StepError } from "../../components/step/error.ts";
import { readHeader } from "../../stacks/patches/header.ts";

/** Where the commits of CPython are. */
export const COMMITS = "https://github.com/python/cpython/commit/";

/** Longest wait for a commit, in ms. */
const TIMEOUT = 60_000;

/** A patch as somebody else has it. */
export interface NewPatch {
	/** What its file is to be called. */
	readonly name: string;
	/** Its bytes, a character each (latin1): a patch may hold files of any encoding. */
	readonly text: string;
	/** Of a commit of CPython, its whole hash. */
	readonly commit?: string;
}

/**
 * A patch by what a command line names: a commit of CPython, by its hash or address, or a file.
 *
 * @param commits where commits are.
 * @throws StepError where it is neither, or cannot be had.
 */
export async function newPatch(source: string, commits = COMMITS): Promise<NewPatch> {
	const hash = source.startsWith(COMMITS)
		? source.slice(COMMITS.length).replace(/\.patch$/, "")
		: source;
	if (/^[0-9a-f]{7,40}$/.test(hash) && !existsSync(source)) return commitPatch(hash, commits);
	try {
		return { name: fileName(basename(source)), text: readFileSync(source, "latin1") };
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new StepError(
			`${JSON.stringify(source)} is no commit, and as a file it cannot be read: ${code}`,
			"write the hash or the address of a commit of python/cpython, or a file that git format-patch wrote",
		);
	}
}

async function commitPatch(hash: string, commits: string): Promise<NewPatch> {
	const text = await fetchText(`${commits}${hash}.patch`);
	const [, commit] = /^From ([0-9a-f]{40}) /.exec(text) ?? [];
	if (commit === undefined || !commit.startsWith(hash))
		throw new StepError(`${commits}${hash}.patch is no patch of that commit`, "look at the hash");
	const { subject } = readHeader(Buffer.from(text, "latin1").toString());
	return { name: fileName(`${subject.slice(0, 60)}.patch`), text, commit };
}

async function fetchText(url: string): Promise<string> {
	let status: number;
	try {
		const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) });
		if (response.ok) return Buffer.from(await response.arrayBuffer()).toString("latin1");
		status = response.status;
	} catch (error) {
		throw notFetched(url, reasonOf(error as Error));
	}
	throw notFetched(url, `HTTP status ${status}`);
}

function notFetched(url: string, why: string): StepError {
	return new StepError(
		`${url} could not be fetched (${why})`,
		"look at the hash and the network, or give the commit as a file: git format-patch -1 COMMIT",
	);
}

/** A name of characters that a series may have, without what stands around a title. */
function fileName(text: string): string {
	const name = text.replace(/[^A-Za-z0-9._+]+/g, "-").replace(/^[-.]+|-+(?=\.\w+$)/g, "");
	return /\.(patch|diff)$/.test(name) ? name : `${name}.patch`;
}
