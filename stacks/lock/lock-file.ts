import { posix } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse, type TomlTable, type TomlValue } from "smol-toml";
import { quote } from "../config-error.ts";
import { Refusal } from "../config-values.ts";
import { LockError, type LockProblem } from "./lock-error.ts";

/** What locks an app, for the stack that npm run lock takes by default. */
export function lockCommand(folder: string): string {
	return `npm run lock -- ${inShell(folder)}`;
}

/** Types of values that are read from TOML. */
interface Kinds {
	text: string;
	number: number;
	table: TomlTable;
	tables: TomlTable[];
	texts: string[];
}

type Kind = keyof Kinds;

/** A file of an app while it is read: collects what is wrong in it, so that all is told at once. */
export class LockFile {
	/** The app's folder, as the stack has it. */
	readonly folder: string;
	/** What is wrong, so far. */
	readonly problems: LockProblem[] = [];
	/** The file, from where the folder is named. */
	readonly path: string;

	readonly #remedy: string | undefined;

	/** `remedy` is what helps where nothing else is said: the lock is made again, by default. */
	constructor(folder: string, name: string, remedy?: string) {
		this.folder = folder;
		this.#remedy = remedy;
		// One above the app's folder is named without a way there and back.
		this.path = name.startsWith("../")
			? shown(posix.join(folder, name))
			: `${shown(folder)}/${name}`;
	}

	/** The remedy for whatever is wrong in a lock. */
	get relock(): string {
		return `run ${lockCommand(this.folder)}`;
	}

	/** Adds a problem, once. `value` is what stands there; `undefined`: nothing. */
	refuse(key: string, value: unknown, reason: string, remedy = this.#remedy ?? this.relock): void {
		const { path: file } = this;
		const problem = { file, key: shown(key), value: shownValue(value), reason, remedy };
		if (!this.problems.some((other) => isDeepStrictEqual(other, problem)))
			this.problems.push(problem);
	}

	/** Runs what may throw a Refusal, which becomes a problem; `undefined` if it does. */
	check<T>(key: string, value: unknown, action: () => T): T | undefined {
		try {
			return action();
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			this.refuse(key, value, error.message, error.remedy);
			return undefined;
		}
	}

	/** Throws a LockError if anything is wrong. */
	finish(): void {
		if (this.problems.length > 0) throw new LockError(this.problems);
	}

	/** Parses TOML; an empty table, and a problem, if it is none. */
	parseToml(text: string): TomlTable {
		try {
			return parse(text);
		} catch (error) {
			if (!(error instanceof Error)) throw error;
			const [reason = ""] = error.message.split("\n", 1);
			this.refuse("the file", undefined, `is read, since it is no TOML (${reason})`);
			return {};
		}
	}

	/** A value of a table; `undefined` if it is absent or, which is a problem, of another type. */
	get<K extends Kind>(table: TomlTable, prefix: string, key: string, kind: K) {
		const value = table[key];
		if (value === undefined || isOf[kind](value)) return value as Kinds[K] | undefined;
		this.refuse(prefix + key, value, `is not ${kindNames[kind]}`);
		return undefined;
	}

	/** A value that must be there. */
	need<K extends Kind>(table: TomlTable, prefix: string, key: string, kind: K) {
		if (table[key] === undefined)
			this.refuse(prefix + key, undefined, "is given, but it is required");
		return this.get(table, prefix, key, kind);
	}
}

const isTable = (value: TomlValue): value is TomlTable =>
	typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);

const isOf: Readonly<Record<Kind, (value: TomlValue) => boolean>> = {
	text: (value) => typeof value === "string",
	number: (value) => typeof value === "number",
	table: isTable,
	tables: (value) => Array.isArray(value) && value.every(isTable),
	texts: (value) => Array.isArray(value) && value.every((part) => typeof part === "string"),
};

const kindNames: Readonly<Record<Kind, string>> = {
	text: "a text",
	number: "a number",
	table: "a table",
	tables: "a list of tables",
	texts: "a list of texts",
};

function shownValue(value: unknown): string {
	if (value === undefined) return "nothing";
	return quote(typeof value === "string" ? value : JSON.stringify(value));
}

/** What may come from outside, for a message of one line: as it is if it is plain, else quoted. */
function shown(text: string): string {
	return /^[\w./:@~+[\] -]+$/.test(text) ? text : quote(text);
}

/** A word of a command line as a shell reads it. */
function inShell(word: string): string {
	return /^[\w./@+-]+$/.test(word) ? word : shown(word);
}

/** What is wrong with a SHA-256, if anything is. */
export function sha256Problem(digest: string): string | undefined {
	return /^[0-9a-f]{64}$/.test(digest)
		? undefined
		: "is no SHA-256, which has 64 lower case hexadecimal digits";
}
