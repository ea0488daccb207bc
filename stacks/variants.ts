/** Variants of CPython: other builds of a version, with an ABI of their own. */

import { Refusal } from "./config-values.ts";
import {
	type CPythonSeries,
	compareVersions,
	cpythonSeries,
	isPreRelease,
	newestRelease,
} from "./cpython.ts";

/** The variants that a stack may have. `free-threaded` is without the GIL (PEP 703). */
export const variants = ["free-threaded"] as const;

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

/** What a variant adds to names, `sys.abiflags`, and to configure. */
const BUILDS = {
	"free-threaded": { flags: "t", configure: "--disable-gil" },
} as const satisfies Readonly<Record<Variant, object>>;

/** The oldest series with the option of configure (What's New 3.13). */
const OLDEST = "3.13";

/** `t` of a free-threaded Python, nothing of the common one: `sys.abiflags`. */
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

/** Why a series cannot be of a variant; undefined where it can. */
export function variantRefusal(
	variant: Variant,
	{ series }: Pick<CPythonSeries, "series">,
): Refusal | undefined {
	if (compareVersions(series, OLDEST) >= 0) return undefined;
	const able = cpythonSeries.filter((each) => compareVersions(each.series, OLDEST) >= 0);
	const versions = able
		.map((each) => newestRelease(each).version)
		.filter((version) => !isPreRelease(version));
	return new Refusal(
		`needs ${BUILDS[variant].configure}, which configure of CPython ${series} does not have`,
		`write pythonVersion: ${versions.map((version) => `"${version}"`).join(" or ")}, or remove variant`,
	);
}
