import { expect, it } from "vitest";
import type { Ledger } from "../../components/sizes/ledger.ts";
import { sizesTable } from "./table.ts";

const MB = 1_000_000;

it("shows what is large or changed, and what python adds to the base", () => {
	const before = { base: [{ "usr/bin": MB, etc: 1 }], debbase: [{ "usr/lib": 5 }] };
	const now: Ledger = {
		base: [{ "usr/bin": MB, etc: 1 }],
		debbase: [{ a: 1 }, { "usr/lib": 3 }],
		python: [{ opt: 2 * MB }],
	};
	const rows = sizesTable({ ...before, python: [{ opt: MB, venv: 9 }] }, now)
		.split("\n")
		.map((row) => row.trim().split(/ {2,}/));
	expect(rows).toEqual([
		["base", "1000001"],
		["usr/bin", "1000000"],
		["debbase", "4", "-1"],
		["usr/lib", "3", "-2"],
		["a", "1", "+1"],
		["python", "2000000", "+999991"],
		["opt", "2000000", "+1000000"],
		["venv", "0", "-9"],
		["debbase and python", "2000004", "+999990"],
	]);
});

it("adds up each Python", () => {
	const now = { debbase: [{ a: 1 }], python: [{ opt: 2 }], "python-3.12": [{ opt: 3 }] };
	const rows = sizesTable({}, now).split("\n").slice(-2);
	expect(rows.map((row) => row.trim().split(/ {2,}/))).toEqual([
		["debbase and python", "3"],
		["debbase and python-3.12", "4"],
	]);
});

it("adds up each platform", () => {
	const now = {
		debbase: [{ a: 1 }],
		"python-3.12": [{ opt: 2 }],
		"debbase-arm64": [{ a: 5 }],
		"python-3.12-arm64": [{ opt: 3 }],
	};
	const rows = sizesTable({}, now).split("\n").slice(-2);
	expect(rows.map((row) => row.trim().split(/ {2,}/))).toEqual([
		["debbase and python-3.12", "3"],
		["debbase-arm64 and python-3.12-arm64", "8"],
	]);
});

it("tells no growth where nothing was known", () => {
	expect(sizesTable({}, { python: [{ opt: 5 }] })).not.toContain("+");
});
