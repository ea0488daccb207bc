import { describe, expect, it } from "vitest";
import { ConfigError, characterProblem, quote } from "./config-error.ts";

describe("quote", () => {
	it.each([
		["3.13.5", '"3.13.5"'],
		["", '""'],
		['a"b\\c', '"a\\"b\\\\c"'],
		["a\tb\r\n", '"a\\tb\\r\\n"'],
		["\u{1b}[31m\u{7f}", '"\\u{001B}[31m\\u{007F}"'],
		["\u{202e}x\u{1f600}", '"\\u{202E}x\\u{1F600}"'],
		["\ud83d", '"\\u{D83D}"'],
		["x".repeat(60), `"${"x".repeat(60)}"`],
		["x".repeat(61), `"${"x".repeat(60)}"... (61 characters)`],
		["bob:pass@example.org/x", '"***@example.org/x"'],
		["https://bob:p@ss/w:rd@example.org", '"***@example.org"'],
		["https://token@example.org", '"***@example.org"'],
		["debian:12@sha256:ab", '"debian:12@sha256:ab"'],
		["bob:pass@example.org/x@sha256:ab", '"***@example.org/x@sha256:ab"'],
		[":".repeat(1_000_000), `"${":".repeat(60)}"... (1000000 characters)`],
		["debian@12", '"debian@12"'],
	])("case %#", (text, shown) => expect(quote(text)).toBe(shown));
});

it("characterProblem names the first bad character", () => {
	expect(characterProblem("debian:12", 9)).toBeUndefined();
	expect(characterProblem("debian:12", 8)).toBe("has 9 characters, more than 8");
	expect(characterProblem("p\u0443thon", 9)).toBe(
		"contains U+0443 (looks like ASCII y), which is not ASCII",
	);
	expect(characterProblem("\u00e4", 9)).toBe("contains U+00E4, which is not ASCII");
});

it("the message has one line for each problem", () => {
	const problem = { key: "base", value: '"x"', reason: "is bad", remedy: "write y" };
	expect(new ConfigError("a\nb", [problem, problem]).message).toBe(
		'the config of stack "a\\nb" has 2 problems:\n  base: "x" is bad; write y\n  base: "x" is bad; write y',
	);
});
