import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { makeAgain } from "./again.ts";

beforeEach(() => {
	vi.useFakeTimers({ now: new Date("2027-01-01T00:00:00Z") });
});
afterEach(() => {
	vi.useRealTimers();
});

it("changes an input where something is lost", () => {
	expect(makeAgain(true, "triggers", { protect: true })).toEqual({
		moment: "2027-01-01T00:00:00.000Z",
		opts: { protect: true },
	});
});

it("else leaves it to the engine as it is in the state", () => {
	expect(makeAgain(false, "triggers", { protect: true, ignoreChanges: ["name"] })).toEqual({
		moment: undefined,
		opts: { protect: true, ignoreChanges: ["name", "triggers"] },
	});
});
