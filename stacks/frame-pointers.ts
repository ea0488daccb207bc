/** Frame pointers of a Python, by which profilers of the whole system see its stack without debug information. */

import type { Profile } from "./config-values.ts";
import { type CPythonSeries, compareVersions } from "./cpython.ts";

/** What of a Python's config decides whether it has frame pointers. */
export interface FramePointersConfig {
	readonly series: CPythonSeries;
	readonly profile: Profile;
	/** Absent: as the profile and the series have them by themselves. */
	readonly framePointers?: boolean;
}

/** What configure of CPython 3.15 puts into BASECFLAGS (PEP 831), for older ones. */
const FLAGS = "-fno-omit-frame-pointer -mno-omit-leaf-frame-pointer";

/** From 3.15 on frame pointers are CPython's default (PEP 831). */
export function isDefault({ series }: Pick<FramePointersConfig, "series">): boolean {
	return compareVersions(series.series, "3.15") >= 0;
}

/**
 * What takes another choice than the Python's own to configure: none of it where there is nothing to
 * change, so that no key has it.
 *
 * BASECFLAGS is of configure's environment. Unlike CFLAGS_NODIST, which the compile sets, it becomes part
 * of sysconfig's CFLAGS, by which extensions are compiled: a stack is seen as far as each of its functions
 * has them.
 */
export function framePointerInputs(python: FramePointersConfig): {
	readonly flags: readonly string[];
	readonly variables: Readonly<Record<string, string>>;
} {
	const { profile, framePointers } = python;
	const isOwn = framePointers === undefined || framePointers === isDefault(python);
	if (isOwn || profile === "hardened") return { flags: [], variables: {} };
	return framePointers
		? { flags: [], variables: { BASECFLAGS: FLAGS } }
		: { flags: ["--without-frame-pointers"], variables: {} };
}

/** What a preview warns of: that `framePointers` asks for what is there in any case. */
export function framePointerWarnings(
	python: FramePointersConfig & { readonly version: string },
): string[] {
	if (!python.framePointers) return [];
	const whose =
		python.profile === "hardened" ? "the profile hardened" : `CPython ${python.version}`;
	return isDefault(python) || python.profile === "hardened"
		? [`framePointers changes nothing: ${whose} has them already`]
		: [];
}
