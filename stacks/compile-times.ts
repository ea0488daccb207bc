import type { Profile } from "./config-values.ts";
import { cpythonSeries } from "./cpython.ts";
import { type Codename, codenames } from "./debian.ts";

/*
 * How long CPython takes to be compiled, from its source to the finished .deb: seconds on two processors,
 * amd64, without ccache. arm64 was not measured on a machine of its own, and counts as the same.
 */

/** 3.13.5, optimized, on each release (docs/python-build.md, "On each release"). */
const RELEASES: Partial<Record<Codename, number>> = { bullseye: 451, bookworm: 302, trixie: 318 };

/** 3.13.5 on bookworm, with each profile. */
const PROFILES: Readonly<Record<Profile, number>> = {
	quick: 109, // README.md, "Try it"
	optimized: 302, // as above
	hardened: 302, // not measured: the same work with other flags
};

/**
 * 3.9.2, 3.11.2 and 3.13.5 on bookworm, quick, one after the other: on a machine that others used too, so
 * only their proportion counts.
 */
const SERIES: Readonly<Record<string, number>> = { "3.9": 142, "3.11": 151, "3.13": 139 };

/** What decides how long a compile takes. */
export interface Compile {
	readonly release: Codename;
	/** Such as 3.13. */
	readonly series: string;
	readonly profile: Profile;
}

/**
 * How long a compile takes, in seconds: that of its profile, in proportion to what its release and its
 * series take beside bookworm and 3.13. What was not measured takes what its nearest neighbour does.
 */
export function compileSeconds({ release, series, profile }: Compile): number {
	const known = cpythonSeries.map((each) => each.series);
	const ofRelease = share(RELEASES, codenames, release, "bookworm");
	return PROFILES[profile] * ofRelease * share(SERIES, known, series, "3.13");
}

/** The same in whole minutes, of which the last one has begun. */
export function compileMinutes(compile: Compile): number {
	return Math.ceil(compileSeconds(compile) / 60);
}

/** What one takes of what another does; of two neighbours that are as near, the older counts. */
function share<Name extends string>(
	measured: Readonly<Partial<Record<Name, number>>>,
	names: readonly Name[],
	one: Name,
	another: Name,
): number {
	const distance = (name: Name) => Math.abs(names.indexOf(name) - names.indexOf(one));
	const [nearest = another] = names
		.filter((name) => name in measured)
		.sort((a, b) => distance(a) - distance(b));
	return (measured[nearest] ?? 0) / (measured[another] ?? 1);
}
