/** The changes of a patch, file by file. */

import { headerText } from "./header.ts";

/** What a patch does to one file. */
export interface FileChange {
	/** From the root of the source; of a file that is moved, where it goes. */
	readonly file: string;
	/** Its part of the patch. */
	readonly text: string;
}

/** What a patch does, file by file, in its order. */
export function fileChanges(text: string): FileChange[] {
	const lines = text.slice(headerText(text).length).replace(/^\n/, "").split("\n");
	const starts = lines.flatMap((_, index) => (startsFile(lines, index) ? [index] : []));
	return starts.map((start, index) => {
		const own = lines.slice(start, starts[index + 1]);
		// The last line of context may be a blank: no more than empty lines is taken off.
		return { file: fileOf(own), text: `${own.join("\n").replace(/\n+$/, "")}\n` };
	});
}

/** What keeps a text from being a patch that patch(1) applies with -p1; undefined: nothing does. */
export function patchProblem(text: string): string | undefined {
	if (/^@@ .* @@.*\r$/m.test(text)) return "has the line ends of Windows";
	if (/^(GIT binary patch|Binary files .* differ)$/m.test(text))
		return "has a change of a binary file, which patch(1) cannot apply";
	const isPatch = fileChanges(text).some((change) =>
		/^@@ -\d+(,\d+)? \+\d+(,\d+)? @@/m.test(change.text),
	);
	return isPatch
		? undefined
		: "is no patch: no --- and +++ with a line such as @@ -1,2 +1,3 @@ below";
}

function startsFile(lines: readonly string[], index: number): boolean {
	const [line = "", next = ""] = lines.slice(index, index + 2);
	if (line.startsWith("diff ")) return true;
	if (!line.startsWith("--- ") || !next.startsWith("+++ ")) return false;
	// A line of a change may look so too, but that it is followed by a place.
	return lines[index + 2]?.startsWith("@@ ") === true && !isBelowDiff(lines, index);
}

/** Whether a `---` belongs to the diff line above it. */
function isBelowDiff(lines: readonly string[], index: number): boolean {
	for (const line of lines.slice(0, index).reverse()) {
		if (line.startsWith("diff ")) return true;
		if (!/^(index|new|deleted|old|similarity|rename|copy|Index:|=+$)/.test(line)) return false;
	}
	return false;
}

function fileOf(lines: readonly string[]): string {
	const named = ["+++ ", "--- "].flatMap((start) => {
		const line = lines.find((each) => each.startsWith(start));
		const name = line?.slice(start.length).split("\t")[0] ?? "/dev/null";
		return name === "/dev/null" ? [] : [name];
	});
	// Of a file that is only moved, git's own line.
	const name = named[0] ?? lines[0]?.split(" ").at(-1) ?? "";
	// As patch -p1 has it.
	return name.replace(/^[^/]*\//, "");
}
