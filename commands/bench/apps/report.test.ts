import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { MeasuredBuilder } from "./measure.ts";
import { CONTEXT } from "./prepare.ts";
import { appsMarkdown, bestOf } from "./report.ts";
import { changedProject, MOST_ROUNDS, scenarios } from "./scenarios.ts";

const [cold, nothing] = scenarios;

/** What was measured of a builder: these seconds of the first two scenarios. */
function measured(name: string, ...seconds: readonly [number, number, number]): MeasuredBuilder {
	const builds = [cold, nothing, nothing].flatMap((scenario, index) =>
		scenario === undefined
			? []
			: [{ scenario, seconds: seconds[index] ?? 0, bytes: 1_000_000 * index }],
	);
	return { name, builds, size: 150_000_000, starts: [3, 2] };
}

it("the best time of a scenario counts, and what its last build pushed", () => {
	const ours = measured("ours", 30, 2, 1);
	expect(cold && bestOf(ours, cold)).toEqual({ seconds: 30, bytes: 0 });
	expect(nothing && bestOf(ours, nothing)).toEqual({ seconds: 1, bytes: 2_000_000 });
	expect(scenarios[4] && bestOf(ours, scenarios[4])).toBeUndefined();
});

it("the report has what was measured, and no other row", () => {
	const report = appsMarkdown({
		ours: measured("ours", 30, 2, 1),
		others: { ...measured("theirs", 20, 4, 4), size: 300_000_000, starts: [4, 4] },
		rounds: 2,
		machine: "a machine",
	});
	const rows = report.split("\n").filter((line) => line.startsWith("| "));
	expect(rows).toEqual([
		"| change | ours | theirs | ratio | pushed | pushed, theirs |",
		"| --- | ---: | ---: | ---: | ---: | ---: |",
		"| cold | 30.0 s | 20.0 s | **1.50** | 0.00 MB | 0.00 MB |",
		"| nothing | 1.0 s | 4.0 s | **0.25** | 2.00 MB | 2.00 MB |",
		"| image | ours | theirs | ratio |",
		"| --- | ---: | ---: | ---: |",
		"| size | 150.00 MB | 300.00 MB | **0.50** |",
		"| first answer | 2.0 s | 4.0 s | **0.50** |",
	]);
});

it("a requirement has another version at each of its changes", () => {
	const text = readFileSync(`${CONTEXT}/pyproject.toml`, "utf8");
	for (const change of ["pure requirement", "compiled requirement"] as const) {
		const counts = Array.from({ length: 2 * MOST_ROUNDS }, (_, count) => count);
		const texts = [text, ...counts.map((count) => changedProject(text, change, count))];
		expect(new Set(texts).size).toBe(texts.length);
		expect(texts.join()).not.toContain("undefined");
	}
});
