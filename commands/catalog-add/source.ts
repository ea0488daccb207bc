import { existsSync, readFileSync } from "node:fs";
import { reasonOf, StepError } from "../../components/step/error.ts";
import type { CPythonRelease } from "../../stacks/cpython.ts";
import { type SignatureKind, suffixes } from "./signature.ts";

/** A tarball and a signature, as they were found: nothing about them is trusted yet. */
export interface SignedSource {
	/** An address, or a file's path. */
	readonly from: string;
	readonly format: CPythonRelease["format"];
	readonly tarball: Buffer;
	readonly kind: SignatureKind;
	readonly signature: Buffer;
}

/** How long one file may take, in ms. */
const PATIENCE = 15 * 60 * 1000;

/**
 * The first of the places that has the tarball and a signature of one of the kinds.
 *
 * @param urls addresses of the tarball; a signature is beside it.
 * @throws StepError that says for each place what it lacks.
 */
export async function fetchSource(
	urls: readonly string[],
	format: CPythonRelease["format"],
	kinds: readonly SignatureKind[],
): Promise<SignedSource> {
	const tried: string[] = [];
	for (const from of urls) {
		try {
			for (const kind of kinds) {
				const signature = await download(from + suffixes[kind]);
				if (signature === undefined) continue;
				const tarball = await download(from);
				if (tarball !== undefined) return { from, format, tarball, kind, signature };
			}
			tried.push(`${from}: is not there with a signature (${nameSuffixes(kinds)})`);
		} catch (error) {
			tried.push(`${from}: ${reasonOf(error as Error)}`);
		}
	}
	throw new StepError(
		`no place has the tarball and a signature that can be checked: ${tried.join("; ")}`,
		`look at the network, or use --file with a signature beside the file (${nameSuffixes(kinds)})`,
	);
}

/** What is at an address; undefined if it is not there. */
async function download(url: string): Promise<Buffer | undefined> {
	const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
	if (response.status === 404) return undefined;
	if (!response.ok) throw new Error(`HTTP status ${response.status}`);
	return Buffer.from(await response.arrayBuffer());
}

/**
 * A tarball at hand, and the signature beside it.
 *
 * @param file such as `Python-3.14.8.tar.xz`; the end of its name tells the format.
 * @throws StepError where there is no such file, or no signature.
 */
export function readSource(file: string, kinds: readonly SignatureKind[]): SignedSource {
	const [, extension] = /\.(tar\.xz|tar\.gz|tgz)$/.exec(file) ?? [];
	if (extension === undefined)
		throw new StepError(
			`--file ${file}: is no source tarball`,
			"its name must end in .tar.xz or .tgz",
		);
	const kind = kinds.find((each) => existsSync(file + suffixes[each]));
	if (kind === undefined)
		throw new StepError(
			`--file ${file}: there is no signature beside it`,
			`put it there as the same name with ${nameSuffixes(kinds)}`,
		);
	return {
		from: file,
		format: extension === "tar.xz" ? "tar.xz" : "tgz",
		tarball: read(file),
		kind,
		signature: read(file + suffixes[kind]),
	};
}

function read(file: string): Buffer {
	try {
		return readFileSync(file);
	} catch (error) {
		throw new StepError(`--file ${file}: cannot be read: ${(error as Error).message}`);
	}
}

function nameSuffixes(kinds: readonly SignatureKind[]): string {
	return kinds.map((kind) => suffixes[kind]).join(" or ");
}
