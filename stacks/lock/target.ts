import type { Codename } from "../debian.ts";
import type { Settings, StackPython } from "../settings.ts";
import { abiFlags } from "../variants.ts";

/** What a lock is read for: one Python, on one Debian release, on one architecture. */
export interface Target {
	/** Full version of CPython, such as 3.13.5 or 3.15.0rc1. */
	readonly python: string;
	/** Its ABI flags, such as `t` of a free-threaded one; absent: none. */
	readonly abiFlags?: string;
	readonly debian: Codename;
	/** Version of the release's glibc, such as 2.36. */
	readonly glibc: string;
	/** Name of the architecture in wheel tags and markers: what `uname -m` says. */
	readonly machine: "x86_64" | "aarch64";
}

/** The target of one of a stack's Pythons. */
export function targetOf(
	{ debian, platform }: Pick<Settings, "debian" | "platform">,
	python: Pick<StackPython, "version" | "series" | "variant">,
): Target {
	const flags = abiFlags(python);
	return {
		python: python.version,
		...(flags !== "" && { abiFlags: flags }),
		debian: debian.codename,
		glibc: debian.versions.glibc,
		machine: platform === "linux/arm64" ? "aarch64" : "x86_64",
	};
}

/** A target in words, for messages. */
export function describeTarget({ python, abiFlags: flags = "", debian, machine }: Target): string {
	return `Python ${python}${flags} on ${debian} (${machine})`;
}

/** Major and minor version of the target's Python. */
export function pythonSeries({ python }: Target): { major: number; minor: number } {
	const [major = "", minor = ""] = python.split(".");
	return { major: Number(major), minor: Number(minor) };
}
