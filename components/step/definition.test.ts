import { expect, expectTypeOf, it } from "vitest";
import { stepCommand } from "./command.ts";
import {
	defineStep,
	type InputsOf,
	list,
	optional,
	readInputs,
	record,
	text,
} from "./definition.ts";

const step = defineStep<{ done: boolean }>()("components/x/run.ts", {
	NAME: text,
	NAMES: list,
	LABELS: record(),
	BUNDLE: optional(text),
});

it("reads what is declared, and leaves what is not", () => {
	const environment = { NAME: "a=b", NAMES: '["a"]', LABELS: '{"a":"b"}', OTHER: "x" };
	expect(readInputs(step, environment)).toEqual({
		NAME: "a=b",
		NAMES: ["a"],
		LABELS: { a: "b" },
		BUNDLE: undefined,
	});
	expectTypeOf<InputsOf<typeof step>>().toEqualTypeOf<{
		readonly NAME: string;
		readonly NAMES: readonly string[];
		readonly LABELS: Readonly<Record<string, string>>;
		readonly BUNDLE: string | undefined;
	}>();
});

it("names what a step that is started by hand lacks", () => {
	expect(() => readInputs(step, { NAME: "a" })).toThrow("NAMES is not set");
});

it("takes no input that is not declared, and misses none that is", () => {
	const inputs = { NAME: "a", NAMES: [], LABELS: {}, BUNDLE: undefined };
	const calls = [
		() => stepCommand("step", step, inputs, {}),
		// @ts-expect-error it is misspelt
		() => stepCommand("step", step, { ...inputs, BUNDEL: "a" }, {}),
		// @ts-expect-error the others are missing
		() => stepCommand("step", step, { NAME: "a" }, {}),
	];
	// The compiler checks it (npm run lint).
	expect(calls).toHaveLength(3);
});
