/**
 * The config of a stack, each key in one literal: Pulumi.yaml and the table of docs/config.md are held
 * against it by config.test.ts.
 */

import {
	parseAccounts,
	parseApps,
	parseAptRepository,
	parseBase,
	parseBoolean,
	parseDays,
	parseDockerHosts,
	parseFile,
	parseFingerprints,
	parseFolder,
	parsePackageRelease,
	parsePlatform,
	parsePlatforms,
	parseProfile,
	parsePythons,
	parsePythonVersion,
	parseRegistry,
	parseRelease,
	parseSha256,
	parseSigning,
	parseSnapshot,
	profiles,
} from "./config-values.ts";
import { codenames } from "./debian.ts";
import { parsePackages } from "./extra-packages.ts";
import { guessCodename, guessVersion, nearestOf } from "./guess.ts";
import { parseVariant, variantWords } from "./variants.ts";

/** What a value is checked against, beside itself. */
export interface ParseContext {
	/** The day on which moments and support dates are judged, in UTC. */
	readonly today: Date;
	/** Tells whether a path is a file. */
	readonly fileExists: (path: string) => boolean;
}

interface ConfigKeyDefinition {
	/** Its type, in Pulumi.yaml too, but for a boolean that may be absent. */
	readonly type: "string" | "integer" | "boolean" | "array";
	/** Type of a list's entries; string by default. */
	readonly items?: "object";
	/**
	 * What a stack has that does not set it. Without a default a key is required, but for those where a
	 * text in `absent` says what its absence means.
	 */
	readonly default?: string | number | boolean;
	readonly absent?: string;
	/** What it is, in one line of Markdown. */
	readonly description: string;
	/** The value of a text; throws a Refusal. */
	readonly parse: (text: string, context: ParseContext) => unknown;
	/** What to write instead of a text that is refused, as near to it as can be guessed. */
	readonly remedy: (text: string) => string;
}

/** The config keys of a stack, in the order in which they are documented. */
export const config = {
	release: {
		type: "string",
		description: `Debian's codename: ${codenames.join(", ")}`,
		parse: parseRelease,
		remedy: (text) => {
			const guess = guessCodename(text);
			const all = codenames.join(", ");
			return guess === undefined
				? `write one of ${all}`
				: `write release: ${guess} (known: ${all})`;
		},
	},
	base: {
		type: "string",
		absent: "the catalog's image",
		description:
			"image reference of the root file system, best pinned by digest; or `archive`: bootstrap it from the Debian archive with mmdebstrap, on this machine",
		parse: parseBase,
		remedy: () =>
			"write an image reference such as debian:bookworm-slim@sha256:<64 hexadecimal digits>, or archive",
	},
	snapshot: {
		type: "string",
		absent: "today's archive",
		description:
			"with base `archive`: the moment of snapshot.debian.org, such as `20260101T000000Z`",
		parse: (text, { today }) => parseSnapshot(text, today),
		remedy: () => "write a moment in UTC, such as 20260101T000000Z",
	},
	pythonVersion: {
		type: "string",
		absent: "required without `pythons`",
		description: 'full CPython version in quotes, such as `"3.13.5"`',
		parse: parsePythonVersion,
		remedy: (text) => `write pythonVersion: "${guessVersion(text)}", in quotes`,
	},
	pythons: {
		type: "array",
		items: "object",
		absent: "that of `pythonVersion`",
		description:
			"several Pythons, in place of `pythonVersion`: entries with `version`, and `variant`, `packageRelease`, `profile`, `framePointers`, `patches`, `packages` and `sourceSha256` of their own",
		parse: parsePythons,
		remedy: () => 'write a list of entries such as {version: "3.13.5"}, with the version in quotes',
	},
	variant: {
		type: "string",
		absent: "none",
		description:
			"`free-threaded`: another build of that Python, without the GIL (3.13 and later); `debug`: one that checks itself (3.8 and later); `minimal`: the common one, with an image that has no shell",
		parse: parseVariant,
		remedy: (text) => `write variant: ${nearestOf([...variantWords], text)}, or remove it`,
	},
	sourceSha256: {
		type: "string",
		absent: "the catalog's",
		description: "sha256 of the source tarball, for a version that the catalog does not have",
		parse: parseSha256,
		remedy: () => "write the sha256 of the source tarball, 64 lower case hexadecimal digits",
	},
	packageRelease: {
		type: "integer",
		default: 1,
		description: "internal release number, the `-1` in the .deb's version: 1 to 9999",
		parse: parsePackageRelease,
		remedy: () => "write a whole number from 1 to 9999",
	},
	profile: {
		type: "string",
		default: profiles[0],
		description:
			"how CPython is compiled: `optimized` (PGO and LTO), `hardened` (the same with Debian's hardening and frame pointers) or `quick` (plainly, for trying things out)",
		parse: parseProfile,
		remedy: (text) => `write profile: ${nearestOf([...profiles], text)}`,
	},
	framePointers: {
		type: "boolean",
		absent: "from 3.15 on",
		description:
			"whether CPython, and what is compiled for it, keeps frame pointers, by which `perf` and eBPF see stacks",
		parse: parseBoolean,
		remedy: () => "write true or false",
	},
	patches: {
		type: "string",
		absent: "none",
		description:
			"folder with patches of your own for CPython, a quilt series, from the project root: `patches/3.13`",
		parse: parseFolder,
		remedy: () => "write the path of a folder, such as patches/3.13",
	},
	packages: {
		type: "array",
		absent: "none",
		description:
			"further .debs of that Python: `tk` (tkinter, turtle, IDLE) and `dbgsym` (debug symbols, for gdb)",
		parse: parsePackages,
		remedy: () =>
			'write a list of these, such as ["tk"]; what else an image needs, its Dockerfile or app installs',
	},
	registry: {
		type: "string",
		default: "none",
		description: "where images are pushed: `none`, `ecr`, or `host[:port]/name`",
		parse: parseRegistry,
		remedy: () => "write none, ecr, or host[:port]/name, such as registry.example.org:5000/python",
	},
	signing: {
		type: "string",
		default: "none",
		description:
			"who signs what is pushed: `none`, `keyless` (the OpenID token of a CI job), `kms` (a key of AWS KMS that the stack owns), another key there such as `awskms:///alias/debian-python`, or a PEM file with a private key",
		parse: (text, { fileExists }) => parseSigning(text, fileExists),
		remedy: () =>
			"write none, keyless, kms, awskms:/// and a key of AWS KMS, or the path of a PEM file with a private key of the curve P-256",
	},
	ecrPullAccounts: {
		type: "array",
		absent: "none",
		description: "with registry `ecr`: AWS accounts that may pull, as 12-digit IDs in quotes",
		parse: parseAccounts,
		remedy: () => 'write a list of account IDs, 12 digits in quotes each: ["123456789012"]',
	},
	platform: {
		type: "string",
		default: "linux/amd64",
		description: "what the images are for: `linux/amd64` or `linux/arm64`",
		parse: parsePlatform,
		remedy: (text) =>
			`write platform: ${/arm|aarch/i.test(text) ? "linux/arm64" : "linux/amd64"} (known: linux/amd64, linux/arm64)`,
	},
	platforms: {
		type: "array",
		absent: "that of `platform`",
		description:
			"several platforms, in place of `platform`; the first is that of the machine which builds: `linux/amd64`, `linux/arm64`",
		parse: parsePlatforms,
		remedy: () => 'write a list of platforms, each once: ["linux/amd64", "linux/arm64"]',
	},
	dockerHosts: {
		type: "array",
		items: "object",
		absent: "the machine's own",
		description:
			"where the work of further platforms runs: entries with `platform` and `host`, which is `ssh://builder@arm.example.com`, another address of a Docker daemon, or a Docker context",
		parse: parseDockerHosts,
		remedy: () =>
			"write a list of entries such as {platform: linux/arm64, host: ssh://builder@arm.example.com}",
	},
	apps: {
		type: "array",
		absent: "none",
		description:
			"folders of apps that get an image of their own, from the project root: `examples/guestbook`, `../orders`",
		parse: parseApps,
		remedy: () => 'write a list of folders, such as ["../orders"]',
	},
	aptRepository: {
		type: "string",
		default: "none",
		description:
			"where the .debs are published for apt: `none`, `s3` (a bucket that the stack owns), the bucket of another stack such as `s3://debian-python-apt-123456789012-eu-north-1`, or a folder",
		parse: parseAptRepository,
		remedy: () => "write none, s3, s3:// and the name of a bucket, or the path of a folder",
	},
	aptKeys: {
		type: "array",
		absent: "required with `aptRepository`",
		description:
			"OpenPGP keys that sign the apt repository, by fingerprint: of the keyring of gpg on the machine that publishes; several while one takes the place of another",
		parse: parseFingerprints,
		remedy: () =>
			'write a list of fingerprints, 40 hexadecimal digits in quotes each, as gpg --list-secret-keys prints them: ["0123456789ABCDEF0123456789ABCDEF01234567"]',
	},
	aptKeepDays: {
		type: "integer",
		default: 365,
		description:
			"how many days a package release stays in the apt repository once a newer one is there: 0 to 36500",
		parse: (text) => parseDays(text, 0),
		remedy: () => "write a whole number of days from 0 to 36500",
	},
	aptValidDays: {
		type: "integer",
		default: 30,
		description:
			"for how many days apt takes what the apt repository says now (`Valid-Until`); half-way an `up` signs it anew: 1 to 36500",
		parse: (text) => parseDays(text, 1),
		remedy: () => "write a whole number of days from 1 to 36500",
	},
	caBundle: {
		type: "string",
		absent: "none",
		description:
			"PEM file with the CA certificates for build containers behind a TLS proxy: mounted, never in an image",
		parse: (text, { fileExists }) => parseFile(text, fileExists),
		remedy: () =>
			"write the path of a PEM file; Debian's own is /etc/ssl/certs/ca-certificates.crt",
	},
	allowUnsupported: {
		type: "boolean",
		default: false,
		description:
			"let a pair that nobody proved, or a Debian release past its LTS, through, with a warning",
		parse: parseBoolean,
		remedy: () => "write true or false",
	},
} as const satisfies Readonly<Record<string, ConfigKeyDefinition>>;

/** One of the config keys of a stack. */
export type ConfigKey = keyof typeof config;

/** What the text of a key becomes. */
export type ConfigValue<K extends ConfigKey> = ReturnType<(typeof config)[K]["parse"]>;

/** The config keys of a stack, in the order in which they are documented. */
export const configKeys = Object.keys(config) as ConfigKey[];

/** What is declared of a key. */
export function configKey(key: ConfigKey): ConfigKeyDefinition {
	return config[key];
}

/** The config key nearest to one that is not known: by a part of the name, else by edit distance. */
export function nearestKey(unknown: string): ConfigKey {
	const letters = (key: string) => key.toLowerCase().replace(/[^a-z0-9]/g, "");
	const short = letters(unknown.slice(0, 40));
	const partOf = configKeys.find((key) => short.length > 2 && letters(key).includes(short));
	const near = nearestOf(configKeys.map(letters), short);
	return partOf ?? configKeys.find((key) => letters(key) === near) ?? "release";
}
