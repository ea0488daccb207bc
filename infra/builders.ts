import { isCross, type PlatformSettings } from "../stacks/platforms.ts";
import type { StackPython } from "../stacks/settings.ts";

/** What compiles the Pythons of a platform, as far as there are such as need it. */
export interface Builders<Pybuild, Crossbuild> {
	readonly pybuild: Pybuild | undefined;
	readonly crossbuild: Crossbuild | undefined;
}

/** What {@link makeBuilders} needs. */
export interface BuildersArgs<Pybuild, Crossbuild> {
	readonly settings: Pick<PlatformSettings, "pythons" | "compiledOn">;
	/** Makes the platform's own. */
	readonly pybuild: () => Pybuild;
	/** Makes the one that compiles for it on the stack's first platform, of that one's own. */
	readonly crossbuild: (first: Pybuild) => Crossbuild;
	/** That of the stack's first platform; undefined of that itself. */
	readonly first: Pybuild | undefined;
}

/** What compiles the Pythons of a platform. */
export function makeBuilders<Pybuild, Crossbuild>({
	settings,
	pybuild,
	crossbuild,
	first,
}: BuildersArgs<Pybuild, Crossbuild>): Builders<Pybuild, Crossbuild> {
	const cross = settings.pythons.map((python) => isCross(settings, python));
	return {
		// Of the first platform others' are made.
		pybuild: first === undefined || cross.includes(false) ? pybuild() : undefined,
		crossbuild: first !== undefined && cross.includes(true) ? crossbuild(first) : undefined,
	};
}

/** What compiles one of the Pythons. */
export function builderOf<Pybuild, Crossbuild>(
	{ pybuild, crossbuild }: Builders<Pybuild, Crossbuild>,
	settings: Pick<PlatformSettings, "compiledOn">,
	python: StackPython,
): Pybuild | Crossbuild {
	const builder = isCross(settings, python) ? crossbuild : pybuild;
	if (builder === undefined) throw new Error(`no builder was made for ${python.version}`);
	return builder;
}
