import { readFileSync } from "node:fs";
import ts from "typescript";
import { StepError } from "../../components/step/error.ts";
import { writeWhole } from "../../components/step/file.ts";
import { type CPythonRelease, compareVersions } from "../../stacks/cpython.ts";

/**
 * Write a release into the catalog's file, after the older ones of its series. The rest stays as it
 * is, comments too.
 *
 * @param path the catalog, `stacks/cpython.ts`.
 * @returns false if it was there already.
 * @throws StepError where it is there with another hash; the file is then untouched, too.
 */
export async function writeRelease(
	path: string,
	series: string,
	release: CPythonRelease,
): Promise<boolean> {
	const text = readFileSync(path, "utf8");
	const changed = insertRelease(text, series, release);
	if (changed === text) return false;
	await writeWhole(path, changed);
	return true;
}

/** The catalog's text with a release in it; the same text if it was there already. */
export function insertRelease(text: string, series: string, release: CPythonRelease): string {
	const list = findReleases(text, series);
	const known = list.elements.flatMap((element) => toFound(element, text));
	if (known.length === 0)
		return `${text.slice(0, list.getStart())}[\n${format(release)}\t\t]${text.slice(list.getEnd())}`;
	const same = known.find(({ version }) => version === release.version);
	if (same !== undefined) {
		if (same.format === release.format && same.sha256 === release.sha256) return text;
		throw new StepError(
			`the catalog has Python ${release.version} with other content: ${same.format} ${same.sha256}, not ${release.format} ${release.sha256}`,
			"find out which one is wrong; a release never changes on python.org",
		);
	}
	const older = known.filter(({ version }) => compareVersions(version, release.version) < 0);
	const at = older.at(-1)?.end ?? known[0]?.start ?? 0;
	return text.slice(0, at) + format(release) + text.slice(at);
}

/** A release in the text; `start` and `end` are the beginnings of its first line and of the next. */
interface Found extends CPythonRelease {
	readonly start: number;
	readonly end: number;
}

/** The list of the series' releases, in the syntax tree. */
function findReleases(text: string, series: string): ts.ArrayLiteralExpression {
	const source = ts.createSourceFile("cpython.ts", text, ts.ScriptTarget.Latest, true);
	const found: ts.ArrayLiteralExpression[] = [];
	const visit = (node: ts.Node): void => {
		if (ts.isObjectLiteralExpression(node) && textOf(node, "series") === series) {
			const releases = property(node, "releases");
			if (releases !== undefined && ts.isArrayLiteralExpression(releases)) found.push(releases);
		}
		ts.forEachChild(node, visit);
	};
	visit(source);
	const [list] = found;
	if (list !== undefined && found.length === 1) return list;
	throw new StepError(
		`the catalog has ${found.length} lists of releases of the series ${series}`,
		"give it one, releases: []",
	);
}

/** None for an element that is no release. */
function toFound(node: ts.Expression, text: string): Found[] {
	if (!ts.isCallExpression(node)) return [];
	const [version = "", sha256 = ""] = node.arguments.map((each) =>
		ts.isStringLiteral(each) ? each.text : "",
	);
	return [
		{
			version,
			format: node.expression.getText() === "tgzTarball" ? "tgz" : "tar.xz",
			sha256,
			start: text.lastIndexOf("\n", node.getStart()) + 1,
			end: text.indexOf("\n", node.getEnd()) + 1,
		},
	];
}

function property(node: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
	const found = node.properties.find(
		(each) => ts.isPropertyAssignment(each) && each.name.getText() === name,
	);
	return found !== undefined && ts.isPropertyAssignment(found) ? found.initializer : undefined;
}

function textOf(node: ts.ObjectLiteralExpression, name: string): string | undefined {
	const value = property(node, name);
	return value !== undefined && ts.isStringLiteral(value) ? value.text : undefined;
}

/** As Biome formats it. */
function format({ version, format, sha256 }: CPythonRelease): string {
	return `\t\t\t${format === "tgz" ? "tgz" : "xz"}Tarball("${version}", "${sha256}"),\n`;
}
