import { expect, it } from "vitest";
import { supportLevel } from "./support.ts";

it.each([
	["2026-11-21", "ended"],
	["2026-11-22", "soon"], // the last day itself
	["2027-05-21", "soon"],
	["2027-05-22", "fine"],
	["2026-10", "ended"],
	["2026-11", "soon"], // until its last day
	["2027-05", "fine"],
])("a support that ends on %s is, on 2026-11-22: %s", (end, level) => {
	expect(supportLevel(end, new Date("2026-11-22T23:59:59Z"))).toBe(level);
});
