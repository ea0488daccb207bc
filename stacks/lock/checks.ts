/** What is refused in a lock of whichever format. */

import { satisfies, validRange } from "@renovatebot/pep440";
import type { LockedDistribution } from "./lock.ts";
import type { LockFile } from "./lock-file.ts";
import { evaluateMarker, type MarkerEnvironment } from "./markers.ts";
import { describeTarget, type Target } from "./target.ts";

/** Refuses a distribution that is not in a package index. */
export function refuseSource(file: LockFile, key: string, name: string): void {
	file.refuse(
		key,
		name,
		"is not locked as files of a package index",
		"publish a release of it in a package index, and lock that",
	);
}

/** Refuses two versions of one name for one target. */
export function refuseTwice(
	file: LockFile,
	selected: readonly Pick<LockedDistribution, "name" | "version">[],
	target: string,
): void {
	const versions = Map.groupBy(selected, ({ name }) => name);
	for (const [name, entries] of versions)
		if (entries.length > 1)
			file.refuse(
				`packages.${name}`,
				entries.map(({ version }) => version).join(", "),
				`is locked ${entries.length} times for ${target}`,
			);
}

/** Tells whether a marker, if there is one, holds; one that is none is a problem, and does not. */
export function holds(
	file: LockFile,
	key: string,
	marker: string | undefined,
	environment: MarkerEnvironment,
): boolean {
	if (marker === undefined) return true;
	return file.check(key, marker, () => evaluateMarker(marker, environment)) ?? false;
}

/** Refuses versions of Python that the target's is not one of. */
export function refuseOtherPython(
	file: LockFile,
	key: string,
	specifier: string | undefined,
	target: Target,
): void {
	if (specifier === undefined) return;
	if (!validRange(specifier)) file.refuse(key, specifier, "is no version specifier (PEP 440)");
	else if (!satisfies(target.python, specifier, { prereleases: true }))
		file.refuse(key, specifier, `is not for ${describeTarget(target)}`);
}

/** Refuses markers none of which holds, if there are any. */
export function refuseOtherPlatforms(
	file: LockFile,
	key: string,
	markers: readonly string[],
	environment: MarkerEnvironment,
	target: Target,
): void {
	if (markers.length === 0) return;
	if (!markers.map((marker) => holds(file, key, marker, environment)).includes(true))
		file.refuse(key, markers.join(" | "), `is not for ${describeTarget(target)}`);
}
