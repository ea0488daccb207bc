import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { execa } from "execa";
import { StepError } from "../step/error.ts";
import { ARCHITECTURES, type Entry, indexText, parseEntries } from "./entries.ts";

/*
 * apt-ftparchive is apt's own, keeps nothing between runs, and has all that is needed: of reprepro 5.3 and
 * aptly 1.5, which Debian has too, one knows no by-hash and keeps one version of a package, the other no
 * Valid-Until (their manuals), and both keep a database that publishers on several machines would have to share.
 */

/**
 * What an index says of .debs.
 *
 * @param root folder in which they have the paths that they get in the repository.
 */
export async function describeDebs(root: string): Promise<Entry[]> {
	return parseEntries(await ftparchive(root, ["packages", "pool"]));
}

/** What {@link makeIndex} needs. */
export interface IndexArgs {
	/** Of the suite: Debian's codename. */
	readonly suite: string;
	/** By whom the packages are, for pins. */
	readonly origin: string;
	readonly entries: readonly Entry[];
	/** Fingerprints of the keys that sign it, and one of which the next one must have. */
	readonly keys: readonly string[];
	readonly validDays: number;
}

/** A suite's files. */
export interface Index {
	/** Those that a client reads by their hash; by path from the repository's root. */
	readonly byHash: ReadonlyMap<string, Buffer>;
	/** What names them, unsigned. */
	readonly release: string;
}

/**
 * Make the indexes of a suite, as of now.
 *
 * @param root an empty folder.
 */
export async function makeIndex(root: string, args: IndexArgs): Promise<Index> {
	const { suite, origin, entries, keys, validDays } = args;
	const folder = `dists/${suite}`;
	for (const architecture of ARCHITECTURES) {
		const path = join(root, folder, indexPath(architecture));
		const text = indexText(entries, architecture);
		await mkdir(dirname(path), { recursive: true });
		await writeFile(path, text);
		await writeFile(`${path}.gz`, gzipSync(text, { level: 9 }));
	}
	const release = await ftparchive(root, [
		"-oAPT::FTPArchive::DoByHash=true",
		"-oAPT::FTPArchive::Release::Acquire-By-Hash=yes",
		...Object.entries({
			Origin: origin,
			Label: origin,
			Suite: suite,
			Codename: suite,
			Architectures: ARCHITECTURES.join(" "),
			Components: "main",
			"Signed-By": keys.join(","),
			ValidTime: String(validDays * 24 * 60 * 60),
		}).map(([field, value]) => `-oAPT::FTPArchive::Release::${field}=${value}`),
		"release",
		folder,
	]);
	return { byHash: await readByHash(root, folder), release };
}

/** Where the index of an architecture is, in its suite. */
export function indexPath(architecture: string): string {
	return `main/binary-${architecture}/Packages`;
}

/** Where a client finds the index of an architecture with a hash, in its suite. */
export function byHashPath(architecture: string, sha256: string): string {
	return `${dirname(indexPath(architecture))}/by-hash/SHA256/${sha256}`;
}

async function readByHash(root: string, folder: string): Promise<Map<string, Buffer>> {
	const entries = await readdir(join(root, folder), { recursive: true });
	const paths = entries.filter((path) => /\/by-hash\/SHA256\/[^/]+$/.test(path));
	const files = paths.map(
		async (path) => [`${folder}/${path}`, await readFile(join(root, folder, path))] as const,
	);
	return new Map(await Promise.all(files));
}

async function ftparchive(cwd: string, args: readonly string[]): Promise<string> {
	const weak = ["MD5", "SHA1", "SHA512"].map((hash) => `-oAPT::FTPArchive::${hash}=false`);
	const result = await execa("apt-ftparchive", [...weak, ...args], {
		cwd,
		// Nothing of the machine's own.
		env: { APT_CONFIG: "/dev/null", LC_ALL: "C.UTF-8" },
		reject: false,
	});
	if (!result.failed) return `${result.stdout}\n`;
	if (result.code === "ENOENT")
		throw new StepError("apt-ftparchive is not there", "install apt-utils");
	throw new StepError(`apt-ftparchive: ${result.stderr.trim().split("\n").at(-1)}`);
}
