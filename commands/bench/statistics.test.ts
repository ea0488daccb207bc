import { describe, expect, it } from "vitest";
import { best, geometricMean } from "./statistics.ts";

describe("geometricMean", () => {
	it("treats twice and half alike", () => {
		expect(geometricMean([2, 0.5])).toBeCloseTo(1);
		expect(geometricMean([0.8, 0.8, 0.8])).toBeCloseTo(0.8);
		expect(geometricMean([1, 4])).toBeCloseTo(2);
	});

	it("of nothing is an error, as is the best of nothing", () => {
		expect(() => geometricMean([])).toThrow(/nothing/);
		expect(() => best([])).toThrow(/no time/);
	});
});
