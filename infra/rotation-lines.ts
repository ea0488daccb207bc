import type { Rotation } from "../stacks/rotation.ts";

/** A line of a rotation: what it is about, and what there is to say. */
export type Labelled = readonly [label: string, text: string];

/** A rotation for a reader: what differs, in the order in which it matters to users. */
export function rotationLines({ versions, sonames, wheels, support }: Rotation): Labelled[] {
	const list = (names: readonly string[]) => (names.length === 0 ? "none" : names.join(", "));
	const changed = ({ what, before, after }: Rotation["versions"][number]): Labelled => [
		what,
		`${before} -> ${after}`,
	];
	return [
		...versions.map(changed),
		["sonames gone", list(sonames.gone)],
		["sonames added", list(sonames.added)],
		["wheels to rebuild", `${WHEELS[wheels.rebuild]}: ${wheels.because.join("; ")}`],
		...support.map(changed),
	];
}

const WHEELS: Readonly<Record<Rotation["wheels"]["rebuild"], string>> = {
	none: "none",
	linked: "compiled ones that link them; others stay",
	compiled: "all compiled ones; those of pure Python stay",
};
