/** Which wheels fit a target, by their file names, and which of them pip would take. */

import { pythonSeries, type Target } from "./target.ts";

/** A wheel's file name, parsed (PEP 427). */
export interface WheelName {
	/** As it stands there. */
	readonly distribution: string;
	readonly version: string;
	/** Its number and the rest; absent where it has no build tag. */
	readonly build?: readonly [bigint, string];
	/** Such as `cp313-cp313-manylinux_2_17_x86_64`, all that it names (PEP 425). */
	readonly tags: readonly string[];
}

const wheelName =
	/^(?<distribution>[^-]+)-(?<version>[^-]+)(?:-(?<number>\d+)(?<rest>[^-]*))?-(?<python>[^-]+)-(?<abi>[^-]+)-(?<platform>[^-]+)\.whl$/;

/** Parses a wheel's file name; `undefined` if it is none. */
export function parseWheelName(name: string): WheelName | undefined {
	const parts = wheelName.exec(name)?.groups;
	if (parts === undefined) return undefined;
	const { distribution = "", version = "", number, rest = "" } = parts;
	const [pythons = [], abis = [], platforms = []] = [parts.python, parts.abi, parts.platform].map(
		(part) => part?.split(".") ?? [],
	);
	return {
		distribution,
		version,
		...(number !== undefined && { build: [BigInt(number), rest] as const }),
		tags: pythons.flatMap((python) =>
			abis.flatMap((abi) => platforms.map((platform) => `${python}-${abi}-${platform}`)),
		),
	};
}

/**
 * The tags that fit a target, best first: the order of pip's library "packaging" 26 on CPython
 * (PEP 425), with glibc's platforms (PEP 600) and none of musl's.
 */
export function supportedTags(target: Target): string[] {
	const { major, minor } = pythonSeries(target);
	const platforms = platformTags(target);
	const own = `cp${major}${minor}`;
	const withPlatforms = (prefix: string) => platforms.map((platform) => `${prefix}-${platform}`);
	const older = Array.from({ length: minor }, (_, index) => minor - 1 - index);
	// To 3.7 the ABI's tag says that Python's own allocator is in use (PEP 3149)
	const flags = target.abiFlags ?? (minor < 8 ? "m" : "");
	// A debug build loads what is compiled for the common one too (bpo-36465)
	const abis = flags === "d" ? [`${own}d`, own] : [own + flags];
	// A free-threaded Python has a stable ABI of its own (PEP 803)
	const stable = target.abiFlags === "t" ? "abi3t" : "abi3";
	const pure = [
		`py${major}${minor}`,
		`py${major}`,
		...older.map((number) => `py${major}${number}`),
	];
	return [
		...abis.flatMap((abi) => withPlatforms(`${own}-${abi}`)),
		...withPlatforms(`${own}-${stable}`),
		...withPlatforms(`${own}-none`),
		// The stable ABI came with 3.2 (PEP 384)
		...older.filter((n) => n >= 2).flatMap((n) => withPlatforms(`cp${major}${n}-${stable}`)),
		...pure.flatMap((python) => withPlatforms(`${python}-none`)),
		`${own}-none-any`,
		...pure.map((python) => `${python}-none-any`),
	];
}

/** Older names of platform tags, by the glibc of 2.x that they mean (PEP 513, 571, 599). */
const aliases: Readonly<Record<number, string>> = {
	5: "manylinux1",
	12: "manylinux2010",
	17: "manylinux2014",
};

function platformTags({ glibc, machine }: Target): string[] {
	const newest = Number(glibc.split(".")[1]);
	const oldest = machine === "x86_64" ? 5 : 17; // as packaging has it: no wheels for older ones
	const versions = Array.from({ length: newest - oldest + 1 }, (_, index) => newest - index);
	return [
		`linux_${machine}`,
		...versions.flatMap((version) => {
			const alias = aliases[version];
			return [
				`manylinux_2_${version}_${machine}`,
				...(alias === undefined ? [] : [`${alias}_${machine}`]),
			];
		}),
	];
}

/** The place of each tag that fits a target in the order of supportedTags. */
export function tagRanks(target: Target): ReadonlyMap<string, number> {
	return new Map(supportedTags(target).map((tag, rank) => [tag, rank]));
}

/**
 * The one of these wheel file names that pip would take on a target, which `ranks` is of: by the best
 * of its tags, then by the higher build tag. `undefined` if none fits; what is no wheel's name fits
 * nothing.
 */
export function bestWheel(
	names: readonly string[],
	ranks: ReadonlyMap<string, number>,
): string | undefined {
	const fitting = names.flatMap((name) => {
		const wheel = parseWheelName(name);
		const rank = Math.min(...(wheel?.tags.map((tag) => ranks.get(tag) ?? Infinity) ?? []));
		return Number.isFinite(rank) ? [{ name, rank, build: wheel?.build }] : [];
	});
	fitting.sort(
		(one, other) =>
			one.rank - other.rank ||
			compareBuilds(other.build, one.build) ||
			(one.name < other.name ? -1 : 1),
	);
	return fitting[0]?.name;
}

/** One without a build tag is lower than any with (PEP 427). */
function compareBuilds(one: WheelName["build"], other: WheelName["build"]): number {
	const [[number, rest], [otherNumber, otherRest]] = [one ?? [-1n, ""], other ?? [-1n, ""]];
	if (number !== otherNumber) return number < otherNumber ? -1 : 1;
	return rest < otherRest ? -1 : Number(rest > otherRest);
}
