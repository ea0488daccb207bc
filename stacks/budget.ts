import type { Codename } from "./debian.ts";

/**
 * Bytes that the image python may add to its base, libraries included: what was measured on amd64
 * in the larger of the two profiles, and about 2 %. A pair that nobody measured has no budget.
 */
const budgets: Partial<Record<Codename, Readonly<Record<string, number>>>> = {
	bookworm: { "3.13": 45_600_000 }, // measured: 44.77 MB, 3.13.5, quick
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
