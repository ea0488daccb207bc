import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoteInstruction } from "./instructions.ts";

describe("quoteInstruction", () => {
	it("is taken back by the rules of a Dockerfile, for any text", () => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme" }), (text) => {
				const quoted = quoteInstruction(text);
				expect(quoted).toMatch(/^"(?:[^"\\$]|\\["\\$])*"$/s);
				expect(quoted.slice(1, -1).replace(/\\(["\\$])/g, "$1")).toBe(text);
			}),
		);
	});
});
