import { formatSeconds } from "../../local/report.ts";
import { compileSeconds } from "../../stacks/compile-times.ts";
import type { Codename } from "../../stacks/debian.ts";

/*
 * npm run scale: print docs/scale.md, a simulation of compile.yml on the times of stacks/compile-times.ts.
 * A test holds the page against what this prints.
 */

const RELEASES: readonly Codename[] = [
	...(["jessie", "stretch", "buster", "bullseye", "bookworm", "trixie"] as const),
];
const SERIES = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"];
const PLATFORMS = ["linux/amd64", "linux/arm64"];
const RUNNERS = [1, 2, 4, 8, 16, 36, 72];

/** What a job takes beside its compile, in seconds. */
const FIXED = {
	/** Until a runner of GitHub's runs the first command: not measured, but assumed. */
	start: 60,
	/** npm ci with an empty cache, measured on two processors. */
	packages: 17,
	/** docker pull of pybuild from a registry on the same machine, measured there. */
	pull: 4,
	/** docker push of a package and its compile, the 146 MB of 3.13.5, to such a registry, measured there. */
	push: 4,
};

/** Making of what the Pythons of a release have in common: base, debbase, pybuild (README.md, "Try it"). */
const SHARED = 18 + 5 + 13;

/** Making of python and wheelbuild (README.md, "Try it"). */
const ASSEMBLY = 5 + 12;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const minutes = (seconds: number) => String(Math.round(seconds / 60));

const compiles = RELEASES.flatMap((release) =>
	SERIES.map((series) => compileSeconds({ release, series, profile: "optimized" })),
);
/** Those of all platforms; each has a machine that was started for it. */
const jobs = PLATFORMS.flatMap(() =>
	compiles.map((compile) => sum(Object.values(FIXED)) + compile),
);
/** Those that make a stack from nothing, as up.yml alone does: all of its Pythons, one after the other. */
const stackJobs = PLATFORMS.flatMap(() =>
	RELEASES.map((_, index) => {
		const own = compiles.slice(index * SERIES.length, (index + 1) * SERIES.length);
		return FIXED.start + FIXED.packages + SHARED + sum(own) + SERIES.length * FIXED.push;
	}),
);

/** When the last of some jobs ends: the longest first, each on the runner that is free first. */
function wallTime(seconds: readonly number[], runners: number): number {
	const busy: number[] = Array(runners).fill(0);
	for (const job of seconds.toSorted((a, b) => b - a)) {
		busy[0] = (busy[0] ?? 0) + job;
		busy.sort((a, b) => a - b);
	}
	return Math.max(...busy);
}

function row(runners: number): string {
	const [wall, before] = [jobs, stackJobs].map((each) => wallTime(each, runners)) as [
		number,
		number,
	];
	return `| ${runners} | ${formatSeconds(wall)} | ${minutes(runners * wall)} | ${formatSeconds(before)} | ${minutes(runners * before)} |`;
}

/** What GitHub counts of a job: the minute that has begun is a whole one. */
const billed = (each: readonly number[]) => sum(each.map((seconds) => Math.ceil(seconds / 60)));

const longest = Math.max(...compiles);
const upJob = FIXED.start + FIXED.packages + FIXED.pull;
const path = FIXED.start + FIXED.packages + SHARED + longest + FIXED.push + upJob + ASSEMBLY;
const rotation = FIXED.start + FIXED.packages + SHARED + SERIES.length * ASSEMBLY;

const beside = sum(Object.values(FIXED));

process.stdout.write(`# Scale

Written by \`npm run -s scale >docs/scale.md\`; do not edit.

A simulation of [compile.yml](ci.md#compiles): ${RELEASES.length} Debian releases with ${SERIES.length} Pythons each (${SERIES[0]} to ${SERIES.at(-1)}) on ${PLATFORMS.length} platforms, that is
${jobs.length} compiles of the profile optimized, none of which is there yet. Each is a job with a machine of its own that has two
processors. The longest comes first, and each next one has the runner that is free first.

| runners | wall time | runner minutes | stack by stack: wall time | runner minutes |
| ---: | ---: | ---: | ---: | ---: |
${RUNNERS.map(row).join("\n")}

Runner minutes are those of so many machines until the last job ends. Who pays for jobs alone, by the minute that has begun,
as on GitHub, pays ${billed(jobs)} minutes for any number of runners. *Stack by stack* is \`pulumi up\` without such jobs: ${stackJobs.length}, one
for each release and platform, which compile their Pythons themselves. That is ${billed(stackJobs)} minutes of jobs, since fewer machines are
started; more than ${stackJobs.length} runners are of no use to it.

**The critical path** takes ${formatSeconds(path)}: a runner starts, makes base, debbase, pybuild and the longest compile (${formatSeconds(longest)}), and
pushes it; \`up\` starts another, pulls, and makes python and wheelbuild. It is not shorter with more runners.

**A new base** makes 0 compiles, so no job. \`up\` of a stack makes base, debbase and pybuild, and python and wheelbuild of each of
its ${SERIES.length} Pythons: ${formatSeconds(rotation)} for one stack, and ${billed(stackJobs.map(() => rotation))} minutes of jobs for all ${stackJobs.length}.

## Where the times are from

Those of compiles are in \`stacks/compile-times.ts\`, with what was measured and where. What was not takes what its nearest
neighbour does: jessie, stretch and buster are as bullseye, and have six Pythons where fewer work there; arm64 is as amd64. The
cost of a job beside its compile is ${beside} s: ${FIXED.start} s until a runner runs the first command, which is assumed; ${FIXED.packages} s for \`npm ci\`, ${FIXED.pull} s to
pull pybuild and ${FIXED.push} s to push what was made, which were measured on two processors, with a registry on the same machine.
`);
