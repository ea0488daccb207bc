import { docker } from "../step/docker.ts";
import { StepError } from "../step/error.ts";

/** What no layer of an app may have, and what helps. */
const UNWANTED: readonly (readonly [what: string, pattern: RegExp, remedy: string])[] = [
	[
		"a compiler or linker",
		/^\/usr\/(local\/)?bin\/([\w-]+-)?(gcc|g\+\+|cc|c\+\+|clang|clang\+\+|ld|as)(-[\d.]+)?$/,
		"take it out of packages in [tool.debian-python]: build-packages are for compiles",
	],
	[
		"a header",
		/^\/(usr\/(local\/)?|venv\/)include\/.*\.(h|hh|hpp|hxx)$/,
		"name the library's package in packages of [tool.debian-python], and not its -dev",
	],
	// What a distribution has among its modules is part of it: virtualenv brings pip's wheel along.
	["a wheel", /^(?!\/venv\/lib\/[^/]+\/site-packages\/).*\.whl$/, "name it in .dockerignore"],
	["a Debian package", /\.deb$/, "name it in .dockerignore"],
	[
		"a cache",
		/^\/(var\/lib\/apt\/lists|var\/cache\/apt\/archives|root\/\.cache|tmp)\/[^/]+$|\/(__pypackages__|\.cache\/pip)$/,
		"see what leaves it, and name it in .dockerignore if it is the app's",
	],
];

/**
 * See that what a container changes, which becomes a layer, has nothing that only builds or that only
 * saves work.
 *
 * @throws StepError with the first such path.
 */
export async function checkLayer(container: string): Promise<void> {
	const problem = unwantedPath(addedPaths(await docker(["diff", container])));
	if (problem !== undefined) throw problem;
}

/** The paths that are new or changed, of what docker diff tells: lines such as `A /venv/bin`. */
export function addedPaths(diff: string): string[] {
	return diff.split("\n").flatMap((line) => (/^[AC] /.test(line) ? [line.slice(2)] : []));
}

/** The first of a layer's paths, in their order by name, that no app's layer has. */
export function unwantedPath(paths: readonly string[]): StepError | undefined {
	const sorted = paths.toSorted();
	for (const [what, pattern, remedy] of UNWANTED) {
		const path = sorted.find((each) => pattern.test(each));
		if (path !== undefined)
			return new StepError(`gate layers: ${path} is ${what}, which no app has in a layer`, remedy);
	}
	return undefined;
}
