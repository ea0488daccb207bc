/**
 * A stack's config, checked: strings in, Settings out, or one ConfigError that holds every problem.
 */

import { statSync } from "node:fs";
import type { AppSource } from "./apps/app.ts";
import { readApps } from "./apps/apps.ts";
import type { AppFolder } from "./apps/folder.ts";
import { type Compatibility, compatibility } from "./compatibility.ts";
import {
	type ConfigKey,
	type ConfigValue,
	configKey,
	configKeys,
	nearestKey,
	type ParseContext,
} from "./config.ts";
import { ConfigError, type ConfigProblem, characterProblem, quote } from "./config-error.ts";
import {
	otherReleaseInTag,
	type Platform,
	type Profile,
	Refusal,
	type Registry,
} from "./config-values.ts";
import { type CPythonRelease, type CPythonSeries, canOptimize, findRelease } from "./cpython.ts";
import { type Codename, codenames, type DebianRelease, debianReleases } from "./debian.ts";
import { type ImageReference, parseImageReference } from "./image-reference.ts";
import { appNameProblems, stackNameProblems } from "./stack-name.ts";
import { debianWarnings, isPastLts, pythonWarnings } from "./support.ts";

export { type ConfigKey, configKeys } from "./config.ts";
export { ConfigError, type ConfigProblem } from "./config-error.ts";
export type { Platform, Profile, Registry } from "./config-values.ts";

/** What one stack builds: its config, checked and joined with the catalogs. */
export interface Settings {
	/** Name of the Pulumi project. */
	project: string;
	/** Name of the Pulumi stack. */
	stack: string;
	debian: DebianRelease;
	/** Where the root file system comes from. */
	base: ImageBase | ArchiveBase;
	python: {
		/** Full version, such as 3.13.5. */
		version: string;
		series: CPythonSeries;
		/** Which tarball of python.org, and its hash. */
		source: Pick<CPythonRelease, "format" | "sha256">;
	};
	/** Internal release number, the 1 of 3.13.5-1. */
	packageRelease: number;
	profile: Profile;
	registry: Registry;
	/** AWS accounts that may pull from the stack's ECR repository, beside its own. */
	ecrPullAccounts: readonly string[];
	platform: Platform;
	/** Debian's name of the platform's architecture. */
	architecture: "amd64" | "arm64";
	/** In the order of the stack file. */
	apps: readonly AppSource[];
	/** Path of a PEM file with the CA certificates for build containers. */
	caBundle?: string;
	allowUnsupported: boolean;
	/** The judgement on this Python on this Debian release; never `impossible` here. */
	compatibility: Compatibility;
	/** One line each, for the user; they change with the config and on support dates only. */
	warnings: readonly string[];
}

/** The root file system is that of an image. */
export interface ImageBase {
	kind: "image";
	/** The whole reference, digest included. */
	reference: string;
	/** `sha256:...`, if the reference is pinned by it. */
	digest?: string;
}

/** The root file system is bootstrapped from the Debian archive. */
export interface ArchiveBase {
	kind: "archive";
	/** Moment of snapshot.debian.org, such as 20260101T000000Z; absent: the archive of today. */
	snapshot?: string;
}

/** What the config is read for. */
export interface SettingsContext {
	/** Name of the Pulumi project. */
	project: string;
	/** Name of the Pulumi stack. */
	stack: string;
	/** The day on which support dates are judged, in UTC. */
	today: Date;
	/** Tells whether a path is a file; the file system is asked by default. */
	fileExists?: (path: string) => boolean;
	/** Opens an app's folder; the disk's by default. */
	openApp?: (folder: string) => AppFolder;
}

/**
 * Checks a stack's config and joins it with the catalogs.
 *
 * `values` are strings, as Pulumi gives them ("true", "1"), by key without the project's name; an
 * empty string counts as absent. Throws a ConfigError with all problems at once, and nothing else.
 */
export function readSettings(
	values: Readonly<Record<string, string | undefined>>,
	context: SettingsContext,
): Settings {
	const { today, fileExists = isFile } = context;
	const reader = new ConfigReader(values, { today, fileExists });
	reader.refuseUnknownKeys();
	const debian = reader.read("release");
	const base = readBase(reader, debian);
	const python = readPython(reader);
	const packageRelease = reader.read("packageRelease");
	const profile = reader.read("profile");
	if (python && profile === "optimized") refuseOptimized(reader, python.version);
	const registry = reader.read("registry");
	const ecrPullAccounts = reader.read("ecrPullAccounts") ?? [];
	refuseAccountsWithoutEcr(reader, registry, ecrPullAccounts);
	if (registry) reader.problems.push(...stackNameProblems(context, registry));
	const platform = reader.read("platform");
	const apps = readStackApps(reader, python, context.openApp);
	if (registry) reader.problems.push(...appNameProblems(context, registry, apps));
	const caBundle = reader.read("caBundle");
	const allowUnsupported = reader.read("allowUnsupported");
	if (debian) refuseUnsupportedRelease(reader, debian, allowUnsupported, context.today);
	const judgement = debian && python && compatibility(python.version, debian.codename);
	if (judgement)
		refuseUnsupportedPair(reader, debian.codename, judgement, allowUnsupported, context.today);

	const complete =
		debian && base && python && packageRelease && profile && registry && platform && judgement;
	if (!complete || allowUnsupported === undefined || reader.problems.length > 0)
		throw new ConfigError(context.stack, reader.problems);
	return {
		project: context.project,
		stack: context.stack,
		debian,
		base,
		python,
		packageRelease,
		profile,
		registry,
		ecrPullAccounts,
		platform,
		architecture: platform === "linux/arm64" ? "arm64" : "amd64",
		apps,
		...(caBundle !== undefined && { caBundle }),
		allowUnsupported,
		compatibility: judgement,
		warnings: [
			...debianWarnings(debian, context.today),
			...pythonWarnings(python.version, python.series, context.today),
			...pairWarnings(python.version, debian.codename, judgement),
			...baseWarnings(base),
		],
	};
}

/** Longer than any value that makes sense; a repository name has at most 255 characters. */
const longestValue = 300;
const longestList = 30_000;

/** Reads values and collects what is wrong with them. */
class ConfigReader {
	readonly problems: ConfigProblem[] = [];
	readonly #values: Readonly<Record<string, string | undefined>>;
	readonly #context: ParseContext;

	constructor(values: Readonly<Record<string, string | undefined>>, context: ParseContext) {
		this.#values = values;
		this.#context = context;
	}

	/** The text of a key, its default, or `undefined`. */
	text(key: ConfigKey): string | undefined {
		const given = this.#values[key];
		return given !== undefined && given !== "" ? given : configKey(key).default?.toString();
	}

	/** Parses the text of a key; `undefined` if it is absent or refused. */
	read<K extends ConfigKey>(key: K): ConfigValue<K> | undefined {
		const text = this.text(key);
		const { absent, parse, type } = configKey(key);
		const longest = type === "array" ? longestList : longestValue;
		if (text !== undefined)
			return this.check(key, () => {
				// A list may be written with blanks between its entries, which it is to have checked itself.
				const characters = type === "array" ? text.replaceAll(" ", "") : text;
				const problem = characterProblem(characters, longest);
				if (problem !== undefined) throw new Refusal(problem);
				return parse(text, this.#context) as ConfigValue<K>;
			});
		if (absent === undefined) this.refuse(key, new Refusal("is given, but one is required"));
		return undefined;
	}

	/** Runs a check on a key; a Refusal becomes a problem of it. */
	check<T>(key: ConfigKey, check: () => T): T | undefined {
		try {
			return check();
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			this.refuse(key, error);
			return undefined;
		}
	}

	/** Adds a problem. */
	refuse(key: ConfigKey, { message, remedy }: Refusal): void {
		const text = this.text(key);
		this.problems.push({
			key,
			value: text === undefined ? "no value" : quote(text),
			reason: message,
			remedy: remedy ?? configKey(key).remedy(text?.slice(0, 100) ?? ""),
		});
	}

	/** Pulumi ignores keys that no program asks for, so a typo would go unseen. */
	refuseUnknownKeys(): void {
		for (const [key, value] of Object.entries(this.#values)) {
			if (value === undefined || (configKeys as readonly string[]).includes(key)) continue;
			this.problems.push({
				key: /^[A-Za-z0-9:._-]{1,60}$/.test(key) ? key : quote(key),
				value: /pass|secret|token/i.test(key) ? "a hidden value" : quote(value),
				reason: "is the value of a key that this program does not know",
				remedy: `write ${nearestKey(key)} if you meant that (known: ${configKeys.join(", ")})`,
			});
		}
	}
}

/** The base: of the config, else the catalog's image; `undefined` if something is wrong with it. */
function readBase(
	reader: ConfigReader,
	debian: DebianRelease | undefined,
): ImageBase | ArchiveBase | undefined {
	const given = reader.read("base");
	const snapshot = reader.read("snapshot");
	const isRefused = given === undefined && reader.text("base") !== undefined;
	if (debian === undefined || isRefused) return undefined;
	if (snapshot !== undefined) checkSnapshot(reader, snapshot, debian, given);
	if (given === "archive") return { kind: "archive", ...(snapshot !== undefined && { snapshot }) };
	const reference = reader.text("base") ?? debian.baseImage;
	const image = given ?? (parseImageReference(reference) as ImageReference);
	const other = otherReleaseInTag(image, debian);
	if (other !== undefined)
		reader.refuse(
			"base",
			new Refusal(
				`is an image of ${other}, but release is ${debian.codename}`,
				`write base: ${debian.baseImage}, or change release`,
			),
		);
	const { digest } = image;
	return { kind: "image", reference, ...(digest !== undefined && { digest }) };
}

function checkSnapshot(
	reader: ConfigReader,
	snapshot: string,
	debian: DebianRelease,
	base: "archive" | ImageReference | undefined,
): void {
	if (base !== "archive") {
		const remedy = "write base: archive too, or remove snapshot";
		reader.refuse("snapshot", new Refusal("has no meaning for a base that is an image", remedy));
	}
	if (snapshot.slice(0, 8) < debian.released.replaceAll("-", ""))
		reader.refuse(
			"snapshot",
			new Refusal(`is before the release of ${debian.codename} on ${debian.released}`),
		);
}

/** The Python and its source; `undefined` if the version is refused. */
function readPython(reader: ConfigReader): Settings["python"] | undefined {
	const python = reader.read("pythonVersion");
	const sha256 = reader.read("sourceSha256");
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

/** The apps; those of a Python that is refused cannot be judged. */
function readStackApps(
	reader: ConfigReader,
	python: Settings["python"] | undefined,
	open: SettingsContext["openApp"],
): readonly AppSource[] {
	const folders = reader.read("apps");
	if (folders === undefined || python === undefined) return [];
	const context = { python: python.version, ...(open !== undefined && { open }) };
	const { apps, problems } = readApps(folders, context);
	reader.problems.push(...problems);
	return apps;
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

function refuseUnsupportedRelease(
	reader: ConfigReader,
	debian: DebianRelease,
	allowUnsupported: boolean | undefined,
	today: Date,
): void {
	if (allowUnsupported !== false || !isPastLts(debian, today)) return;
	const supported = codenames.filter((name) => !isPastLts(debianReleases[name], today));
	const others = supported.length > 0 ? `, or release: ${supported.join(" or ")}` : "";
	reader.refuse(
		"release",
		new Refusal(
			`has had no free security support since its LTS ended on ${debian.ltsEnd}`,
			`write allowUnsupported: true to build it all the same${others}`,
		),
	);
}

/** A policy that would be nowhere: the key was set for a registry that the stack does not have. */
function refuseAccountsWithoutEcr(
	reader: ConfigReader,
	registry: Registry | undefined,
	accounts: readonly string[],
): void {
	if (accounts.length > 0 && registry !== undefined && registry.kind !== "ecr")
		reader.refuse(
			"ecrPullAccounts",
			new Refusal("is for registry: ecr alone", "write registry: ecr, or remove the accounts"),
		);
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

function pairWarnings(version: string, codename: Codename, { status, reason }: Compatibility) {
	return status === "unproven" ? [`CPython ${version} is unproven on ${codename}: ${reason}`] : [];
}

function baseWarnings(base: Settings["base"]): readonly string[] {
	if (base.kind === "archive" || base.digest !== undefined) return [];
	return [`base ${base.reference} is not pinned by a digest: its content can change unseen`];
}

function isFile(path: string): boolean {
	try {
		return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
	} catch {
		return false; // a folder on the way is not readable, or not a folder
	}
}
