import { readFileSync, realpathSync } from "node:fs";
import { Composer, CST, isMap, isScalar, isSeq, Parser, type Scalar, type YAMLMap } from "yaml";
import { StepError } from "../../components/step/error.ts";
import { writeWhole } from "../../components/step/file.ts";

/**
 * New values of config keys, without the project's name, of an entry of a list under
 * `pythons[1].version`; undefined takes a key out.
 */
export type Edits = Readonly<Record<string, string | undefined>>;

/**
 * A stack file's text with other values: all else stays as it is, to the byte. How a value is quoted
 * stays too; a key that is taken out takes its line and the comment above it along.
 *
 * @throws StepError where the file does not have a key as a plain value.
 */
export function editText(file: string, text: string, edits: Edits): string {
	const tokens = [...new Parser().parse(text)];
	const [document] = new Composer({ keepSourceTokens: true }).compose(tokens);
	const config: unknown = document?.get("config");
	for (const [key, value] of Object.entries(edits)) {
		if (!edit(config, key, value))
			throw new StepError(
				`${file}: the value of ${key} is not written plainly behind its key`,
				value === undefined ? `remove ${key} by hand` : `write ${key}: ${value} by hand`,
			);
	}
	return tokens.map((token) => CST.stringify(token)).join("");
}

/** What a place such as `pythons[1].version` says; of a key alone there is no list. */
export function placeParts(place: string): { list?: string; index: number; key: string } {
	const [, list, index, key] = /^(\w+)\[(\d+)\]\.(\w+)$/.exec(place) ?? [];
	return { ...(list !== undefined && { list }), index: Number(index), key: key ?? place };
}

/** Whether the key is there, and could be edited. */
function edit(config: unknown, place: string, value: string | undefined): boolean {
	const { list, index, key } = placeParts(place);
	const map = list === undefined ? config : entryOf(pairOf(config, list)?.value, index);
	const pair = pairOf(map, key);
	if (!isMap(map) || !isScalar(pair?.value) || !isScalar(pair.key)) return false;
	const token = pair.value.srcToken;
	if (!CST.isScalar(token) || pair.value.anchor !== undefined) return false;
	if (value === undefined) return takeOut(map, pair.key);
	CST.setScalarValue(token, value);
	return true;
}

function pairOf(map: unknown, key: string) {
	// With the project's name before it, or without.
	const isKey = (text: unknown) => String(text).replace(/^[^:]*:/, "") === key;
	return isMap(map)
		? map.items.find((item) => isScalar(item.key) && isKey(item.key.value))
		: undefined;
}

function entryOf(list: unknown, index: number): unknown {
	return isSeq(list) ? list.items[index] : undefined;
}

function takeOut(config: YAMLMap, { srcToken }: Scalar): boolean {
	const map = config.srcToken;
	if (map?.type !== "block-map") return false;
	const at = map.items.findIndex((item) => item.key === srcToken);
	map.items.splice(at, 1);
	return true;
}

/** Edit a stack's file: the one that a symbolic link leads to. */
export async function editStackFile(stack: string, edits: Edits): Promise<void> {
	const path = realpathSync(`Pulumi.${stack}.yaml`);
	await writeWhole(path, editText(path, readFileSync(path, "utf8"), edits));
}
