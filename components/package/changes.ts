import type { StackPython } from "../../stacks/settings.ts";
import { abiFlags } from "../../stacks/variants.ts";
import type { KeyInputs } from "../content-key.ts";

/*
 * How the recipe of pybuild, which makes the .debs of the common Python, is changed for another: so no key
 * of the common one has anything of it.
 */

const CONTEXT = "components/package/context";

/** What makes the .debs by a changed recipe: its file `build` says how. */
export const CHANGED_CONTEXT = `${CONTEXT}/changed`;

/** Folder of a change, by its name. */
export function changeFolder(change: string): string {
	return `${CONTEXT}/${change}`;
}

/** The names of the changes that a Python needs; the common one needs none. */
export function recipeChanges(python: StackPython): readonly string[] {
	return [
		...(abiFlags(python) === "" ? [] : ["abi"]),
		...(python.patches === undefined ? [] : ["patched"]),
		...(python.packages ?? []),
	];
}

/** What of a Python's changes decides the bytes of its .debs; nothing of the common one. */
export function keyOfChanges(python: StackPython): KeyInputs {
	const changes = recipeChanges(python);
	if (changes.length === 0) return {};
	return {
		"recipe build": { context: CHANGED_CONTEXT },
		...Object.fromEntries(
			changes.map((name) => [`recipe ${name}`, { context: changeFolder(name) }]),
		),
	};
}

/** What of it decides the compiled files: debug symbols are the compiler's. */
export function keyOfCompiled({ packages }: Pick<StackPython, "packages">): KeyInputs {
	return packages?.includes("dbgsym")
		? { "recipe dbgsym": { context: changeFolder("dbgsym") } }
		: {};
}
