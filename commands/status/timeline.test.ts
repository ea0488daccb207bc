import { describe, expect, it } from "vitest";
import { type CPythonSeries, seriesOf } from "../../stacks/cpython.ts";
import { debianReleases } from "../../stacks/debian.ts";
import type { StackStatus } from "./status.ts";
import { timelineHtml, timelineRows } from "./timeline.ts";

const today = new Date("2026-11-22T12:00:00Z");
const rest = { next: { verdict: "reused", lines: [] }, vulnerable: "" } as const;
const python = (version: string) => ({
	version,
	series: seriesOf(version) as CPythonSeries,
	packageRelease: "1",
});
const statuses: StackStatus[] = [
	{ stack: "one", debian: debianReleases.bookworm, pythons: [python("3.13.5")], ...rest },
	{
		stack: "two",
		debian: debianReleases.jessie,
		pythons: [python("3.6.15"), python("3.13.15")],
		...rest,
	},
	{ stack: "three", debian: debianReleases.bookworm, pythons: [], ...rest },
	{ stack: "broken", pythons: [], ...rest },
];

describe("the rows", () => {
	const rows = timelineRows(statuses, today);

	it("are what stacks use and what is still supported, Debian first, oldest first", () => {
		// Not 3.4, 3.5 and 3.7 to 3.10: they are past their end, and no stack has them.
		expect(rows.map(({ name, stacks }) => `${name} ${stacks.join("+")}`.trim())).toEqual([
			"jessie two",
			"stretch",
			"buster",
			"bullseye",
			"bookworm one+three",
			"trixie",
			"CPython 3.6 two",
			"CPython 3.11",
			"CPython 3.12",
			"CPython 3.13 one+two",
			"CPython 3.14",
			"CPython 3.15",
		]);
		const later = timelineRows([], new Date("2030-01-01"));
		expect(later[0]?.name).toBe("bullseye");
	});

	it("have periods without gap or overlap", () => {
		const day = 24 * 60 * 60 * 1000;
		for (const { periods } of rows) {
			for (const [index, { from, to }] of periods.entries()) {
				expect(Date.parse(to)).toBeGreaterThan(Date.parse(from));
				const before = periods[index - 1];
				if (before) expect(Date.parse(from)).toBe(Date.parse(before.to) + day);
			}
		}
	});

	it("end with the last day of a month of which no day is known", () => {
		expect(rows.at(-1)?.periods.at(-1)).toEqual({
			support: "security",
			from: "2028-10-02",
			to: "2031-10-31",
		});
	});
});

it("a name is text, whatever is in it", () => {
	const row = { name: '<b>"&', stacks: ["<i>"], periods: [] };
	const html = timelineHtml(
		[{ ...row, periods: [{ support: "LTS", from: "2026-01-01", to: "2026-12-31" }] }],
		today,
	);
	expect(html).toContain('data-row="&lt;b&gt;&quot;&amp;"');
	expect(html).toContain(">&lt;b&gt;&quot;&amp; · stack &lt;i&gt;<");
	expect(html).not.toMatch(/<[bi]>/);
});

it("without any row there is still a picture of today", () => {
	expect(timelineHtml([], today)).toContain("today, 2026-11-22");
});
