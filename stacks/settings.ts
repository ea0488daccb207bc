/**
 * A stack's config, checked: strings in, Settings out, or one ConfigError that holds every problem.
 */

import { statSync } from "node:fs";
import type { AppSource } from "./apps/app.ts";
import { readApps } from "./apps/apps.ts";
import type { AppFolder } from "./apps/folder.ts";
import { type AptSettings, readApt } from "./apt.ts";
import { ConfigError } from "./config-error.ts";
import { ConfigReader } from "./config-reader.ts";
import { otherReleaseInTag, type Platform, Refusal, type Registry } from "./config-values.ts";
import { codenames, type DebianRelease, debianReleases } from "./debian.ts";
import { type DockerHosts, readDockerHosts } from "./docker-hosts.ts";
import { framePointerWarnings } from "./frame-pointers.ts";
import { type ImageReference, parseImageReference } from "./image-reference.ts";
import { type Architecture, architectureOf, readPlatforms } from "./platforms.ts";
import {
	isWhole,
	pairWarnings,
	type ReadPython,
	readPythons,
	type StackPython,
} from "./pythons.ts";
import { appNameProblems, stackNameProblems } from "./stack-name.ts";
import { debianWarnings, isPastLts, pythonWarnings } from "./support.ts";

export type { AptSettings } from "./apt.ts";
export { type ConfigKey, configKeys } from "./config.ts";
export { ConfigError, type ConfigProblem } from "./config-error.ts";
export type { Platform, Profile, Registry } from "./config-values.ts";
export type { Architecture } from "./platforms.ts";
export type { StackPython } from "./pythons.ts";

/** What one stack builds: its config, checked and joined with the catalogs. */
export interface Settings {
	/** Name of the Pulumi project. */
	project: string;
	/** Name of the Pulumi stack. */
	stack: string;
	debian: DebianRelease;
	/** Where the root file system comes from. */
	base: ImageBase | ArchiveBase;
	/** Each of another series; the first is the one that apps have which name none. */
	pythons: readonly [StackPython, ...StackPython[]];
	registry: Registry;
	/** Who signs what is pushed: `keyless`, `kms`, `awskms:///...` or the path of a private key; absent: nobody. */
	signing?: string;
	/** AWS accounts that may pull from the stack's ECR repository, beside its own. */
	ecrPullAccounts: readonly string[];
	/** What its images are for; of several platforms the first, see {@link perPlatform}. */
	platform: Platform;
	/** Debian's name of the platform's architecture. */
	architecture: Architecture;
	/** All of them, the first one first. */
	platforms: readonly [Platform, ...Platform[]];
	/** Where the work of those runs that have a machine of their own. */
	dockerHosts: DockerHosts;
	/** In the order of the stack file. */
	apps: readonly AppSource[];
	/** The apt repository that the .debs are published in; absent: none. */
	apt?: AptSettings;
	/** Path of a PEM file with the CA certificates for build containers. */
	caBundle?: string;
	allowUnsupported: boolean;
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
	const allowUnsupported = reader.read("allowUnsupported");
	if (debian) refuseUnsupportedRelease(reader, debian, allowUnsupported, today);
	const pythons = readPythons(reader, { debian, allowUnsupported, today });
	const registry = reader.read("registry");
	const ecrPullAccounts = reader.read("ecrPullAccounts") ?? [];
	refuseAccountsWithoutEcr(reader, registry, ecrPullAccounts);
	const signing = reader.read("signing");
	refuseSigningWithoutRegistry(reader, registry, signing);
	if (registry) reader.problems.push(...stackNameProblems(context, registry));
	const platforms = readPlatforms(reader);
	const dockerHosts = readDockerHosts(reader, platforms);
	const apps = readStackApps(reader, pythons, context.openApp);
	if (registry) reader.problems.push(...appNameProblems(context, registry, apps));
	const apt = readApt(reader, debian);
	const caBundle = reader.read("caBundle");

	const [first, ...others] = pythons.filter(isWhole);
	const complete = debian && base && first && registry && platforms;
	if (!complete || allowUnsupported === undefined || reader.problems.length > 0)
		throw new ConfigError(context.stack, reader.problems);
	return {
		project: context.project,
		stack: context.stack,
		debian,
		base,
		pythons: [first, ...others],
		registry,
		ecrPullAccounts,
		platform: platforms[0],
		architecture: architectureOf(platforms[0]),
		platforms,
		dockerHosts,
		apps,
		...(signing !== undefined && signing !== "none" && { signing }),
		...(apt !== undefined && { apt }),
		...(caBundle !== undefined && { caBundle }),
		allowUnsupported,
		warnings: [
			...debianWarnings(debian, today),
			...[first, ...others].flatMap((python) => [
				...pythonWarnings(python.version, python.series, today),
				...pairWarnings(python, debian.codename),
				...framePointerWarnings(python),
			]),
			...baseWarnings(base),
		],
	};
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

/** The apps; those of Pythons that are refused cannot be judged. */
function readStackApps(
	reader: ConfigReader,
	pythons: readonly ReadPython[],
	open: SettingsContext["openApp"],
): readonly AppSource[] {
	const folders = reader.read("apps");
	const [first, ...others] = pythons;
	if (folders === undefined || first === undefined) return [];
	const context = { pythons: [first, ...others] as const, ...(open !== undefined && { open }) };
	const { apps, problems } = readApps(folders, context);
	reader.problems.push(...problems);
	return apps;
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

function refuseSigningWithoutRegistry(
	reader: ConfigReader,
	registry: Registry | undefined,
	signing: string | undefined,
): void {
	if (signing !== undefined && signing !== "none" && registry?.kind === "none")
		reader.refuse(
			"signing",
			new Refusal(
				"is for what a registry has, and this stack has none",
				"write registry, or signing: none",
			),
		);
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
