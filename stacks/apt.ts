/** Of a stack's config, what is about its apt repository. */

import { ABSENT, type ConfigReader } from "./config-reader.ts";
import { type AptPlace, Refusal } from "./config-values.ts";
import { type DebianRelease, debianReleases } from "./debian.ts";

export type { AptPlace } from "./config-values.ts";

/** The apt repository that a stack's .debs are published in. */
export interface AptSettings {
	readonly place: AptPlace;
	/** Fingerprints of the OpenPGP keys that sign it, at least one, in capital letters. */
	readonly keys: readonly string[];
	/** How many days a package release stays once a newer one is there. */
	readonly keepDays: number;
	/** For how many days apt takes what it says. */
	readonly validDays: number;
}

/**
 * The apt repository of a stack; `undefined` where it has none, or something is wrong with it, which
 * the reader then knows.
 */
export function readApt(
	reader: ConfigReader,
	debian: DebianRelease | undefined,
): AptSettings | undefined {
	const place = reader.read("aptRepository");
	// An empty list is how Pulumi says that there is none.
	const keys = reader.read("aptKeys") ?? [];
	const keepDays = reader.read("aptKeepDays");
	const validDays = reader.read("aptValidDays");
	if (place === "none") {
		if (keys.length > 0)
			reader.refuse(
				"aptKeys",
				new Refusal("is for aptRepository alone", "write aptRepository too, or remove the keys"),
			);
		return undefined;
	}
	if (place && debian && !hasByHash(debian))
		reader.refuse(
			"aptRepository",
			new Refusal(
				`is of no use to ${debian.codename}, whose apt ${debian.versions.apt} reads an index by its name alone, which is another one while it is being published`,
				`write aptRepository: none; it works from ${oldestByHash()} on`,
			),
		);
	const isRefused = reader.problems.some(({ key }) => key === "aptKeys");
	if (place && keys.length === 0 && !isRefused) reader.refuse("aptKeys", ABSENT);
	if (!place || keepDays === undefined || validDays === undefined) return undefined;
	return { place, keys, keepDays, validDays };
}

/** Whether a release's apt reads indexes by their hash: since 1.2.0 (Debian wiki, "DebianRepository/Format"). */
function hasByHash({ versions }: DebianRelease): boolean {
	const [major = 0, minor = 0] = versions.apt.split(".").map(Number);
	return major > 1 || (major === 1 && minor >= 2);
}

function oldestByHash(): string {
	return Object.values(debianReleases).find(hasByHash)?.codename ?? "";
}
