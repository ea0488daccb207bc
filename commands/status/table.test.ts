import { expect, it } from "vitest";
import { type CPythonSeries, seriesOf } from "../../stacks/cpython.ts";
import { debianReleases } from "../../stacks/debian.ts";
import type { StackStatus, StatusPython } from "./status.ts";
import { statusTable } from "./table.ts";

const today = new Date("2026-11-22T12:00:00Z");

function python(version: string, packageRelease: string): StatusPython {
	return { version, series: seriesOf(version) as CPythonSeries, packageRelease };
}

const statuses: StackStatus[] = [
	{
		stack: "broken",
		pythons: [],
		next: { verdict: "unknown", lines: ["cannot be read", "  because"] },
		vulnerable: "not asked: because",
	},
	{
		stack: "fourteen-chars",
		debian: debianReleases.bullseye,
		pythons: [python("3.13.15", "1")],
		next: { verdict: "reused", lines: ["nothing will be compiled"] },
		vulnerable: "1 critical, 2 high (2026-11-22)",
	},
	{
		stack: "j",
		debian: debianReleases.jessie,
		pythons: [python("3.6.2", "12")],
		next: { verdict: "compile", lines: ["CPython will be compiled"] },
		vulnerable: "none known (2026-11-22)",
	},
];

it("is aligned, with a mark at each date that is over or near", () => {
	expect(statusTable(statuses, today)).toBe(`\
stack           Debian    security     LTS          ELTS         keys         Python     newest    ends         next up
broken          -         -            -            -            -            -          -         -            unknown
fourteen-chars  bullseye  2024-08-14 x 2026-08-31 x 2031-06-30   2029-01-15   3.13.15-1  3.13.15   2029-10      reused
j               jessie    2018-06-17 x 2020-06-30 x 2025-06-30 x 2021-08-15 x 3.6.2-12   3.6.15 +  2021-12-23 x compile

security, LTS, ELTS: Debian's support ends; keys: its first signing key expires; ends: CPython's security fixes end
x: over; !: within 180 days; +: newer than the stack's; +p: with patches of one's own

next up, as far as this machine's Docker and the registries tell:
  broken          cannot be read
                    because
                  known vulnerabilities: not asked: because
  fourteen-chars  nothing will be compiled
                  known vulnerabilities: 1 critical, 2 high (2026-11-22)
  j               CPython will be compiled
                  known vulnerabilities: none known (2026-11-22)`);
});

it("has a row for each Python of a stack, with what is the stack's own in the first", () => {
	const [, , stack] = statuses as [StackStatus, StackStatus, StackStatus];
	const patched = { ...python("3.12.1", "2"), patches: "patches/3.12" };
	const free = { ...python("3.13.15", "1"), variant: "free-threaded" } as const;
	const three = { ...stack, pythons: [...stack.pythons, patched, free] };
	const [, ...rows] = statusTable([three], today).split("\n");
	expect(rows.slice(0, 3).map((row) => row.split(/ {2,}/).slice(-4))).toEqual([
		["jessie", expect.stringMatching(/^2018.* 3\.6\.2-12$/), "3.6.15 +", "2021-12-23 x compile"],
		["", "3.12.1-2+p", "3.12.14 +", "2028-10"],
		["", "3.13.15t-1", "3.13.15", "2029-10"],
	]);
});

it("marks what ends within 180 days", () => {
	const line = statusTable(statuses, new Date("2026-08-31")).split("\n")[2];
	expect(line).toContain("2024-08-14 x 2026-08-31 ! 2031-06-30  ");
});

it("has at most 120 columns", () => {
	for (const line of statusTable(statuses, today).split("\n"))
		expect(line.length).toBeLessThanOrEqual(120);
});

it("has its headings where there is no stack", () => {
	expect(statusTable([], today)).toMatch(/^stack +Debian +security/);
});
