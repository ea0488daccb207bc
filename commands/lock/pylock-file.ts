/** Writes lock files of PEP 751, in one way: what is the same gives the same bytes. */

import { posix } from "node:path";
import { parse, TomlDate, type TomlTable, type TomlValue } from "smol-toml";
import { seriesName } from "../../stacks/cpython.ts";
import { normalizeName } from "../../stacks/lock/names.ts";
import type { Target } from "../../stacks/lock/target.ts";

/** A package of a lock file, as it stands there. */
export interface Package {
	readonly name: string;
	/** Empty: it is a folder, whose version changes with the code. */
	readonly version: string;
	/** Of a folder, from the app's. */
	readonly path?: string;
	/** On what condition it is installed. */
	readonly marker?: string;
	/** Its files, and whatever else is said of it, by the keys of PEP 751. */
	readonly rest: Readonly<Record<string, unknown>>;
}

/** What is written. */
export interface PylockFile {
	/** For which Python and which machines it is. */
	readonly targets: readonly [Target, ...Target[]];
	/** Dependency groups. */
	readonly groups?: readonly string[];
	readonly packages: readonly Package[];
	/** What this program has to know, in tables of `[tool.debian-python]`. */
	readonly tool: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The text of a lock file. */
export function pylockText({ targets, groups, packages, tool }: PylockFile): string {
	const series = seriesName(targets[0].python);
	const machines = targets.map(
		({ machine }) => `sys_platform == 'linux' and platform_machine == '${machine}'`,
	);
	return [
		"# Written by npm run lock",
		'lock-version = "1.0"',
		`environments = ${toml(machines)}`,
		`requires-python = "==${series}.*"`,
		...(groups === undefined ? [] : [`dependency-groups = ${toml(groups)}`]),
		'created-by = "uv"',
		// PEP 751 requires the key.
		...(packages.length === 0 ? ["packages = []"] : packages.flatMap(packageLines)),
		...Object.entries(tool).flatMap(([name, table]) => [
			"",
			`[tool.debian-python.${name}]`,
			...Object.entries(table).map(([key, value]) => `${tomlKey(key)} = ${toml(value)}`),
		]),
		"",
	].join("\n");
}

function packageLines({ name, version, marker, rest }: Package): string[] {
	const entries = {
		name,
		...(version !== "" && { version }),
		...(marker !== undefined && { marker }),
		...rest,
	};
	return [
		"",
		"[[packages]]",
		...Object.entries(entries).map(([key, value]) =>
			key === "wheels" && Array.isArray(value)
				? `wheels = [\n${value.map((wheel) => `    ${toml(wheel)},\n`).join("")}]`
				: `${key} = ${toml(value)}`,
		),
	];
}

/**
 * The packages of a lock that uv wrote, in the order of names and versions. What may change without
 * another version being locked, such as when a file was uploaded, is left out.
 *
 * @param urls whether it says where the files are, beside their hashes.
 * @param folder the app's, where uv locked it.
 */
export function packagesOf(lock: string, urls: boolean, folder = "/"): Package[] {
	const tables = (parse(lock).packages ?? []) as TomlTable[];
	const packages = tables.map(({ name, version, marker, index, sdist, wheels, ...others }) => {
		const own = directoryOf(others, version, folder);
		return {
			name: normalizeName(String(name)),
			...own,
			...(marker !== undefined && { marker: String(marker) }),
			rest: {
				...others,
				...(own.path !== undefined && { directory: { path: own.path } }),
				...(index !== undefined && urls && { index: withoutPassword(index) }),
				...(sdist !== undefined && { sdist: fileOf(sdist as TomlTable, urls) }),
				...(wheels !== undefined && { wheels: sortedFiles(wheels as TomlTable[], urls) }),
			},
		};
	});
	return packages.sort(byNameAndVersion);
}

/** Its version; of a folder the path, which uv does not always write from the app's. */
function directoryOf(
	{ directory }: TomlTable,
	version: TomlValue | undefined,
	folder: string,
): Pick<Package, "version" | "path"> {
	if (directory === undefined) return { version: String(version ?? "") };
	const { path } = directory as TomlTable;
	return { version: "", path: posix.relative(folder, posix.resolve(folder, String(path))) || "." };
}

/** By the bytes of names, then of versions. */
export function byNameAndVersion(one: Package, other: Package): number {
	const [a, b] = [one, other].map(({ name, version }) => `${name} ${version}`) as [string, string];
	return a < b ? -1 : Number(a > b);
}

function sortedFiles(files: readonly TomlTable[], urls: boolean) {
	return files
		.map((file) => fileOf(file, urls))
		.sort((one, other) => (one.name < other.name ? -1 : Number(one.name > other.name)));
}

function fileOf({ name, url, path, size, hashes }: TomlTable, urls: boolean) {
	const place = String(url ?? path).replace(/[?#].*$/, "");
	return {
		name: String(name ?? decodeURIComponent(place.slice(place.lastIndexOf("/") + 1))),
		...(url !== undefined && urls && { url: withoutPassword(url) }),
		...(path !== undefined && { path }),
		...(size !== undefined && { size }),
		hashes,
	};
}

/** A lock is in version control: who may read the package index stands elsewhere. */
function withoutPassword(url: TomlValue): string {
	const bare = new URL(String(url));
	bare.username = "";
	bare.password = "";
	return bare.href;
}

/** A value as TOML, on one line. */
function toml(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
	if (value instanceof TomlDate) return value.toISOString();
	if (typeof value !== "object" || value === null) return JSON.stringify(value);
	const pairs = Object.entries(value).map(([key, inner]) => `${tomlKey(key)} = ${toml(inner)}`);
	return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

function tomlKey(key: string): string {
	return /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
}
