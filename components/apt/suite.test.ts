import { describe, expect, it } from "vitest";
import { parseEntries } from "./entries.ts";
import { dueText } from "./look.ts";
import { dueOf, isDue, type Suite } from "./suite.ts";

const now = new Date("2026-11-27T12:00:00Z");
const inputs = {
	SUITE: "bookworm",
	IMAGES: { "cpython3.13 3.13.5-1 (amd64)": "repository:package-0123456789ab" },
	KEYS: ["A", "B"],
	VALID_DAYS: 30,
};
const entries = parseEntries(
	"Package: cpython3.13\nFilename: pool/bookworm/0123456789ab/20261127T120000Z-0a/x.deb\n",
);

/** What is due of a suite that has all, but for what is said. */
function due(change: Partial<Suite> = {}) {
	const validUntil = new Date("2026-12-27T12:00:00Z");
	const suite = { version: "1", written: now, entries, validUntil, keys: ["B", "A"], ...change };
	return dueOf(suite, inputs, now);
}

describe("a suite", () => {
	it("that has all is left alone", () => {
		expect(isDue(due())).toBe(false);
		expect(dueText(due(), inputs)).toBe("");
	});

	it("that lacks an image's packages gets them", () => {
		expect(isDue(due({ entries: [] }))).toBe(true);
		expect(dueText(due({ entries: [] }), inputs)).toBe("bookworm: cpython3.13 3.13.5-1 (amd64)");
	});

	it("is signed anew when less than half of its time is left", () => {
		expect(isDue(due({ validUntil: new Date("2026-12-12T12:00:00Z") }))).toBe(false);
		const half = due({ validUntil: new Date("2026-12-12T11:00:00Z") });
		expect(dueText(half, inputs)).toBe("bookworm, signed anew: valid until 2026-12-12");
	});

	it("is signed anew when the keys are others", () => {
		expect(dueText(due({ keys: ["A"] }), inputs)).toBe("bookworm, signed anew: aptKeys are others");
	});
});
