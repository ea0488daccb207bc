/** pylock.build.toml: what builds each distribution that is compiled, as a dependency group of its name. */

import { parse, type TomlTable } from "smol-toml";
import { normalizeName } from "../../stacks/lock/names.ts";
import type { BuildGroup } from "./container.ts";
import {
	byNameAndVersion,
	type Package,
	type PylockFile,
	packagesOf,
	pylockText,
} from "./pylock-file.ts";

/** What goes into pylock.build.toml. */
export interface BuildLockContent {
	readonly targets: PylockFile["targets"];
	/** By name of the distribution. */
	readonly groups: Readonly<Record<string, BuildGroup>>;
	/** By name of the distribution, the digests of what its group is locked for. */
	readonly requires: Readonly<Record<string, readonly string[]>>;
	/** Whether it says where files are. */
	readonly urls: boolean;
}

/** The text of pylock.build.toml. */
export function buildLockText({ targets, groups, requires, urls }: BuildLockContent): string {
	const names = Object.keys(groups).sort();
	const entries = names.flatMap((group) =>
		packagesOf(groups[group]?.lock ?? "", urls).map((locked) => ({ group, locked })),
	);
	// One that several groups have stands there once.
	const same = Map.groupBy(entries, ({ locked }) => JSON.stringify(locked));
	const packages = [...same.values()].flatMap(([first, ...others]): Package[] => {
		if (first === undefined) return [];
		const users = [first, ...others].map(({ group }) => `'${group}' in dependency_groups`);
		const own = first.locked.marker;
		const anyOf = users.join(" or ");
		return [{ ...first.locked, marker: own === undefined ? anyOf : `(${anyOf}) and (${own})` }];
	});
	const inOrder = Object.fromEntries(names.map((name) => [name, requires[name] ?? []]));
	return pylockText({
		targets,
		groups: names,
		packages: packages.sort(byNameAndVersion),
		tool: { requires: inOrder },
	});
}

/**
 * The locks that a pylock.build.toml joins, by group: uv takes their versions again, where they still
 * do. What is no such file has none.
 */
export function groupLocks(text: string | undefined): Record<string, string> {
	const root = readable(text);
	const groups = Array.isArray(root["dependency-groups"]) ? root["dependency-groups"] : [];
	const packages = Array.isArray(root.packages) ? (root.packages as TomlTable[]) : [];
	return Object.fromEntries(
		groups.map((group) => {
			const own = packages.filter(({ marker }) => String(marker).includes(`'${group}' in`));
			return [normalizeName(String(group)), preference(own)];
		}),
	);
}

function readable(text: string | undefined): TomlTable {
	try {
		return parse(text ?? "");
	} catch {
		return {};
	}
}

/** A lock of which uv reads the versions alone. */
function preference(packages: readonly TomlTable[]): string {
	const lines = packages.map(
		({ name, version }) =>
			`\n[[packages]]\nname = ${JSON.stringify(name)}\nversion = ${JSON.stringify(version)}\n`,
	);
	return `lock-version = "1.0"\ncreated-by = "uv"\n${lines.join("")}`;
}
