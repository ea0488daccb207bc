/** The Pythons of a stack: of its list, or the one of the short form. */

import { type Compatibility, compatibility } from "./compatibility.ts";
import type { ConfigKey } from "./config.ts";
import { ABSENT, type ConfigReader, unknownKey, type Values } from "./config-reader.ts";
import { type Profile, type PythonEntry, Refusal } from "./config-values.ts";
import { type CPythonRelease, type CPythonSeries, canOptimize, findRelease } from "./cpython.ts";
import { type Codename, type DebianRelease, debianReleases } from "./debian.ts";
import { type ExtraPackage, packagesRefusal } from "./extra-packages.ts";
import { nearestOf } from "./guess.ts";
import { MINIMAL, type PythonImageKind } from "./minimal.ts";
import { type PatchSet, readPatchSet } from "./patches/patch-set.ts";
import { isPastLts } from "./support.ts";
import { pythonName, type Variant, variantRefusal } from "./variants.ts";

/** A Python that a stack compiles. */
export interface StackPython {
	/** Full version, such as 3.13.5. */
	readonly version: string;
	readonly series: CPythonSeries;
	/** Which tarball of python.org, and its hash. */
	readonly source: Pick<CPythonRelease, "format" | "sha256">;
	/** Internal release number, the 1 of 3.13.5-1. */
	readonly packageRelease: number;
	readonly profile: Profile;
	/** Another build than the common one; absent: that. */
	readonly variant?: Variant;
	/** Whether it keeps frame pointers; absent: as its profile and series do. */
	readonly framePointers?: boolean;
	/** What is applied to its source; absent: nothing is. */
	readonly patches?: PatchSet;
	/** Its packages beside the interpreter's and -dev; absent: none. */
	readonly packages?: readonly ExtraPackage[];
	/** The images that apps may stand on, in the order of the stack file; absent: python alone. */
	readonly images?: readonly PythonImageKind[];
	/** The judgement on it on the stack's Debian release; never `impossible` here. */
	readonly compatibility: Compatibility;
	/** What the names of its artefacts end with, such as `-3.12` or `-3.13t`: nothing for the first. */
	readonly suffix: string;
}

/** What Pythons are judged by, beside their own config. */
interface PythonContext {
	readonly debian: DebianRelease | undefined;
	readonly allowUnsupported: boolean | undefined;
	readonly today: Date;
}

type Version = Pick<StackPython, "version" | "series" | "source">;

/** A Python whose version is right: what else is wrong with it is undefined. */
export type ReadPython = Version &
	Pick<StackPython, "suffix" | "variant" | "patches" | "packages" | "framePointers" | "images"> & {
		readonly [Key in "packageRelease" | "profile" | "compatibility"]: StackPython[Key] | undefined;
	};

/** The Pythons whose versions are right, the first of the list first; the reader has what is wrong. */
export function readPythons(reader: ConfigReader, context: PythonContext): readonly ReadPython[] {
	const entries = reader.read("pythons") ?? [];
	// A list that is refused says enough.
	if (entries.length === 0 && (reader.text("pythons") ?? "[]") !== "[]") return [];
	if (entries.length === 0) return readPython(reader, context);
	for (const key of OF_ONE)
		if (reader.text(key) !== undefined)
			reader.refuse(key, new Refusal("is given beside pythons", "remove one of the two"));
	const found: ReadPython[] = [];
	for (const [index, entry] of entries.entries())
		found.push(...readEntry(reader, { entry, place: `pythons[${index}]`, found }, context));
	return withImages(found).map((python, index) =>
		index === 0 ? python : { ...python, suffix: `-${pythonName(python)}` },
	);
}

/** Entries of one build as one Python, with the images of all. */
function withImages(entries: readonly ReadPython[]): ReadPython[] {
	const builds = Map.groupBy(entries, pythonName);
	return [...builds.values()].map((same) => {
		const [first] = same as [ReadPython];
		return same.length === 1 ? first : { ...first, images: same.map(imageOf) };
	});
}

/** The image of an entry. */
function imageOf({ images }: Pick<ReadPython, "images">): PythonImageKind {
	return images?.[0] ?? "python";
}

/** Whether nothing is wrong with a Python. */
export function isWhole(python: ReadPython): python is StackPython {
	return !Object.values(python).includes(undefined);
}

/** The keys of an entry of `pythons`, and what each is called in the short form. */
const ENTRY_KEYS = {
	version: "pythonVersion",
	variant: "variant",
	packageRelease: "packageRelease",
	profile: "profile",
	framePointers: "framePointers",
	patches: "patches",
	packages: "packages",
	sourceSha256: "sourceSha256",
} as const satisfies Readonly<Record<string, ConfigKey>>;

interface Entry {
	readonly entry: PythonEntry;
	/** Such as `pythons[1]`. */
	readonly place: string;
	/** Those before it. */
	readonly found: readonly ReadPython[];
}

/** A Python of the list, read as the only one of a stack, of which it has what it does not say itself. */
function readEntry(
	reader: ConfigReader,
	{ entry, place, found }: Entry,
	context: PythonContext,
): ReadPython[] {
	const none = Object.fromEntries(OF_ONE.map((key) => [key, undefined]));
	const own = reader.with({ ...none, ...shortForm(entry) });
	const pythons = readPython(own, context);
	for (const python of pythons) {
		const same = found.filter((earlier) => pythonName(earlier) === pythonName(python));
		const refusal = besideRefusal(python, same);
		if (refusal !== undefined) own.refuse("pythonVersion", refusal);
	}
	const known = Object.keys(ENTRY_KEYS);
	for (const [key, value] of Object.entries(entry))
		if (!known.includes(key))
			own.problems.push(unknownKey(key, value, nearestOf(known, key), known));
	for (const problem of own.problems) {
		const key = problem.key.replace("pythonVersion", "version");
		const remedy = problem.remedy.replaceAll("pythonVersion:", "version:");
		if (key in entry || key === "version")
			reader.problems.push({ ...problem, key: `${place}.${key}`, remedy });
		// What is the stack's own is wrong once, for all of its entries.
		else if (!reader.problems.some((told) => told.key === key)) reader.problems.push(problem);
	}
	return pythons;
}

/** What the short form says of its one Python, and not the stack of each of several. */
const OF_ONE = ["pythonVersion", "variant", "patches", "sourceSha256"] as const;

/** What an entry says, by the keys of the short form. */
function shortForm(entry: PythonEntry): Values {
	const given = Object.entries(ENTRY_KEYS).filter(([name]) => name in entry);
	return Object.fromEntries(given.map(([name, key]) => [key, entry[name]]));
}

/** Whether an entry of `pythons` is one of a Python's. */
export function isEntryOf(
	{ version, variant = "" }: PythonEntry,
	python: Pick<StackPython, "version" | "variant">,
): boolean {
	const build = variant === MINIMAL ? "" : variant;
	return version === python.version && build === (python.variant ?? "");
}

/**
 * Why a Python cannot be beside others of its name: package, folder and tags are named by its series and
 * variant alone. Two images of one package may be.
 */
function besideRefusal(python: ReadPython, same: readonly ReadPython[]): Refusal | undefined {
	const other = same.find((each) => imageOf(each) === imageOf(python));
	if (other !== undefined)
		return new Refusal(
			`is of the series ${pythonName(other)}, as "${other.version}" is, which is there too`,
			"write one Python of each series and variant, and the other one in another stack",
		);
	const [common] = same;
	const key = common && OF_PACKAGE.find((name) => differ(python[name], common[name]));
	return key && common
		? new Refusal(
				`has the package of the ${common.version} beside it, of another ${key}`,
				`give both the same ${key}, or write one of them in another stack`,
			)
		: undefined;
}

/** What is one where two images have one package. */
const OF_PACKAGE = [
	"version",
	"source",
	"packageRelease",
	"profile",
	"framePointers",
	"patches",
	"packages",
] as const;

function differ(a: unknown, b: unknown): boolean {
	return JSON.stringify(a) !== JSON.stringify(b);
}

/** The Python of the short form; none where its version is refused. */
function readPython(
	reader: ConfigReader,
	{ debian, allowUnsupported, today }: PythonContext,
): ReadPython[] {
	const python = readVersion(reader);
	const word = reader.read("variant");
	const variant = word === MINIMAL ? undefined : word;
	const packageRelease = reader.read("packageRelease");
	const profile = reader.read("profile");
	const framePointers = reader.read("framePointers");
	const patches = readPatches(reader);
	const packages = reader.read("packages") ?? [];
	if (profile === "hardened" && framePointers === false) reader.refuse("framePointers", HARDENED);
	const unmade = debian && packagesRefusal(packages, debian);
	if (unmade) reader.refuse("packages", unmade);
	if (python === undefined) return [];
	const refusal = variant && variantRefusal(variant, python.series, profile);
	if (refusal) reader.refuse("variant", refusal);
	if (profile === "optimized") refuseOptimized(reader, python.version);
	const judgement = debian && compatibility(python.version, debian.codename);
	if (judgement && debian)
		refuseUnsupportedPair(reader, debian.codename, judgement, allowUnsupported, today);
	const own = { packageRelease, profile, compatibility: judgement, suffix: "" };
	return [
		{
			...python,
			...own,
			...(variant !== undefined && { variant }),
			...(framePointers !== undefined && { framePointers }),
			...(patches !== undefined && { patches }),
			...(packages.length > 0 && { packages }),
			...(word === MINIMAL && { images: [word] }),
		},
	];
}

const HARDENED = new Refusal(
	"is what profile: hardened cannot do, whose frame pointers are part of it",
	"remove framePointers, or write profile: optimized",
);

/** The patches of a Python; `undefined` where it has none, or they are refused. */
function readPatches(reader: ConfigReader): PatchSet | undefined {
	const folder = reader.read("patches");
	if (folder === undefined) return undefined;
	const read = readPatchSet(folder);
	if (!Array.isArray(read)) return read;
	reader.problems.push(...read);
	return undefined;
}

/** The version and its source; `undefined` if the version is refused. */
function readVersion(reader: ConfigReader): Version | undefined {
	const python = reader.read("pythonVersion");
	const sha256 = reader.read("sourceSha256");
	if (reader.text("pythonVersion") === undefined) reader.refuse("pythonVersion", ABSENT);
	if (python === undefined) return undefined;
	const { version } = python;
	const known = findRelease(version);
	const isHashGiven = reader.text("sourceSha256") !== undefined;
	if (known === undefined && !isHashGiven) reader.refuse("pythonVersion", unknownVersion(python));
	if (known !== undefined && sha256 !== undefined && sha256 !== known.sha256)
		reader.refuse(
			"sourceSha256",
			new Refusal(
				`is not the catalog's hash of CPython ${version}, which is ${known.sha256}`,
				"remove sourceSha256: a version of the catalog needs none",
			),
		);
	// python.org has a .tar.xz of every release of the catalog's series (pyenv's build definitions)
	const source = known ?? { format: "tar.xz", sha256: sha256 ?? "" };
	return { ...python, source: { format: source.format, sha256: source.sha256 } };
}

function unknownVersion({ version, series }: { version: string; series: CPythonSeries }): Refusal {
	const known = series.releases.map((release) => `"${release.version}"`).join(" or ");
	return new Refusal(
		"is not in the catalog, so that the hash of its source is not known",
		`add it (npm run catalog:add -- ${version}), or give sourceSha256, the sha256 of python.org's Python-${version}.tar.xz, or write pythonVersion: ${known}`,
	);
}

function refuseOptimized(reader: ConfigReader, version: string): void {
	if (canOptimize(version)) return;
	const reason = `needs --enable-optimizations, which configure of CPython ${version} does not have`;
	reader.refuse("profile", new Refusal(reason, "write profile: quick"));
}

function refuseUnsupportedPair(
	reader: ConfigReader,
	codename: Codename,
	{ status, reason, nearest }: Compatibility,
	allowUnsupported: boolean | undefined,
	today: Date,
): void {
	const pythons = nearest.pythons.slice(0, 3).map((version) => `"${version}"`);
	const alive = nearest.releases.filter((name) => !isPastLts(debianReleases[name], today));
	const releases = (alive.length > 0 ? alive : nearest.releases).slice(0, 3);
	const works = [
		`pythonVersion: ${pythons.join(" or ")}`,
		...(releases.length > 0 ? [`release: ${releases.join(" or ")}`] : []),
	].join(", or ");
	if (status === "impossible")
		reader.refuse(
			"pythonVersion",
			new Refusal(`cannot work on ${codename}: ${reason}`, `write ${works}`),
		);
	if (status === "unproven" && allowUnsupported === false)
		reader.refuse(
			"pythonVersion",
			new Refusal(
				`is unproven on ${codename}: ${reason}`,
				`write allowUnsupported: true to try it, or ${works}`,
			),
		);
}

/** What a preview warns of a pair that nobody proved. */
export function pairWarnings(
	{ version, compatibility }: StackPython,
	codename: Codename,
): string[] {
	const { status, reason } = compatibility;
	return status === "unproven" ? [`CPython ${version} is unproven on ${codename}: ${reason}`] : [];
}
