import type { Codename } from "./debian.ts";

/**
 * Bytes that the image python may add to its base, libraries included: what was measured on amd64,
 * 0.38 MB for libexpat1, which came later, and 1 to 2 % on top. A pair that nobody measured has no
 * budget.
 */
const budgets: Partial<Record<Codename, Readonly<Record<string, number>>>> = {
	bullseye: { "3.13": 41_000_000 }, // measured: 39.84 MB, 3.13.5, optimized
	bookworm: { "3.13": 46_000_000 }, // measured: 45.10 MB, 3.13.5, optimized
	trixie: {
		"3.13": 38_900_000, // measured: 37.80 MB, 3.13.5, optimized
		"3.14": 40_900_000, // measured: 39.69 MB, 3.14.7, optimized
	},
};

/**
 * Bytes that the image python may add to its base; undefined where there is no budget. There is none
 * for arm64, where nobody measured: its linker aligns to 64 KiB (binutils, MAXPAGESIZE).
 */
export function sizeBudget(
	codename: Codename,
	series: string,
	architecture: string,
): number | undefined {
	return architecture === "amd64" ? budgets[codename]?.[series] : undefined;
}
