/** The image minimal: a Python and the packages that it needs, without a shell or a package manager. */

import type { Codename } from "./debian.ts";
import type { StackPython } from "./pythons.ts";

/** What a stack writes as `variant` to have it. It is of the common build: the same package, another image. */
export const MINIMAL = "minimal" as const;

/** An image of a Python that apps stand on, by its artefact. */
export type PythonImageKind = "python" | typeof MINIMAL;

/** Whether a Python has the image minimal. */
export function hasMinimal({ images = [] }: Pick<StackPython, "images">): boolean {
	return images.includes(MINIMAL);
}

/**
 * Packages whose files the image has although nothing needs them by its Depends, since they are Essential:
 * os-release and licences, passwd and group, the locale C.UTF-8, the descriptions of terminals. What these
 * depend on is for their programs, which are left out.
 */
export const minimalBase = ["base-files", "base-passwd", "libc-bin", "ncurses-base"] as const;

/**
 * Packages that others name in Depends for their maintainer scripts alone (tried on bullseye, bookworm and
 * trixie); of Essential ones, such as dpkg, nobody needs to say so.
 */
export const maintainerTools = ["debconf", "install-info", "mawk"] as const;

/**
 * Bytes that the files of the image minimal may have. A pair that nobody measured
 * has no limit.
 */
const budgets: Partial<Record<Codename, Readonly<Record<string, number>>>> = {
	bookworm: { "3.13": 60_000_000 }, // measured: 53.2 MB, 3.13.5, quick
};

/** Bytes that the image minimal may have; undefined where there is no limit, as on arm64. */
export function minimalBudget(
	codename: Codename,
	series: string,
	architecture: string,
): number | undefined {
	return architecture === "amd64" ? budgets[codename]?.[series] : undefined;
}
