import { describe, expect, it } from "vitest";
import { loopsOf, type Measured } from "./measure.ts";
import { plot } from "./plot.ts";
import { programs, quickPrograms } from "./programs.ts";
import { markdown } from "./report.ts";
import { parseSubject } from "./subjects.ts";
import { type Row, ratiosOf, releaseOwn } from "./summary.ts";

function measured(name: string, times: Record<string, number[]>): Measured {
	const subject = { name, image: `${name}:1` };
	return { subject, programs: new Map(Object.entries(times)), starts: new Map() };
}

const row: Row = {
	name: "a<b",
	version: "3.13.5",
	ratios: new Map([["nbody", 0.5]]),
	mean: 0.5,
	besideOwn: undefined,
	starts: [0.01, 0.02, 0.15],
	bytes: 38_800_000,
};

describe("a ratio", () => {
	it("is of the best values", () => {
		const ratios = ratiosOf(measured("a", { nbody: [9, 2] }), measured("b", { nbody: [4, 5, 8] }));
		expect(ratios).toEqual(new Map([["nbody", 0.5]]));
	});

	it("needs the reference's value", () => {
		expect(() => ratiosOf(measured("a", { nbody: [1] }), measured("b", {}))).toThrow(/no time/);
	});
});

describe("the release's own Python", () => {
	const [ours, own, upstream] = ["optimized", "debian", "upstream"].map((name) =>
		measured(name, {}),
	) as [Measured, Measured, Measured];
	const versions = (series: string) =>
		new Map([
			[ours, "3.13.5"],
			[own, series],
			[upstream, "3.13.5"],
		]);

	it("is compared with where it is of the series of the stack's", () => {
		expect(releaseOwn(versions("3.13.12"), upstream)).toBe(own);
		expect(releaseOwn(versions("3.11.2"), upstream)).toBeUndefined();
		expect(releaseOwn(versions("3.1.3"), upstream)).toBeUndefined();
	});

	it("is so once: not where it is the reference, and not where it was not measured", () => {
		expect(releaseOwn(versions("3.13.5"), own)).toBeUndefined();
		expect(releaseOwn(new Map([[ours, "3.13.5"]]), ours)).toBeUndefined();
	});
});

describe("the report", () => {
	const plan = {
		programs: programs.filter(({ name }) => name === "nbody"),
		rounds: 5,
		values: 3,
		starts: 1,
	};
	const report = { reference: "official", plan, machine: "a machine" };

	it("has a line for each image and each program", () => {
		const text = markdown({ ...report, rows: [row] });
		expect(text).toContain("| a<b | 3.13.5 | **0.500** | 10.0 ms | 20.0 ms | 150.0 ms | 38.8 MB |");
		expect(text).toContain("| nbody | 0.500 |");
		expect(text).toContain("time, official = 1");
		expect(text).not.toContain("debian = 1");
	});

	it("tells the time beside the release's own Python too", () => {
		const text = markdown({ ...report, rows: [{ ...row, besideOwn: 0.95 }] });
		expect(text).toContain("| image | Python | time, official = 1 | time, debian = 1 | start");
		expect(text).toContain("| a<b | 3.13.5 | **0.500** | 0.950 | 10.0 ms |");
	});

	it("is drawn with a point for each program, also on a dark page", () => {
		const svg = plot([row, { ...row, name: "c", ratios: new Map([["nbody", 1.31]]) }], "c");
		expect(svg.match(/<circle /g)).toHaveLength(2);
		expect(svg).toContain("a&lt;b");
		expect(svg).toContain("prefers-color-scheme: dark");
		expect(svg).toContain(">1.4</text>");
	});
});

describe("programs", () => {
	it("have a name each, and the quick ones are among them", () => {
		expect(new Set(programs.map(({ name }) => name)).size).toBe(programs.length);
		expect(quickPrograms).toHaveLength(3);
	});

	it("take the loops that pyperf found, wherever it writes them", () => {
		const benchmarks = [{ runs: [{ metadata: { loops: 8 } }] }];
		expect(loopsOf({ benchmarks })).toBe(8);
		expect(loopsOf({ metadata: { loops: 4 }, benchmarks: [{ runs: [{}] }] })).toBe(4);
		expect(loopsOf({ benchmarks: [{ runs: [{}] }] })).toBe(1);
	});
});

describe("--image", () => {
	it("is a name and an image", () => {
		expect(parseSubject("official=host:5000/a/b:c")).toEqual({
			name: "official",
			image: "host:5000/a/b:c",
		});
		expect(() => parseSubject("host:5000/a/b:c")).toThrow(/NAME=IMAGE/);
	});
});
