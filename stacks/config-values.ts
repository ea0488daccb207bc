/**
 * How the text of each config key becomes a value: every `parse...` returns it or throws a Refusal.
 * All grammars are anchored and allow no character that means something to a shell.
 */

import { quote } from "./config-error.ts";
import {
	type CPythonSeries,
	cpythonSeries,
	findSeries,
	parseVersion,
	seriesOf,
} from "./cpython.ts";
import { codenames, type DebianRelease, debianReleases, isCodename } from "./debian.ts";
import { type DockerHost, parseDockerHost } from "./docker-hosts.ts";
import {
	type ImageReference,
	isDockerHub,
	parseImageReference,
	parseRepository,
} from "./image-reference.ts";

/** The build profiles, the default one first. */
export const profiles = ["optimized", "hardened", "quick"] as const;

/**
 * How CPython is compiled: with PGO and LTO; so, and with Debian's hardening and frame pointers; or
 * plainly. docs/python-build.md has what each costs.
 */
export type Profile = (typeof profiles)[number];

/** The platforms that images are built for. */
export type Platform = "linux/amd64" | "linux/arm64";

/** Where images are pushed. */
export type Registry =
	| { kind: "none" }
	/** A repository in Amazon ECR that the stack itself creates. */
	| { kind: "ecr" }
	/** `address` is the host with its port, `repository` the path in it. */
	| { kind: "registry"; address: string; repository: string };

/** Why a value is refused: the rest of a sentence that starts with the value, and what to write. */
export class Refusal extends Error {
	readonly remedy: string | undefined;

	constructor(reason: string, remedy?: string) {
		super(reason);
		this.remedy = remedy;
	}
}

/** A codename of the catalog, exactly. */
export function parseRelease(value: string): DebianRelease {
	if (!isCodename(value)) throw new Refusal("is not a Debian release of the catalog");
	return debianReleases[value];
}

/** `archive`, or an image reference with a tag or a digest. */
export function parseBase(value: string): "archive" | ImageReference {
	if (value === "archive") return value;
	const reference = parseImageReference(value);
	if (typeof reference === "string") throw new Refusal(reference);
	if (reference.tag === undefined && reference.digest === undefined)
		throw new Refusal("has neither a tag nor a digest, so that it could be any release");
	return reference;
}

/** Debian releases that the catalog has not, but an image's tag may name. */
const otherCodenames = ["squeeze", "wheezy", "forky", "duke", "sid"];

/** The Debian release that an image's tag names, if it is another one than `release`. */
export function otherReleaseInTag(reference: ImageReference, release: DebianRelease) {
	const words = reference.tag?.toLowerCase().split(/[^a-z0-9]+/) ?? [];
	const named = words.filter((word) => isCodename(word) || otherCodenames.includes(word));
	if (named.length > 0) return named.includes(release.codename) ? undefined : named[0];
	const [number] = /^\d{1,2}$/.exec(words[0] ?? "") ?? [];
	const isDebians = /(?:^|\/)debian(?:\/eol)?$/.test(reference.path);
	if (!isDebians || number === undefined || Number(number) === release.number) return undefined;
	return codenames.find((name) => debianReleases[name].number === Number(number)) ?? number;
}

/** A moment of snapshot.debian.org: a real instant, not later than `today`. */
export function parseSnapshot(value: string, today: Date): string {
	const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(value);
	if (match === null) throw new Refusal("is not of the form 20260101T000000Z");
	const [, year, month, day, hour, minute, second] = match;
	const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
	const instant = new Date(iso);
	if (Number.isNaN(instant.getTime()) || instant.toISOString() !== iso)
		throw new Refusal("is not a moment that exists");
	if (instant > today) throw new Refusal("is in the future");
	return value;
}

/** A full version of a series in the catalog; the version itself need not be there. */
export function parsePythonVersion(value: string): { version: string; series: CPythonSeries } {
	const series = seriesOf(value);
	if (series !== undefined) return { version: value, series };
	const known = `${cpythonSeries[0]?.series} to ${cpythonSeries.at(-1)?.series}`;
	if (parseVersion(value) !== undefined)
		throw new Refusal(`is of no series in the catalog, which has ${known}`);
	if (value === "3.1")
		throw new Refusal("is not a full version: YAML reads an unquoted 3.10 as 3.1");
	if (findSeries(value) !== undefined) throw new Refusal("is a series, not a full version");
	throw new Refusal("is not a full CPython version such as 3.13.5");
}

/** What an entry of `pythons` says, by its keys: text, as of any other key. */
export type PythonEntry = Readonly<Record<string, string>>;

/** A JSON list of objects, as Pulumi gives a list; what is in them is for later. */
export function parsePythons(value: string): readonly PythonEntry[] {
	return parseArray(value).map((entry) => {
		if (typeof entry !== "object" || entry === null || Array.isArray(entry))
			throw new Refusal("has an entry that is not a table of keys");
		const values = Object.entries(entry).filter(([, each]) => each !== null);
		return Object.fromEntries(
			values.map(([key, each]) => [
				key,
				typeof each === "object" ? JSON.stringify(each) : `${each}`,
			]),
		);
	});
}

/** 64 lower case hexadecimal digits. */
export function parseSha256(value: string): string {
	if (/^[0-9a-fA-F]{64}$/.test(value) && /[A-F]/.test(value))
		throw new Refusal("has capital letters");
	if (/^[0-9a-fA-F]+$/.test(value) && value.length !== 64)
		throw new Refusal(`has ${value.length} digits instead of 64`);
	if (!/^[0-9a-f]{64}$/.test(value)) throw new Refusal("is not a sha256 in hexadecimal digits");
	return value;
}

/** 1 to 9999, without sign or leading zeros. */
export function parsePackageRelease(value: string): number {
	if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
	if (/^\d{5,}$/.test(value)) throw new Refusal("is more than 9999");
	if (/^0+$/.test(value)) throw new Refusal("is less than 1");
	if (/^0\d+$/.test(value)) throw new Refusal("has leading zeros");
	if (/^[+-]\d+$/.test(value)) throw new Refusal("has a sign");
	throw new Refusal("is not a whole number");
}

/** `optimized`, `hardened` or `quick`. */
export function parseProfile(value: string): Profile {
	const profile = profiles.find((name) => name === value);
	if (profile === undefined) throw new Refusal(`is not a build profile (${profiles.join(", ")})`);
	return profile;
}

/** `none`, `ecr`, or `host[:port]/name` without scheme, tag, digest and credentials. */
export function parseRegistry(value: string): Registry {
	if (value === "none" || value === "ecr") return { kind: value };
	if (value.includes("://")) throw new Refusal("has a scheme");
	if (value.includes("@"))
		throw new Refusal(
			"has an @, so credentials or a digest",
			"log in with docker login, and write host[:port]/name alone",
		);
	const place = parseRepository(value);
	const path = value.slice(value.indexOf("/") + 1);
	if (typeof place === "string" && value.includes("/") && path.includes(":"))
		throw new Refusal("has a tag, which the program adds itself");
	if (typeof place === "string") throw new Refusal(place);
	if (place.host === undefined)
		throw new Refusal(
			"has no host",
			"write the host too, as in docker.io/team/python; or none, or ecr",
		);
	if (place.host === "localhost")
		throw new Refusal(
			"has no port, and localhost without one is how images are named that no registry has",
			`write the port too, as in localhost:5000/${place.path}; or none`,
		);
	if (isDockerHub(place.host)) refuseHubPath(place.path);
	return { kind: "registry", address: place.host, repository: place.path };
}

/** Docker Hub has repositories in namespaces, and nothing in a repository (docker/hub-feedback#1404). */
function refuseHubPath(path: string): void {
	const [namespace, ...names] = path.split("/");
	if (names.length === 1) return;
	const remedy = names.length === 0 ? `team/${path}` : `${namespace}/${names.join("-")}`;
	throw new Refusal(
		"is no repository that Docker Hub has: there each is in a namespace, and none in another",
		`write docker.io/${remedy}`,
	);
}

/** A JSON list of AWS account IDs, as Pulumi gives a list; 12 digits each (AWS account reference). */
export function parseAccounts(value: string): readonly string[] {
	const accounts = parseList(value);
	if (!accounts.every((account) => /^\d{12}$/.test(account)))
		throw new Refusal("has an entry that is not an AWS account ID");
	return accounts;
}

/** A JSON list of folders, of characters that need no quoting anywhere; without a slash at the end. */
export function parseApps(value: string): readonly string[] {
	const folders = parseList(value);
	for (const folder of folders) {
		const problem = pathProblem(folder);
		if (problem !== undefined) throw new Refusal(`has ${quote(folder)}, which ${problem}`);
	}
	return folders.map(parseFolder);
}

/** A JSON list of strings, as Pulumi gives a list. */
export function parseList(value: string): readonly string[] {
	const list = parseArray(value);
	if (!list.every((entry) => typeof entry === "string"))
		throw new Refusal("has an entry that is not a string");
	return list;
}

function parseArray(value: string): readonly unknown[] {
	let list: unknown;
	try {
		list = JSON.parse(value);
	} catch {
		throw new Refusal("is not a list");
	}
	if (!Array.isArray(list)) throw new Refusal("is not a list");
	return list;
}

/** `linux/amd64` or `linux/arm64`. */
export function parsePlatform(value: string): Platform {
	if (value === "linux/amd64" || value === "linux/arm64") return value;
	throw new Refusal("is not a platform that this program builds for");
}

/** A JSON list of objects with `platform` and `host`, each platform once. */
export function parseDockerHosts(
	value: string,
): readonly { readonly platform: Platform; readonly host: DockerHost }[] {
	const entries = parsePythons(value).map(({ platform = "", host = "", ...others }) => {
		const [unknown] = Object.keys(others);
		if (unknown !== undefined)
			throw new Refusal(`has an entry with ${quote(unknown)}, which is neither platform nor host`);
		return { platform: parsePlatform(platform), host: parseDockerHost(host) };
	});
	const twice = entries.find(({ platform }, index) =>
		entries.slice(0, index).some((other) => other.platform === platform),
	);
	if (twice !== undefined) throw new Refusal(`has ${twice.platform} twice`);
	return entries;
}

/** A JSON list of platforms, each once. */
export function parsePlatforms(value: string): readonly Platform[] {
	const list = parseList(value);
	const twice = list.find((platform, index) => list.indexOf(platform) !== index);
	if (twice !== undefined) throw new Refusal(`has ${quote(twice)} twice`);
	return list.map((platform) => {
		if (platform === "linux/amd64" || platform === "linux/arm64") return platform;
		throw new Refusal(
			`has ${quote(platform)}, which is not a platform that this program builds for`,
		);
	});
}

/** The path of an existing file, of characters that need no quoting anywhere. */
export function parseFile(value: string, fileExists: (path: string) => boolean): string {
	const problem = pathProblem(value);
	if (problem !== undefined) throw new Refusal(problem);
	if (!fileExists(value)) throw new Refusal("is not an existing file");
	return value;
}

/**
 * `none`, `keyless`, `kms`, a key of AWS KMS as `awskms:///...`, which may be an alias, an ID or an ARN, or the
 * path of an existing file.
 */
export function parseSigning(value: string, fileExists: (path: string) => boolean): string {
	if (value === "none" || value === "keyless" || value === "kms") return value;
	if (value.startsWith("awskms://")) {
		if (/^awskms:\/\/\/[A-Za-z0-9:/_-]+$/.test(value)) return value;
		throw new Refusal(
			"is no key of AWS KMS",
			"write awskms:/// and an alias, an ID or an ARN, such as awskms:///alias/debian-python",
		);
	}
	return parseFile(value, fileExists);
}

/** Where the .debs are published for apt. */
export type AptPlace =
	| { readonly kind: "folder"; readonly folder: string }
	/** A bucket of Amazon S3; without a name the stack itself creates it. */
	| { readonly kind: "bucket"; readonly name?: string };

/** `none`, `s3`, `s3://` and the name of a bucket, or the path of a folder. */
export function parseAptRepository(value: string): "none" | AptPlace {
	if (value === "none") return value;
	if (value === "s3") return { kind: "bucket" };
	const [, name] = /^s3:\/\/(.*)$/.exec(value) ?? [];
	if (name === undefined) return { kind: "folder", folder: parseFolder(value) };
	// Amazon S3 user guide, "Bucket naming rules"; with a dot, its certificate is good for no host name.
	if (/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)) return { kind: "bucket", name };
	throw new Refusal(
		"has no name of a bucket: 3 to 63 lower case letters, digits and hyphens",
		"write s3:// and the name alone, such as s3://debian-python-apt-123456789012-eu-north-1",
	);
}

/** A JSON list of OpenPGP fingerprints (RFC 4880), in capital letters as gpg prints them. */
export function parseFingerprints(value: string): readonly string[] {
	const fingerprints = parseList(value).map((each) => each.toUpperCase());
	if (!fingerprints.every((each) => /^[0-9A-F]{40}$/.test(each)))
		throw new Refusal("has an entry that is not the fingerprint of an OpenPGP key");
	if (new Set(fingerprints).size < fingerprints.length)
		throw new Refusal("has the same fingerprint twice");
	return fingerprints;
}

/** A whole number of days, without sign or leading zeros. */
export function parseDays(value: string, least: number): number {
	if (!/^(0|[1-9]\d*)$/.test(value)) throw new Refusal("is not a whole number");
	const days = Number(value);
	if (days < least || days > 36_500) throw new Refusal(`is not from ${least} to 36500`);
	return days;
}

/** The path of a folder, of characters that need no quoting anywhere; without a slash at the end. */
export function parseFolder(value: string): string {
	const problem = pathProblem(value);
	if (problem !== undefined) throw new Refusal(problem);
	return value.replace(/(?<=.)\/+$/, "");
}

/** What keeps a path from being used without quotes, as the rest of a sentence. */
export function pathProblem(path: string): string | undefined {
	if (path.startsWith("-")) return "starts with a dash, like an option";
	if (path.startsWith("~")) return "starts with ~, which only a shell expands";
	if (!/^[A-Za-z0-9._/@+-]+$/.test(path))
		return "has characters other than letters, digits and . _ / @ + -";
	return undefined;
}

/** `true` or `false`. */
export function parseBoolean(value: string): boolean {
	if (value === "true" || value === "false") return value === "true";
	throw new Refusal("is not a boolean");
}
