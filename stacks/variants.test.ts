import { expect, it } from "vitest";
import { type CPythonSeries, findSeries } from "./cpython.ts";
import { libraryName, parseVariant, pythonName, variantFlags, versionName } from "./variants.ts";

const series = findSeries("3.13") as CPythonSeries;

it("a variant has the ABI's flags in its names, as upstream has them", () => {
	const free = { version: "3.13.5", series, variant: "free-threaded" } as const;
	expect([pythonName(free), versionName(free)]).toEqual(["3.13t", "3.13.5t"]);
	expect(variantFlags(free)).toEqual(["--disable-gil"]);
	const debug = { version: "3.13.5", series, variant: "debug" } as const;
	expect([pythonName(debug), versionName(debug)]).toEqual(["3.13d", "3.13.5d"]);
	expect([libraryName(free), libraryName(debug)]).toEqual(["python3.13t", "python3.13"]);
});

it("the common build has the names of its series and version", () => {
	const common = { version: "3.13.5", series };
	expect([pythonName(common), versionName(common)]).toEqual(["3.13", "3.13.5"]);
	expect(variantFlags({})).toEqual([]);
});

it.each([
	["thin", "is not a variant (free-threaded, debug, minimal)"],
	["free-threaded-minimal", "names several variants, and a Python has one"],
	['["free-threaded","minimal"]', "names several variants, and a Python has one"],
])("%s is none", (value, reason) => {
	expect(() => parseVariant(value)).toThrow(reason);
});
