/** Variants of CPython: other builds of a version, with an ABI of their own. */

import { type Profile, Refusal } from "./config-values.ts";
import {
	type CPythonSeries,
	compareVersions,
	cpythonSeries,
	isPreRelease,
	newestRelease,
} from "./cpython.ts";

/** The variants that a stack may have. `free-threaded` is without the GIL (PEP 703), `debug` checks itself. */
export const variants = ["free-threaded", "debug"] as const;

/** One of them. */
export type Variant = (typeof variants)[number];

/** What says which build of which series a Python is. */
export interface Build {
	readonly series: Pick<CPythonSeries, "series">;
	/** Absent: the common one. */
	readonly variant?: Variant;
}

/** What a stack writes as `variant`: one of them, or `minimal`, which is another image of the common build. */
export const variantWords = [...variants, "minimal"] as const;

interface Definition {
	/** What it adds to names: `sys.abiflags`. */
	readonly flags: string;
	/** What it adds to configure. */
	readonly configure: string;
	/** The oldest series that can be it. */
	readonly oldest: string;
	/** Why an older one cannot. */
	readonly refusal: (series: string) => string;
}

const BUILDS: Readonly<Record<Variant, Definition>> = {
	"free-threaded": {
		flags: "t",
		configure: "--disable-gil",
		// What's New 3.13.
		oldest: "3.13",
		refusal: (series) => `needs --disable-gil, which configure of CPython ${series} does not have`,
	},
	debug: {
		flags: "d",
		configure: "--with-pydebug",
		// bpo-36465: from 3.8 on it loads what was compiled for the common build.
		oldest: "3.8",
		refusal: (series) =>
			`has in CPython ${series} an ABI of its own, which no wheel of the package index is for`,
	},
};

/** `t` of a free-threaded Python, `d` of a debug build, nothing of the common one: `sys.abiflags`. */
export function abiFlags({ variant }: Pick<Build, "variant">): string {
	return variant === undefined ? "" : BUILDS[variant].flags;
}

/**
 * What a Python's package, folder and programs are named by: its series, with ABI flags behind it, such as
 * 3.13 and 3.13t. Upstream's name for it is LDVERSION.
 */
export function pythonName(python: Build): string {
	return python.series.series + abiFlags(python);
}

/** A full version with ABI flags behind it, such as 3.13.5 and 3.13.5t, as uv and pyenv write it. */
export function versionName(python: Build & { readonly version: string }): string {
	return python.version + abiFlags(python);
}

/** The name of its folder below `lib`, such as `python3.13t`: of a debug build it has no flag. */
export function libraryName(python: Build): string {
	const flags = python.variant === "debug" ? "" : abiFlags(python);
	return `python${python.series.series}${flags}`;
}

/** What configure needs to make a variant. */
export function variantFlags({ variant }: Pick<Build, "variant">): readonly string[] {
	return variant === undefined ? [] : [BUILDS[variant].configure];
}

/** The word of a variant, exactly. */
export function parseVariant(value: string): (typeof variantWords)[number] {
	const variant = variantWords.find((name) => name === value);
	if (variant !== undefined) return variant;
	const named = variantWords.filter((name) => value.includes(name));
	if (named.length > 1)
		throw new Refusal(
			"names several variants, and a Python has one",
			`write variant: ${named.join(" or ")}`,
		);
	throw new Refusal(`is not a variant (${variantWords.join(", ")})`);
}

/** Why a Python cannot be of a variant; undefined where it can. */
export function variantRefusal(
	variant: Variant,
	{ series }: Pick<CPythonSeries, "series">,
	profile: Profile | undefined,
): Refusal | undefined {
	const { oldest, refusal } = BUILDS[variant];
	if (compareVersions(series, oldest) < 0)
		return new Refusal(refusal(series), `write ${newestSince(oldest)}, or remove variant`);
	if (variant === "debug" && profile !== undefined && profile !== "quick")
		return new Refusal(
			`is compiled by -Og, and profile: ${profile} is PGO and LTO`,
			"write profile: quick beside it, or remove variant",
		);
	return undefined;
}

/** The newest two that a series or a newer one has, as a stack has them. */
function newestSince(oldest: string): string {
	const versions = cpythonSeries
		.filter(({ series }) => compareVersions(series, oldest) >= 0)
		.map((series) => newestRelease(series).version)
		.filter((version) => !isPreRelease(version));
	return `pythonVersion: ${versions
		.slice(-2)
		.map((version) => `"${version}"`)
		.join(" or ")}`;
}
