import { grid } from "../report.ts";
import { best } from "../statistics.ts";
import type { MeasuredBuilder } from "./measure.ts";
import type { Scenario } from "./scenarios.ts";

/** What a report tells. */
export interface AppsReport {
	readonly ours: MeasuredBuilder;
	readonly others: MeasuredBuilder;
	readonly rounds: number;
	/** Where it was measured. */
	readonly machine: string;
}

/** The best of a scenario's builds, and what the last of them pushed. */
export function bestOf(
	{ builds }: Pick<MeasuredBuilder, "builds">,
	scenario: Scenario,
): { seconds: number; bytes: number } | undefined {
	const own = builds.filter((build) => build.scenario === scenario);
	const last = own.at(-1);
	return last && { seconds: best(own.map(({ seconds }) => seconds)), bytes: last.bytes };
}

/** The report as Markdown. */
export function appsMarkdown({ ours, others, rounds, machine }: AppsReport): string {
	const timed = [...new Set(ours.builds.map(({ scenario }) => scenario))];
	const [answer, otherAnswer] = [best(ours.starts), best(others.starts)];
	return `# How quick an app is built

Written by \`npm run bench -- --apps\`; do not edit. Both took turns on ${machine}, ${rounds === 1 ? "once" : `${rounds} times, the best of which counts`}.
An app of some 60 distributions, three of them compiled here, with one lock, on one Python: ${ours.name}, and
${others.name} (several stages, cache mounts; BuildKit, which finds the layers of the last image in the registry). From
the start of the command to the end of the push.

${grid(
	["change", ours.name, others.name, "ratio", "pushed", `pushed, ${others.name}`],
	timed.flatMap((scenario) => {
		const [own, other] = [bestOf(ours, scenario), bestOf(others, scenario)];
		if (own === undefined || other === undefined) return [];
		const ratio = `**${(own.seconds / other.seconds).toFixed(2)}**`;
		const seconds = [own, other].map((each) => `${each.seconds.toFixed(1)} s`);
		return [[scenario.name, ...seconds, ratio, megabytes(own.bytes), megabytes(other.bytes)]];
	}),
)}

| image | ${ours.name} | ${others.name} | ratio |
| --- | ---: | ---: | ---: |
| size | ${megabytes(ours.size)} | ${megabytes(others.size)} | **${(ours.size / others.size).toFixed(2)}** |
| first answer | ${answer.toFixed(1)} s | ${otherAnswer.toFixed(1)} s | **${(answer / otherAnswer).toFixed(2)}** |

The first answer is that of a read-only container with a fifth of a processor, the best of ${ours.starts.length}. An empty runner
has nothing but the registry, with the stack's images; so has the cold one, where the app was never built.
`;
}

function megabytes(bytes: number): string {
	return `${(bytes / 1e6).toFixed(2)} MB`;
}
