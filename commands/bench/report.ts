import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../../components/step/file.ts";
import { type Plan, startKinds } from "./measure.ts";
import { plot } from "./plot.ts";
import { requirements } from "./programs.ts";
import { RELEASE_OWN } from "./subjects.ts";
import type { Row } from "./summary.ts";

/** What a report tells. */
export interface Report {
	readonly rows: readonly Row[];
	/** Name of the row that the others are compared with. */
	readonly reference: string;
	readonly plan: Plan;
	/** Where it was measured. */
	readonly machine: string;
}

/**
 * Write the table, `bench.md`, and the plot, `bench.svg`.
 *
 * @returns their paths, and each image's mean.
 */
export async function writeReport(folder: string, report: Report): Promise<object> {
	const [table, drawing] = [join(folder, "bench.md"), join(folder, "bench.svg")];
	await mkdir(folder, { recursive: true });
	await writeWhole(table, markdown(report));
	await writeWhole(drawing, plot(report.rows, report.reference));
	const means = Object.fromEntries(report.rows.map(({ name, mean }) => [name, rounded(mean)]));
	return { table, plot: drawing, means };
}

/** The report as Markdown. */
export function markdown({ rows, reference, plan, machine }: Report): string {
	const kinds = Object.keys(startKinds);
	const imports = startKinds["usual imports"]?.[1];
	const own = rows.some(({ besideOwn }) => besideOwn !== undefined);
	return `# How quick it is

Written by \`npm run bench\`; do not edit. All images took turns on ${machine}:
${plan.programs.length} programs of pyperformance, ${plan.rounds} rounds of ${plan.values} values, the best of which counts
(${requirements.map((line) => line.split(" ")[0]).join(", ")}). Less is better.

![The time of each program, beside ${reference}](bench.svg)

${grid(
	[
		"image",
		"Python",
		`time, ${reference} = 1`,
		...(own ? [`time, ${RELEASE_OWN} = 1`] : []),
		...kinds.map((kind) => `start ${kind}`),
		"over the base",
	],
	rows.map((row) => [
		row.name,
		row.version,
		`**${rounded(row.mean)}**`,
		...(own ? [rounded(row.besideOwn)] : []),
		...row.starts.map((seconds) => `${(seconds * 1000).toFixed(1)} ms`),
		row.bytes === undefined ? "another base" : `${(row.bytes / 1e6).toFixed(1)} MB`,
	]),
)}

Time is the processor's: the geometric mean over the programs below. Starts are of a read-only container whose user is
not root; the usual imports are \`${imports}\`. The base is the image debbase of the stack.

${grid(
	["program", ...rows.map(({ name }) => name)],
	plan.programs.map(({ name }) => [name, ...rows.map(({ ratios }) => rounded(ratios.get(name)))]),
)}
`;
}

/** A table in Markdown, whose columns but the first are numbers. */
export function grid(header: readonly string[], lines: readonly (readonly string[])[]): string {
	const rule = header.map((_, index) => (index === 0 ? "---" : "---:"));
	return [header, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function rounded(ratio = Number.NaN): string {
	return ratio.toFixed(3);
}
