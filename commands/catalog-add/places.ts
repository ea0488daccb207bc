import { execa } from "execa";
import {
	type CPythonRelease,
	debianUpstream,
	parseVersion,
	sourceUrl,
} from "../../stacks/cpython.ts";

/**
 * Where a source tarball may be: on python.org, whose folder has the version without a suffix such as
 * rc1, and in the pool of a Debian mirror, which keeps upstream's own bytes under a name of Debian's.
 * Its signature is beside it.
 *
 * @param mirrors addresses of Debian mirrors, such as `http://mirror.example/debian`.
 */
export function tarballUrls(
	version: string,
	format: CPythonRelease["format"],
	mirrors: readonly string[],
): readonly string[] {
	const { major, minor } = parseVersion(version) ?? {};
	const series = `${major}.${minor}`;
	const orig = `python${series}_${debianUpstream(version)}.orig.${format === "tgz" ? "tar.gz" : format}`;
	return [
		sourceUrl(version, format),
		...mirrors.map((mirror) => `${mirror}/pool/main/p/python${series}/${orig}`),
	];
}

/** The mirrors that this machine's apt uses; none where it has no apt. */
export async function aptMirrors(): Promise<readonly string[]> {
	const args = ["indextargets", "--no-release-info", "--format", "$(REPO_URI)"];
	const { stdout } = await execa("apt-get", args, { reject: false });
	const urls = (stdout ?? "").split("\n").filter((line) => /^https?:\/\//.test(line));
	return [...new Set(urls.map((url) => url.replace(/\/+$/, "")))].sort();
}
