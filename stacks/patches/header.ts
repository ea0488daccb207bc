/** What the header of a patch says: DEP-3 (https://dep-team.pages.debian.net/deps/dep3/), or git's mail. */

/** How a patch relates to upstream, in the words of CycloneDX ("pedigree", patch type). */
export type PatchType = "cherry-pick" | "backport" | "unofficial";

/** What a patch says of itself. */
export interface PatchHeader {
	/** Its Subject, or the first line of its Description, without git's `[PATCH]`; empty without one. */
	readonly subject: string;
	/** CVE numbers that stand anywhere in the header, each once. */
	readonly cves: readonly string[];
	readonly type: PatchType;
	/** Where the change came from, as its Origin has it. */
	readonly url?: string;
}

/** The header of a patch, by its text: all before the first change. */
export function readHeader(text: string): PatchHeader {
	const header = headerText(text);
	const origin = field(header, "Origin") ?? "";
	const [url] = /https?:\/\/[^\s,]+/.exec(origin) ?? [];
	return {
		subject: subjectOf(header),
		cves: cvesIn(header),
		type: typeOf(origin, header),
		...(url !== undefined && { url }),
	};
}

/** What stands before the first change of a patch. */
export function headerText(text: string): string {
	const lines = text.split("\n");
	const first = lines.findIndex((line, index) => startsChange(line, lines[index + 1]));
	return lines.slice(0, first === -1 ? lines.length : first).join("\n");
}

/** The CVE numbers in a text, each once, in their order. */
export function cvesIn(text: string): string[] {
	const found = text.match(/\bCVE-\d{4}-\d{4,}\b/gi) ?? [];
	return [...new Set(found.map((cve) => cve.toUpperCase()))];
}

/** The text of a field, its first line and those that continue it; undefined without one. */
export function field(header: string, name: string): string | undefined {
	const lines = header.split("\n");
	const start = lines.findIndex((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
	if (start === -1) return undefined;
	const end = lines.findIndex((line, index) => index > start && !/^[ \t]+\S/.test(line));
	const own = lines.slice(start, end === -1 ? undefined : end).map((line) => line.trim());
	return own
		.join("\n")
		.slice(name.length + 1)
		.trim();
}

/** A line of diff, git or quilt; a lone `---` separates git's message from its statistics. */
function startsChange(line: string, next = ""): boolean {
	if (/^(diff |Index: )/.test(line)) return true;
	return line.startsWith("--- ") && next.startsWith("+++ ");
}

function subjectOf(header: string): string {
	// A mail's header is folded, while a Description goes on with a longer text (DEP-3).
	const subject = field(header, "Subject")?.replaceAll("\n", " ");
	const text = subject ?? field(header, "Description")?.split("\n")[0] ?? "";
	return text.replace(/^(\[PATCH[^\]]*\]\s*)+/i, "").trim();
}

/** DEP-3: "upstream" is cherry-picked from upstream's repository, "backport" was changed to fit. */
function typeOf(origin: string, header: string): PatchType {
	if (/^upstream\b/i.test(origin)) return "cherry-pick";
	if (/^backport\b/i.test(origin)) return "backport";
	const isPicked = origin === "" && /^\(cherry[- ]picked from commit /im.test(header);
	return isPicked ? "cherry-pick" : "unofficial";
}
