/**
 * Environment markers: the conditions on which a lock's packages and dependencies apply.
 *
 * Grammar and meaning are those of the dependency specifiers (PEP 508, as packaging.python.org has
 * it now) with the variables `extras` and `dependency_groups` of lock files (PEP 751). Where these
 * leave room, pip's library "packaging" 26 is followed.
 */

import { satisfies, valid, validRange } from "@renovatebot/pep440";
import { Refusal } from "../config-values.ts";
import { normalizeName } from "./names.ts";
import { pythonSeries, type Target } from "./target.ts";

/** What markers are evaluated for. */
export interface MarkerEnvironment {
	/** Value of each variable that is a text; absent: nothing here can know it. */
	readonly texts: Readonly<Record<string, string | undefined>>;
	/** Values of `extras` and `dependency_groups`, normalised. */
	readonly sets: Readonly<Record<string, ReadonlySet<string>>>;
}

/**
 * The environment of a target: CPython on Linux, no extra, and these dependency groups (none by
 * default). What the kernel says (`platform_release`, `platform_version`) is not known.
 */
export function markerEnvironment(
	target: Target,
	groups: Iterable<string> = [],
): MarkerEnvironment {
	const { major, minor } = pythonSeries(target);
	return {
		texts: {
			python_version: `${major}.${minor}`,
			python_full_version: target.python,
			implementation_version: target.python,
			implementation_name: "cpython",
			platform_python_implementation: "CPython",
			os_name: "posix",
			sys_platform: "linux",
			platform_system: "Linux",
			platform_machine: target.machine,
			extra: "",
		},
		sets: {
			extras: new Set(),
			dependency_groups: new Set(Array.from(groups, normalizeName)),
		},
	};
}

/**
 * Tells whether a marker holds. Throws a Refusal if it is none, or if it depends on what is not
 * known here.
 */
export function evaluateMarker(marker: string, environment: MarkerEnvironment): boolean {
	const holds = evaluate(parseMarker(marker), environment);
	if (holds === undefined) throw new Refusal("depends on the kernel, which differs by machine");
	return holds;
}

/** A marker, parsed: comparisons, joined. */
export type Marker =
	| { readonly kind: "and" | "or"; readonly parts: readonly Marker[] }
	| {
			readonly kind: "comparison";
			readonly left: Operand;
			readonly operator: string;
			readonly right: Operand;
	  };

/** One side of a comparison. */
export type Operand =
	| { readonly kind: "variable"; readonly name: string }
	| { readonly kind: "text"; readonly text: string };

/** Variables by the names that markers may have for them; those with dots are of setuptools' past. */
const variables: Readonly<Record<string, string>> = Object.fromEntries([
	...[
		"python_version",
		"python_full_version",
		"os_name",
		"sys_platform",
		"platform_release",
		"platform_system",
		"platform_version",
		"platform_machine",
		"platform_python_implementation",
		"implementation_name",
		"implementation_version",
		"extra",
		"extras",
		"dependency_groups",
	].map((name) => [name, name]),
	...["os.name", "sys.platform", "platform.version", "platform.machine"].map((name) => [
		name,
		name.replace(".", "_"),
	]),
	["platform.python_implementation", "platform_python_implementation"],
	["python_implementation", "platform_python_implementation"],
]);

const token =
	/[ \t\r\n]*(?:(?<text>'[^']*'|"[^"]*")|(?<operator>===|==|~=|!=|<=|>=|<|>)|(?<word>[A-Za-z_][\w.]*)|(?<bracket>[()]))/y;

interface Token {
	readonly kind: "text" | "operator" | "word" | "bracket" | "end";
	readonly text: string;
}

function tokens(marker: string): Token[] {
	const found: Token[] = [];
	const end = marker.trimEnd().length;
	token.lastIndex = 0;
	for (let at = 0; at < end; at = token.lastIndex) {
		const groups = token.exec(marker)?.groups;
		if (groups === undefined) {
			const place = at + marker.slice(at).search(/[^ \t\r\n]/) + 1;
			throw new Refusal(`is no environment marker (PEP 508): character ${place} fits nothing`);
		}
		const [kind, text = ""] = Object.entries(groups).find(([, part]) => part !== undefined) ?? [];
		found.push({ kind: kind as Token["kind"], text });
	}
	return found;
}

/** Deeper ones are nobody's, and would overflow the stack. */
const deepest = 50;

/** Parses a marker; throws a Refusal if it is none. */
export function parseMarker(marker: string): Marker {
	const rest = tokens(marker);
	let position = 0;
	const peek = (): Token => rest[position] ?? { kind: "end", text: "its end" };
	const isNext = (text: string) => peek().text === text && peek().kind !== "text";
	const refuse = (wanted: string): never => {
		throw new Refusal(`is no environment marker (PEP 508): ${peek().text} where ${wanted} must be`);
	};
	const accept = (text: string): boolean => {
		if (!isNext(text)) return false;
		position += 1;
		return true;
	};

	function joined(kind: "and" | "or", part: () => Marker): Marker {
		const first = part();
		const parts = [first];
		while (accept(kind)) parts.push(part());
		return parts.length === 1 ? first : { kind, parts };
	}

	function alternatives(depth: number): Marker {
		if (depth > deepest) throw new Refusal(`has more than ${deepest} brackets in brackets`);
		return joined("or", () => joined("and", () => single(depth)));
	}

	function single(depth: number): Marker {
		if (!accept("(")) return comparison();
		const inner = alternatives(depth + 1);
		if (!accept(")")) refuse(")");
		return inner;
	}

	function comparison(): Marker {
		const left = operand();
		const operator = readOperator();
		const right = operand();
		if (left.kind === right.kind)
			throw new Refusal("has a comparison that is not of a variable and a text");
		return { kind: "comparison", left, operator, right };
	}

	function readOperator(): string {
		if (accept("in")) return "in";
		if (accept("not")) return accept("in") ? "not in" : refuse("in");
		const { kind, text } = peek();
		if (kind !== "operator") return refuse("an operator");
		position += 1;
		return text;
	}

	function operand(): Operand {
		const { kind, text } = peek();
		if (kind === "text") {
			position += 1;
			return { kind, text: text.slice(1, -1) };
		}
		const name = kind === "word" && Object.hasOwn(variables, text) ? variables[text] : undefined;
		if (name === undefined) return refuse("a variable or a text in quotes");
		position += 1;
		return { kind: "variable", name };
	}

	const parsed = alternatives(0);
	return peek().kind === "end" ? parsed : refuse('"and", "or" or the end');
}

/** `undefined` where it depends on a variable that is not known. */
function evaluate(marker: Marker, environment: MarkerEnvironment): boolean | undefined {
	if (marker.kind === "comparison") return compare(marker, environment);
	const decisive = marker.kind === "or";
	const values = marker.parts.map((part) => evaluate(part, environment));
	if (values.includes(decisive)) return decisive;
	return values.includes(undefined) ? undefined : !decisive;
}

type Comparison = Extract<Marker, { kind: "comparison" }>;

function compare(comparison: Comparison, environment: MarkerEnvironment): boolean | undefined {
	const { left, operator, right } = comparison;
	const variable = left.kind === "variable" ? left.name : right.kind === "variable" && right.name;
	const set = environment.sets[String(variable)];
	if (set !== undefined) return isMember(comparison, set);
	const value = environment.texts[String(variable)];
	if (value === undefined) return undefined;
	const normalize = variable === "extra" ? normalizeName : (text: string) => text;
	const [one, other] = [left, right].map((side) =>
		normalize(side.kind === "text" ? side.text : value),
	) as [string, string];
	return compareTexts(one, operator, other, versionVariables.has(String(variable)));
}

function isMember({ left, operator }: Comparison, set: ReadonlySet<string>): boolean {
	if (left.kind !== "text" || !operator.endsWith("in"))
		throw new Refusal('has a set without the form "name" in set (PEP 751)');
	return set.has(normalizeName(left.text)) === (operator === "in");
}

/** Variables whose values are versions (PEP 440). */
const versionVariables: ReadonlySet<string> = new Set([
	"python_version",
	"python_full_version",
	"implementation_version",
]);

function compareTexts(left: string, operator: string, right: string, isVersion: boolean): boolean {
	const specifier = `${operator}${right}`;
	if (isVersion && !operator.endsWith("in") && validRange(specifier))
		return valid(left) !== null && satisfies(left, specifier, { prereleases: true });
	const comparison = textComparisons[operator];
	if (comparison === undefined) throw new Refusal(`compares texts by ${operator}`);
	return comparison(left, right);
}

/** Texts have no order: "packaging" holds none of two for the lesser one. */
const textComparisons: Readonly<Record<string, (left: string, right: string) => boolean>> = {
	"==": (left, right) => left === right,
	"!=": (left, right) => left !== right,
	"<": () => false,
	"<=": (left, right) => left === right,
	">": () => false,
	">=": (left, right) => left === right,
	in: (left, right) => right.includes(left),
	"not in": (left, right) => !right.includes(left),
};
