import { describe, expect, it } from "vitest";
import type { Profile } from "./config-values.ts";
import { type CPythonSeries, findSeries } from "./cpython.ts";
import { framePointerInputs, framePointerWarnings } from "./frame-pointers.ts";

/** A Python of a series. */
const python = (series: string, profile: Profile, framePointers?: boolean) => ({
	version: `${series}.1`,
	series: findSeries(series) as CPythonSeries,
	profile,
	...(framePointers !== undefined && { framePointers }),
});
const nothing = { flags: [], variables: {} };

describe("what configure gets", () => {
	it.each([
		python("3.13", "optimized"),
		python("3.13", "quick", false),
		python("3.15", "optimized"),
		python("3.15", "quick", true),
		python("3.13", "hardened", true),
		python("3.15", "hardened", true),
	])("is nothing for what is so by itself: %o", (own) => {
		expect(framePointerInputs(own)).toEqual(nothing);
	});

	it("are 3.15's flags, for what is older", () => {
		expect(framePointerInputs(python("3.14", "optimized", true))).toEqual({
			flags: [],
			variables: { BASECFLAGS: "-fno-omit-frame-pointer -mno-omit-leaf-frame-pointer" },
		});
	});

	it("is upstream's way out, for what is newer", () => {
		expect(framePointerInputs(python("3.15", "optimized", false))).toEqual({
			flags: ["--without-frame-pointers"],
			variables: {},
		});
	});
});

it.each([
	[python("3.13", "hardened", true), ["the profile hardened has them already"]],
	[python("3.15", "quick", true), ["CPython 3.15.1 has them already"]],
	[python("3.13", "quick", true), []],
	[python("3.13", "hardened"), []],
])("a preview tells where they change nothing: %o", (own, warnings) => {
	expect(framePointerWarnings(own)).toEqual(
		warnings.map((end) => `framePointers changes nothing: ${end}`),
	);
});
