/** One thing that is wrong in a stack's config. */
export interface ConfigProblem {
	/** The config key, escaped if it has odd characters. */
	key: string;
	/** The value as it may be printed: in quotes, escaped, cut, without passwords. */
	value: string;
	/** What is wrong with it, as the rest of a sentence that starts with the value. */
	reason: string;
	/** What to write instead. */
	remedy: string;
}

/** Everything that is wrong in a stack's config; the message has one line for each problem. */
export class ConfigError extends Error {
	override readonly name = "ConfigError";
	readonly problems: readonly ConfigProblem[];

	constructor(stack: string, problems: readonly ConfigProblem[]) {
		const count = problems.length === 1 ? "one problem" : `${problems.length} problems`;
		const lines = problems.map(
			({ key, value, reason, remedy }) => `  ${key}: ${value} ${reason}; ${remedy}`,
		);
		super([`the config of stack ${quote(stack)} has ${count}:`, ...lines].join("\n"));
		this.problems = problems;
	}
}

const longestShown = 60;

/**
 * `text` in double quotes, safe to print on one line of a terminal: everything outside printable
 * ASCII is escaped, a long text is cut and its length given, and what looks like credentials, as in
 * `user:password@host` and `https://token@host`, is masked.
 */
export function quote(text: string): string {
	const masked = withoutCredentials(text);
	const shown = Array.from(masked.slice(0, longestShown), escapeCharacter).join("");
	const rest = masked.length > longestShown ? `... (${text.length} characters)` : "";
	return `"${shown}"${rest}`;
}

/** Replaces what stands before an @ that starts no digest, if it has a colon. */
function withoutCredentials(text: string): string {
	const [named = ""] = text.split("@sha256:", 1);
	const at = named.lastIndexOf("@");
	return named.slice(0, Math.max(at, 0)).includes(":") ? `***${text.slice(at)}` : text;
}

const escapes: Readonly<Record<string, string>> = {
	"\n": "\\n",
	"\r": "\\r",
	"\t": "\\t",
	'"': '\\"',
	"\\": "\\\\",
};

function escapeCharacter(character: string): string {
	if (Object.hasOwn(escapes, character)) return escapes[character] ?? "";
	if (/^[ -~]$/.test(character)) return character;
	return `\\u{${codePoint(character)}}`;
}

function codePoint(character: string): string {
	return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}

/** Cyrillic and Greek letters that look like Latin ones (from Unicode's confusables.txt). */
const lookAlikes: Readonly<Record<string, string>> = {
	"\u0430": "a",
	"\u0435": "e",
	"\u043e": "o",
	"\u0440": "p",
	"\u0441": "c",
	"\u0443": "y",
	"\u0445": "x",
	"\u0456": "i",
	"\u0458": "j",
	"\u0455": "s",
	"\u03b1": "a",
	"\u03b9": "i",
	"\u03ba": "k",
	"\u03bd": "v",
	"\u03bf": "o",
	"\u03c1": "p",
};

/**
 * What is wrong with the characters of a value, whatever its key: too long, control characters,
 * characters outside ASCII, white space. `undefined` if nothing is.
 */
export function characterProblem(text: string, longest: number): string | undefined {
	if (text.length > longest) return `has ${text.length} characters, more than ${longest}`;
	for (const character of text) {
		const name = `U+${codePoint(character)}`;
		if (character === "\n" || character === "\r") return `contains a line break (${name})`;
		if (character === " " || character === "\t") return `contains white space (${name})`;
		if (character < " " || character === "\x7f") return `contains a control character (${name})`;
		if (character > "\x7f") return `contains ${name}${lookAlike(character)}, which is not ASCII`;
	}
	return undefined;
}

function lookAlike(character: string): string {
	const compatible = character.normalize("NFKC");
	const latin = lookAlikes[character] ?? (/^[!-~]$/.test(compatible) ? compatible : undefined);
	return latin === undefined ? "" : ` (looks like ASCII ${latin})`;
}
