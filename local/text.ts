/** No line of text that a command prints is longer, but for a single word that is. */
export const COLUMNS = 100;

/**
 * A text in lines of at most {@link COLUMNS} characters, broken at spaces: the first after `first`,
 * the others indented as far.
 */
export function wrap(first: string, text: string): string[] {
	const lines: string[] = [];
	let line = first;
	for (const word of text.split(" ")) {
		const isEmpty = line.length === first.length;
		if (!isEmpty && line.length + 1 + word.length > COLUMNS) {
			lines.push(line);
			line = " ".repeat(first.length) + word;
		} else line += isEmpty ? word : ` ${word}`;
	}
	return [...lines, line.trimEnd()];
}

/** A column of a {@link table}. */
export interface Column {
	/** Its cells are as wide as the longest of them, and at least so; 0 by default. */
	readonly width?: number;
	/** Spaces before the next column; 2 by default. */
	readonly gap?: number;
	/** Whether cells end, not start, below each other. */
	readonly right?: boolean;
}

/** Rows of cells as lines of plain text, each column below the others. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
	const widths = columns.map(({ width = 0 }, index) =>
		Math.max(width, ...rows.map((row) => row[index]?.length ?? 0)),
	);
	const cell = (text: string, index: number) => {
		const { gap = 2, right = false } = columns[index] ?? {};
		const width = widths[index] ?? 0;
		return (right ? text.padStart(width) : text.padEnd(width)) + " ".repeat(gap);
	};
	return rows.map((row) => row.map(cell).join("").trimEnd());
}

/** An image reference for a person: 12 digits of its digest, as many as Docker's short IDs. */
export function shortReference(reference: string): string {
	return reference.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]{52}$/, "$1");
}

/** A heading, and a row for each label and text, the texts below each other. Nothing for no rows. */
export function section(heading: string, rows: readonly (readonly string[])[]): string[] {
	if (rows.length === 0) return [];
	const width = Math.max(...rows.map(([label = ""]) => label.length));
	const gap = width === 0 ? "" : "  ";
	return [
		heading,
		...rows.flatMap(([label = "", text = ""]) => wrap(`  ${label.padEnd(width)}${gap}`, text)),
	];
}

const ENTITIES: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
};

/** Text as it stands in HTML and SVG, between tags or in an attribute in double quotes. */
export function escapeHtml(text: string): string {
	return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
