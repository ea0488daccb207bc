/** The table `[tool.debian-python]` of an app's pyproject.toml, checked against its JSON schema. */

import { Ajv, type ErrorObject } from "ajv";
import { type ConfigProblem, quote } from "../config-error.ts";
import { nearestOf } from "../guess.ts";
import schema from "./schema.json" with { type: "json" };

/** Name of the table. */
export const TABLE = "tool.debian-python";

/** What an app's table may say; schema.json describes each key. */
export interface AppTable {
	readonly command: readonly string[];
	readonly python?: string;
	readonly ports?: readonly number[];
	readonly healthcheck?: readonly string[];
	readonly environment?: Readonly<Record<string, string>>;
	readonly user?: string;
	readonly "from-source"?: ":all:" | readonly string[];
	readonly "build-packages"?: Readonly<Record<string, readonly string[]>>;
	readonly packages?: readonly string[];
	readonly smoke?: readonly string[];
	readonly "import-exceptions"?: Readonly<Record<string, string>>;
}

/** One of the table's keys. */
export type TableKey = keyof typeof schema.properties;

/** The table's keys, in the order in which they are documented. */
export const tableKeys = Object.keys(schema.properties) as TableKey[];

const validate = new Ajv({
	allErrors: true,
	verbose: true,
	strictTypes: false, // `distribution` is also of property names, which have no type
	allowUnionTypes: true,
}).compile<AppTable>(schema);

/**
 * The table, or everything that is wrong with it.
 *
 * @param file whose table it is, for the problems.
 */
export function checkTable(table: unknown, file: string): AppTable | ConfigProblem[] {
	if (validate(table)) return table;
	const errors = withoutParts(validate.errors ?? []);
	const first = new Map(errors.toReversed().map((error) => [placeOf(error).join("\n"), error]));
	return [...first.values()].toReversed().map((error) => problemOf(error, file));
}

/** Where no alternative holds, that alone is told, and of a bad name what is bad in it. */
function withoutParts(errors: readonly ErrorObject[]): ErrorObject[] {
	const wholes = errors.filter(({ keyword }) => keyword === "anyOf");
	const isPart = ({ keyword, instancePath }: ErrorObject) =>
		keyword === "propertyNames" ||
		(keyword !== "anyOf" && wholes.some((whole) => instancePath.startsWith(whole.instancePath)));
	return errors.filter((error) => !isPart(error));
}

function problemOf(error: ErrorObject, file: string): ConfigProblem {
	const place = placeOf(error);
	const [key = ""] = place;
	const { value, reason } = wrong(error, place);
	const isKnown = (tableKeys as readonly string[]).includes(key);
	return {
		key: `${file}: ${keyText(place)}`,
		value,
		reason,
		remedy: isKnown
			? `write ${exampleOf(key as TableKey)}`
			: `write ${nearestOf(tableKeys, key.slice(0, 40))} if you meant that (known: ${tableKeys.join(", ")})`,
	};
}

/** The keys and list indexes that lead to what is wrong. */
function placeOf({ instancePath, propertyName, params }: ErrorObject): string[] {
	const path = instancePath.split("/").slice(1);
	const names = path.map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
	const inner = propertyName ?? params.additionalProperty ?? params.missingProperty;
	return inner === undefined ? names : [...names, String(inner)];
}

function wrong(error: ErrorObject, place: readonly string[]): { value: string; reason: string } {
	const { keyword, propertyName, data, params } = error;
	if (keyword === "required") return { value: "no value", reason: "is given, but one is required" };
	if (keyword === "additionalProperties")
		return {
			value: shown((data as Record<string, unknown>)[params.additionalProperty], place),
			reason: "is the value of a key that this table does not know",
		};
	const { title } = error.parentSchema as { title: string };
	return { value: shown(propertyName ?? data, place), reason: `is not ${title}` };
}

/** A value as it may be printed. */
function shown(value: unknown, place: readonly string[]): string {
	if (place.some((name) => /pass|secret|token/i.test(name))) return "a hidden value";
	if (typeof value === "string") return quote(value);
	return typeof value === "object" ? quote(JSON.stringify(value)) : String(value);
}

function keyText(place: readonly string[]): string {
	const parts = place.map((name) =>
		/^\d+$/.test(name) ? `[${name}]` : `.${/^[\w-]{1,60}$/.test(name) ? name : quote(name)}`,
	);
	return `${TABLE}${parts.join("")}`;
}

/** A key with its example, as a line of TOML. */
export function exampleOf(key: TableKey): string {
	return `${key} = ${toml(schema.properties[key].examples[0])}`;
}

function toml(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
	if (typeof value !== "object" || value === null) return JSON.stringify(value);
	const pairs = Object.entries(value).map(([name, inner]) => `${name} = ${toml(inner)}`);
	return `{ ${pairs.join(", ")} }`;
}
