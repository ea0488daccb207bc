import { aptText } from "../../components/apt/look.ts";
import { compileLine } from "../../infra/plan.ts";
import { rotationLines } from "../../infra/rotation-lines.ts";
import { section, shortReference, wrap } from "../../local/text.ts";
import type { ArtefactPlan, StackPlan } from "./plan.ts";

/** A plan for a reader, in lines that fit {@link COLUMNS}. */
export function planText(plan: StackPlan): string {
	const { edits, artefacts, apt, pythons, warnings } = plan;
	const changed = edits.map(({ key, before, after }) => [
		key,
		`${shown(before)} -> ${shown(after)}`,
	]);
	const problems = new Set(artefacts.flatMap(({ problem }) => problem ?? []));
	return [
		...section("config", changed),
		...section("artefacts", [
			...artefacts.map(artefactLine),
			...apt.map((each) => [each.artefact, aptText(each)]),
		]),
		...[...problems].flatMap((problem) => wrap("  cannot tell: ", problem)),
		`  ${compileLine(artefacts, pythons)}`,
		...pythons.flatMap(({ series, rotation }) => {
			const heading = pythons.length === 1 ? "for users" : `for users of Python ${series}`;
			return section(heading, rotation === null ? [] : rotationLines(rotation));
		}),
		...section(
			"warnings",
			warnings.map((warning) => ["", warning]),
		),
	].join("\n");
}

function shown(value: string): string {
	return value === "" ? "none" : shortReference(value);
}

function artefactLine({ artefact, fate, changes, compiles }: ArtefactPlan): string[] {
	const word = fate === "unknown" ? "cannot tell" : fate;
	const compile = compiles === undefined ? "" : `; compiles ${compiles}`;
	return [artefact, (changes === "" ? word : `${word}: ${changes}`) + compile];
}
