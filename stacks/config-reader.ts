/** From the texts of a stack's config to values, and to everything that is wrong with them. */

import {
	type ConfigKey,
	type ConfigValue,
	configKey,
	configKeys,
	nearestKey,
	type ParseContext,
} from "./config.ts";
import { type ConfigProblem, characterProblem, quote } from "./config-error.ts";
import { Refusal } from "./config-values.ts";

/** Longer than any value that makes sense; a repository name has at most 255 characters. */
const longestValue = 300;
const longestList = 30_000;

/** Of a key that a stack must have. */
export const ABSENT = new Refusal("is given, but one is required");

/** The values of a config, as Pulumi gives them: text, by key without the project's name. */
export type Values = Readonly<Record<string, string | undefined>>;

/** Reads values and collects what is wrong with them. */
export class ConfigReader {
	readonly problems: ConfigProblem[] = [];
	readonly #values: Values;
	readonly #context: ParseContext;

	constructor(values: Values, context: ParseContext) {
		this.#values = values;
		this.#context = context;
	}

	/** A reader of other values in place of some of these, with problems of its own. */
	with(values: Values): ConfigReader {
		return new ConfigReader({ ...this.#values, ...values }, this.#context);
	}

	/** The text of a key, its default, or `undefined`. */
	text(key: ConfigKey): string | undefined {
		const given = this.#values[key];
		return given !== undefined && given !== "" ? given : configKey(key).default?.toString();
	}

	/** Parses the text of a key; `undefined` if it is absent or refused. */
	read<K extends ConfigKey>(key: K): ConfigValue<K> | undefined {
		const text = this.text(key);
		const { absent, parse, type } = configKey(key);
		const longest = type === "array" ? longestList : longestValue;
		if (text !== undefined)
			return this.check(key, () => {
				// A list may be written with blanks between its entries, which it is to have checked itself.
				const characters = type === "array" ? text.replaceAll(" ", "") : text;
				const problem = characterProblem(characters, longest);
				if (problem !== undefined) throw new Refusal(problem);
				return parse(text, this.#context) as ConfigValue<K>;
			});
		if (absent === undefined) this.refuse(key, ABSENT);
		return undefined;
	}

	/** Runs a check on a key; a Refusal becomes a problem of it. */
	check<T>(key: ConfigKey, check: () => T): T | undefined {
		try {
			return check();
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			this.refuse(key, error);
			return undefined;
		}
	}

	/** Adds a problem. */
	refuse(key: ConfigKey, { message, remedy }: Refusal): void {
		const text = this.text(key);
		this.problems.push({
			key,
			value: text === undefined ? "no value" : quote(text),
			reason: message,
			remedy: remedy ?? configKey(key).remedy(text?.slice(0, 100) ?? ""),
		});
	}

	/** Pulumi ignores keys that no program asks for, so a typo would go unseen. */
	refuseUnknownKeys(): void {
		for (const [key, value] of Object.entries(this.#values)) {
			if (value === undefined || (configKeys as readonly string[]).includes(key)) continue;
			this.problems.push(unknownKey(key, value, nearestKey(key), configKeys));
		}
	}
}

/** What is wrong with a key that nobody knows; without its value where that may be a secret. */
export function unknownKey(
	key: string,
	value: string,
	nearest: string,
	known: readonly string[],
): ConfigProblem {
	return {
		key: /^[A-Za-z0-9:._-]{1,60}$/.test(key) ? key : quote(key),
		value: /pass|secret|token/i.test(key) ? "a hidden value" : quote(value),
		reason: "is the value of a key that this program does not know",
		remedy: `write ${nearest} if you meant that (known: ${known.join(", ")})`,
	};
}
