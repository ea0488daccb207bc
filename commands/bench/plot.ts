import { escapeHtml } from "../../local/text.ts";
import type { Row } from "./summary.ts";

/** Pixels. */
const [WIDTH, LEFT, RIGHT, TOP, LINE] = [800, 130, 40, 60, 44];

/** Readable on a light and on a dark page: a browser tells an image which of them it is on. */
const STYLE = `
	text { font: 14px system-ui, sans-serif; fill: #1f2328; }
	.axis { font-size: 12px; fill: #59636e; text-anchor: middle; }
	.grid { stroke: #d1d9e0; } .one { stroke: #59636e; stroke-dasharray: 4 3; }
	.program { fill: #0969da; fill-opacity: 0.35; } .mean { stroke: #cf222e; stroke-width: 3; }
	@media (prefers-color-scheme: dark) {
		text { fill: #f0f6fc; } .axis { fill: #9198a1; }
		.grid { stroke: #3d444d; } .one { stroke: #9198a1; }
		.program { fill: #58a6ff; } .mean { stroke: #ff7b72; }
	}`;

/** A line for each image, with a point for each program and a stroke at their geometric mean. */
export function plot(rows: readonly Row[], reference: string): string {
	const largest = Math.max(...rows.flatMap(({ ratios }) => [...ratios.values()]), 1);
	const end = Math.ceil(largest * 5) / 5;
	const x = (ratio: number) => (LEFT + (ratio / end) * (WIDTH - LEFT - RIGHT)).toFixed(1);
	const height = TOP + rows.length * LINE + 40;
	const bottom = height - 36;
	const ticks = Array.from({ length: Math.round(end * 5) + 1 }, (_, index) => index / 5);
	const title = `Time of pyperformance's programs, ${reference} = 1; less is better`;
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(title)}">
<style>${STYLE}
</style>
<text x="16" y="28">${escapeHtml(title)}</text>
${ticks
	.map(
		(tick) =>
			`<line class="${tick === 1 ? "one" : "grid"}" x1="${x(tick)}" y1="${TOP - 16}" x2="${x(tick)}" y2="${bottom}"/>` +
			`<text class="axis" x="${x(tick)}" y="${bottom + 18}">${tick.toFixed(1)}</text>`,
	)
	.join("\n")}
${rows.map((row, index) => line(row, TOP + index * LINE + LINE / 2, x)).join("\n")}
</svg>
`;
}

function line({ name, mean, ratios }: Row, y: number, x: (ratio: number) => string): string {
	const points = [...ratios].map(
		([program, ratio]) =>
			`<circle class="program" cx="${x(ratio)}" cy="${y}" r="5"><title>${escapeHtml(program)} ${ratio.toFixed(3)}</title></circle>`,
	);
	return `<text x="16" y="${y - 2}">${escapeHtml(name)}</text><text class="axis" x="16" y="${y + 14}" style="text-anchor: start">${mean.toFixed(3)}</text>
${points.join("\n")}
<line class="mean" x1="${x(mean)}" y1="${y - 14}" x2="${x(mean)}" y2="${y + 14}"/>`;
}
