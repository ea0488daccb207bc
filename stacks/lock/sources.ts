/** Where a project has dependencies in the place of a package index: `[tool.uv.sources]`, Poetry's, file URLs. */

import { posix, resolve } from "node:path";
import type { TomlTable } from "smol-toml";
import { holds } from "./checks.ts";
import type { LockFile } from "./lock-file.ts";
import type { MarkerEnvironment } from "./markers.ts";
import { normalizeName } from "./names.ts";
import type { Requirement } from "./requirement.ts";

/** Where a dependency is, if it is not in an index. */
export interface Source {
	/** Of the dependency, normalised. */
	readonly name: string;
	/** Its key in pyproject.toml, and what stands there. */
	readonly key: string;
	readonly value: unknown;
	/** On what condition it is there. */
	readonly marker?: string;
	/** A folder, from the project's; a member of the workspace (of uv's); neither: a repository, an archive. */
	readonly place: { readonly path: string } | { readonly isMember: true } | undefined;
}

/** What uv and Poetry may say in the place of an index. */
const ELSEWHERE = ["path", "workspace", "git", "url"];

/** The sources that a pyproject.toml has; uv's go before Poetry's. Its problems are collected in `file`. */
export function parseSources(file: LockFile, tool: TomlTable): Source[] {
	const uv = file.get(tool, "tool.", "uv", "table") ?? {};
	const poetry = file.get(tool, "tool.", "poetry", "table") ?? {};
	const ofUv = file.get(uv, "tool.uv.", "sources", "table") ?? {};
	const ofPoetry = file.get(poetry, "tool.poetry.", "dependencies", "table") ?? {};
	const sources = entriesOf("tool.uv.sources", ofUv);
	const names = new Set(sources.map(({ name }) => name));
	return [
		...sources,
		...entriesOf("tool.poetry.dependencies", ofPoetry).filter(({ name }) => !names.has(name)),
	];
}

function entriesOf(prefix: string, table: TomlTable): Source[] {
	return Object.entries(table).flatMap(([key, value]) =>
		([value].flat() as unknown[]).flatMap((entry): Source[] => {
			if (typeof entry !== "object" || entry === null) return [];
			const { path, workspace, marker, markers = marker } = entry as TomlTable;
			if (!ELSEWHERE.some((kind) => kind in entry)) return [];
			return [
				{
					name: normalizeName(key),
					...{ key: `${prefix}.${key}`, value },
					...(typeof markers === "string" && { marker: markers }),
					place: placeOf(path, workspace),
				},
			];
		}),
	);
}

function placeOf(path: unknown, workspace: unknown): Source["place"] {
	if (typeof path === "string") return isArchive(path) ? undefined : { path };
	return workspace === true ? { isMember: true } : undefined;
}

/** Whether a path is that of a file with a distribution. */
export function isArchive(path: string): boolean {
	return /\.(?:whl|zip|tgz|tar(?:\.\w+)?)$/.test(path);
}

/** The source of a dependency, where it has one that applies. */
export function sourceOf(
	file: LockFile,
	sources: readonly Source[],
	{ name, url }: Requirement,
	environment: MarkerEnvironment,
): Source | undefined {
	if (url !== undefined) {
		const path = folderOfUrl(url);
		const place = path === undefined ? undefined : { path };
		return { name, key: "project.dependencies", value: `${name} @ ${url}`, place };
	}
	return sources.find(
		(source) => source.name === name && holds(file, source.key, source.marker, environment),
	);
}

/**
 * The folder of a URL: from the project's, as PDM writes it, or an absolute one, as Poetry does, which is
 * refused later.
 */
function folderOfUrl(url: string): string | undefined {
	const [, path] = /^file:\/\/(?:\/?\$\{PROJECT_ROOT\}\/)?(.+)$/.exec(url) ?? [];
	return path === undefined || isArchive(path) ? undefined : path;
}

/**
 * The path of a folder from the app's, `.` being that itself: the same for one folder however it is
 * written, wherever the checkout is. An absolute one stays as it is.
 */
export function folderFrom(app: string, ...path: readonly (string | undefined)[]): string {
	const whole = posix.join(...path.filter((part) => part !== undefined));
	if (posix.isAbsolute(whole)) return whole;
	return posix.relative(resolve(app), resolve(app, whole)) || ".";
}
