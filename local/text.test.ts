import fc from "fast-check";
import { expect, it } from "vitest";
import { COLUMNS, section, shortReference, table, wrap } from "./text.ts";

it("wraps at spaces, loses no word, and keeps to the columns where the words do", () => {
	const words = fc.array(fc.stringMatching(/^[a-z]{1,80}$/), { minLength: 1, maxLength: 60 });
	fc.assert(
		fc.property(words, fc.nat(20), (list, indent) => {
			const lines = wrap(" ".repeat(indent), list.join(" "));
			expect(lines.join(" ").split(/ +/).filter(Boolean)).toEqual(list);
			for (const line of lines) expect(line.length).toBeLessThanOrEqual(COLUMNS);
		}),
	);
});

it("indents what follows as far as the first line", () => {
	expect(wrap("  name  ", `${"a".repeat(60)} ${"b".repeat(60)}`)).toEqual([
		`  name  ${"a".repeat(60)}`,
		`        ${"b".repeat(60)}`,
	]);
});

it("sets columns below each other, at their ends too, and no spaces at the end of a line", () => {
	const rows = [
		["red", "1", "x"],
		["white", "22", ""],
	];
	expect(table([{ width: 7 }, { gap: 1, right: true }, {}], rows)).toEqual([
		"red       1 x",
		"white    22",
	]);
	expect(table([{}, {}], [])).toEqual([]);
});

it("shortens a digest, and leaves what has none", () => {
	expect(shortReference(`debian:trixie@sha256:${"0123456789abcdef".repeat(4)}`)).toBe(
		"debian:trixie@sha256:0123456789ab",
	);
	expect(shortReference("debian:trixie")).toBe("debian:trixie");
});

it("sets the texts of a section below each other", () => {
	expect(
		section("wines", [
			["red", "one"],
			["white", "two"],
		]),
	).toEqual(["wines", "  red    one", "  white  two"]);
	expect(section("warnings", [["", "beware"]])).toEqual(["warnings", "  beware"]);
	expect(section("nothing", [])).toEqual([]);
});
