import { expect, it } from "vitest";
import { patchPlace } from "./place.ts";

it("is a folder by the Python's series, where the stack file names none", () => {
	const { python, folder, isNamed } = patchPlace("local", undefined);
	expect(python.series.series).toBe("3.13");
	expect({ folder, isNamed }).toEqual({
		folder: "patches/3.13",
		isNamed: false,
	});
});

it("is of a Python that the stack has", () => {
	expect(patchPlace("local", "3.13").python.version).toMatch(/^3\.13\./);
	expect(() => patchPlace("local", "3.9")).toThrow(
		"the stack local has no Python 3.9; write one of 3.13",
	);
});
