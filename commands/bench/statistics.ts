/**
 * The least of some times: what the machine can do when nothing disturbs it. Noise only ever adds
 * (pyperf's documentation, "How to get reproducible benchmark results").
 */
export function best(times: readonly number[]): number {
	if (times.length === 0) throw new Error("no time was measured");
	return Math.min(...times);
}

/** The geometric mean, which treats twice as quick and half as quick alike. */
export function geometricMean(ratios: readonly number[]): number {
	if (ratios.length === 0) throw new Error("there is nothing to take the mean of");
	return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}
