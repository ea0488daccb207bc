import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { configKey, configKeys } from "./config.ts";

const root = join(import.meta.dirname, "..");

it("is what Pulumi.yaml declares, where an empty default means: absent", () => {
	const declared = configKeys.map((key) => {
		const { type, items = "string", default: value, absent, description } = configKey(key);
		const empty = type === "array" ? [] : "";
		return [
			key,
			{
				// An empty text is no boolean.
				type: type === "boolean" && absent !== undefined ? "string" : type,
				...(type === "array" && { items: { type: items } }),
				...(value !== undefined && { default: value }),
				...(absent !== undefined && { default: empty }),
				description,
			},
		];
	});
	const { config } = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8"));
	expect(config).toEqual(Object.fromEntries(declared));
	expect(Object.keys(config)).toEqual(configKeys);
});

it("is the table of docs/config.md", () => {
	const rows = configKeys.map((key) => {
		const { type, default: value, absent = "required", description } = configKey(key);
		return [`\`${key}\``, `${type}, ${value === undefined ? absent : `\`${value}\``}`, description];
	});
	const lines = readFileSync(join(root, "docs/config.md"), "utf8").match(/^\| `.*\|$/gm) ?? [];
	const cells = lines.map((line) => line.slice(1, -1).split("|"));
	expect(cells.map((row) => row.map((cell) => cell.trim()))).toEqual(rows);
});
