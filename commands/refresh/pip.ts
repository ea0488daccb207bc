import { satisfies } from "@renovatebot/pep440";
import { compareVersions } from "../../stacks/cpython.ts";
import { askJson } from "./ask.ts";

/** A release of pip, and the hash of its wheel: as stacks/cpython.ts has it. */
export interface PipRelease {
	readonly version: string;
	readonly sha256: string;
}

/** A file of a project in a package index (PEP 691). */
interface IndexFile {
	readonly filename: string;
	readonly hashes: { readonly sha256?: string };
	/** A version specifier (PEP 440). */
	readonly "requires-python"?: string | null;
	readonly yanked?: boolean | string;
}

/**
 * The newest pip that runs on a CPython series, by the package index that pip's own variable
 * PIP_INDEX_URL names; undefined without it.
 *
 * @throws StepError where the index does not answer in JSON.
 */
export async function newestPip(series: string): Promise<PipRelease | undefined> {
	const index = process.env.PIP_INDEX_URL?.replace(/\/+$/, "");
	if (!index) return undefined;
	const accept = "application/vnd.pypi.simple.v1+json";
	const { files } = (await askJson(`${index}/pip/`, { accept })) as { files: IndexFile[] };
	return files
		.filter((file) => !file.yanked && satisfies(series, file["requires-python"] ?? ""))
		.flatMap(release)
		.sort((a, b) => compareVersions(a.version, b.version))
		.at(-1);
}

/** A final release's wheel. */
function release({ filename, hashes }: IndexFile): PipRelease[] {
	const [, version] = /^pip-(\d+(?:\.\d+)*)-(?:py2\.)?py3-none-any\.whl$/.exec(filename) ?? [];
	return version === undefined || hashes.sha256 === undefined
		? []
		: [{ version, sha256: hashes.sha256 }];
}
