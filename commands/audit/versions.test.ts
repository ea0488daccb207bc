import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { debianOrder, pythonOrder } from "./versions.ts";

/** What dpkg itself says. */
function dpkg(a: string, b: string): number {
	const is = (relation: string) =>
		spawnSync("dpkg", ["--compare-versions", a, relation, b]).status === 0;
	if (is("lt")) return -1;
	return is("gt") ? 1 : 0;
}

describe("Debian's versions", () => {
	it.each([
		["3.0.17-1~deb12u2", "3.0.17-1", -1],
		["1.0", "1.0~rc1", 1],
		["1.0", "1.0-0", 0],
		["1:1.0-1", "2.0-1", 1],
		["1.0-1+b3", "1.0-1", 1],
		["1.0-2", "1.0-10", -1],
		["1.0a", "1.0+", -1],
		["1.2-3-4", "1.2-3-10", -1],
		["0~git20230311.99999999999999999998-1", "0~git20230311.99999999999999999999-1", -1],
		["2.36-9+deb12u14", "2.36-9+deb12u9", 1],
	])("%s and %s", (a, b, order) => {
		expect(Math.sign(debianOrder.compare(a, b))).toBe(order);
		expect(Math.sign(debianOrder.compare(b, a))).toBe(0 - order);
		expect(dpkg(a, b)).toBe(order);
	});

	it("are in dpkg's order, whatever they are", () => {
		const part = fc.stringMatching(/^[0-9][0-9a-c.+~]{0,5}$/);
		const version = fc
			.tuple(fc.constantFrom("", "1:"), part, fc.oneof(fc.constant(""), part))
			.map(([epoch, upstream, revision]) => epoch + upstream + (revision && `-${revision}`));
		fc.assert(
			fc.property(version, version, (a, b) => {
				expect(Math.sign(debianOrder.compare(a, b)), `${a} and ${b}`).toBe(dpkg(a, b));
			}),
			{ numRuns: 200 },
		);
	});
});

it("of Python and of CPython have a pre-release before its release", () => {
	expect(pythonOrder.compare("3.15.0rc1", "3.15.0")).toBeLessThan(0);
	expect(pythonOrder.isVersion("v3.15.0-alpine")).toBe(false);
});
