import { expect, it } from "vitest";
import { compileMinutes, compileSeconds } from "./compile-times.ts";

const seconds = (release: "jessie" | "bullseye" | "bookworm" | "trixie", series = "3.13") =>
	compileSeconds({ release, series, profile: "optimized" });

it("is what was measured, where it was", () => {
	expect(seconds("bookworm")).toBe(302);
	expect(seconds("bullseye")).toBeCloseTo(451);
	expect(seconds("bookworm", "3.9") / seconds("bookworm")).toBeCloseTo(142 / 139);
	expect(compileSeconds({ release: "bookworm", series: "3.13", profile: "quick" })).toBe(109);
});

it("is that of the nearest release and series elsewhere", () => {
	expect(seconds("jessie")).toBe(seconds("bullseye"));
	expect(seconds("trixie", "3.15")).toBe(seconds("trixie", "3.13"));
	expect(seconds("trixie", "3.4")).toBe(seconds("trixie", "3.9"));
});

it("is in proportion to both", () => {
	const share = seconds("trixie") / seconds("bookworm");
	expect(seconds("trixie", "3.11")).toBeCloseTo(seconds("bookworm", "3.11") * share);
});

it("has whole minutes, of which the last one has begun", () => {
	expect(compileMinutes({ release: "bookworm", series: "3.13", profile: "optimized" })).toBe(6);
});
