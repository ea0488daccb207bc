/** Debian packages of a Python beside those that each has: the interpreter's, and -dev. */

import { quote } from "./config-error.ts";
import { parseList, Refusal } from "./config-values.ts";
import type { DebianRelease } from "./debian.ts";

/** What they are called after `cpython3.13-`: Tk with all that needs it, and what gdb needs. */
export const extraPackages = ["tk", "dbgsym"] as const;

/** One of them. */
export type ExtraPackage = (typeof extraPackages)[number];

/** A JSON list of them, as Pulumi gives a list; in one order, each once. */
export function parsePackages(value: string): readonly ExtraPackage[] {
	const named = parseList(value);
	const unknown = named.find((name) => !(extraPackages as readonly string[]).includes(name));
	if (unknown !== undefined)
		throw new Refusal(
			`has ${quote(unknown)}, which is no package of CPython that this program makes (${extraPackages.join(", ")})`,
		);
	return extraPackages.filter((name) => named.includes(name));
}

/** Why a release cannot have packages; undefined where it can. */
export function packagesRefusal(
	packages: readonly ExtraPackage[],
	{ codename, number }: Pick<DebianRelease, "codename" | "number">,
): Refusal | undefined {
	// From debhelper 9.20151219 on (its changelog); jessie has 9.20150101.
	if (number > 8 || !packages.includes("dbgsym")) return undefined;
	return new Refusal(
		`has dbgsym, which debhelper of ${codename} does not make`,
		"remove it, or write release: stretch",
	);
}
