import "../tests/catalog.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	ConfigError,
	type ConfigProblem,
	configKeys,
	readSettings,
	type Settings,
} from "./settings.ts";

type Values = Record<string, string | undefined>;

const today = new Date("2026-11-22T12:00:00Z");
const digest = `sha256:${"7c".repeat(32)}`;
const good = { release: "bookworm", pythonVersion: "3.13.15", base: `debian:12-slim@${digest}` };

function read(values: Values, at = today): Settings {
	const fileExists = (path: string) => path.startsWith("/etc/ssl/");
	return readSettings(values, { project: "debian-python", stack: "test", today: at, fileExists });
}

function problemsOf(values: Values): { message: string; problems: readonly ConfigProblem[] } {
	try {
		read(values);
	} catch (error) {
		if (error instanceof ConfigError) return error;
		throw error;
	}
	throw new Error(`accepted: ${JSON.stringify(values)}`);
}

describe("a bad value gives one problem with key, value, reason and remedy", () => {
	const long = "a".repeat(10_000);
	const hash = "0123456789abcdef".repeat(4);
	const key = "0123456789ABCDEF".repeat(3).slice(0, 40);
	const withKeys = { with: { aptKeys: `["${key}"]` } };
	const inFolder = { with: { aptRepository: "apt" } };
	const catalogHash = "1e66a7945a48390ee4c2a4268a0e4185884059a13c4aab6d148aa208deea4a76";

	/** Key, its value, the value as shown (default: in quotes), reason, remedy, other values. */
	type Case = [string, string, RegExp, RegExp, { shown?: string; with?: Values }?];
	const cases: Case[] = [
		// Unknown keys
		["pythonversion", "3.13.5", /does not know/, /write pythonVersion if/],
		["pythonVerison", "3.13.5", /does not know/, /write pythonVersion if/],
		["python", "3.13.5", /does not know/, /write pythonVersion if/],
		["relase", "bookworm", /does not know/, /write release if/],
		["Release", "bookworm", /does not know/, /write release if/],
		["sha256", hash, /does not know/, /write sourceSha256 if/, { shown: "0123456789abcdef" }],
		["package-release", "2", /does not know/, /write packageRelease if/],
		["allowUnsuported", "true", /does not know/, /write allowUnsupported if/],
		["registryPassword", "hunter2", /does not know/, /known: release, base/, { shown: "hidden" }],
		["snapshots", "", /does not know/, /write snapshot if/],
		["__proto", "x", /does not know/, /known: release, base/],

		// release
		["release", "Bookworm", /not a Debian release/, /write release: bookworm/],
		["release", "debian12", /not a Debian release/, /write release: bookworm/],
		["release", "debian-11", /not a Debian release/, /write release: bullseye/],
		["release", "12", /not a Debian release/, /write release: bookworm/],
		["release", "12.5", /not a Debian release/, /write release: bookworm/],
		["release", "bokworm", /not a Debian release/, /write release: bookworm/],
		["release", "bookworm-slim", /not a Debian release/, /write release: bookworm/],
		["release", "forky", /not a Debian release/, /jessie, .*trixie/],
		["release", "sid", /not a Debian release/, /jessie, .*trixie/],
		["release", "constructor", /not a Debian release/, /one of jessie/],
		["release", "__proto__", /not a Debian release/, /one of jessie/],
		["release", "Debian 12", /white space \(U\+0020\)/, /write release: bookworm/],
		["release", "bookworm ", /white space/, /write release: bookworm/],
		[
			"release",
			"b\u043eokworm",
			/contains U\+043E \(looks like ASCII o\)/,
			/write release: bookworm/,
			{ shown: '"b\\u{043E}okworm"' },
		],
		["release", "../etc/passwd", /not a Debian release/, /one of jessie/],
		["release", "$(id)", /not a Debian release/, /one of jessie/],
		[
			"release",
			"jessie",
			/LTS ended on 2020-06-30/,
			/allowUnsupported: true.*release: bookworm or trixie/,
			{ with: { pythonVersion: "3.6.15", base: "" } },
		],
		[
			"release",
			"bullseye",
			/LTS ended on 2026-08-31/,
			/allowUnsupported: true/,
			{ with: { base: "" } },
		],

		// base
		["base", "debian", /neither a tag nor a digest/, /debian:bookworm-slim@sha256/],
		["base", "docker://debian:12", /has a scheme/, /write an image reference/],
		["base", "Debian:12", /capital letters/, /write an image reference/],
		["base", "Archive", /capital letters/, /or archive/],
		["base", "debian:12-slim@sha256:abc", /64 hexadecimal digits after the @/, /image reference/],
		[
			"base",
			`debian@${digest}@${digest}`,
			/more than one @/,
			/image reference/,
			{ shown: "debian@" },
		],
		["base", digest, /is an image ID/, /image reference/, { shown: "sha256:7c7c" }],
		["base", "debian:", /malformed tag/, /image reference/],
		["base", "debian:12;id", /malformed tag/, /image reference/],
		["base", "-debian:12", /malformed name/, /image reference/],
		["base", "debian//x:12", /malformed name/, /image reference/],
		["base", "example.org:99999/debian:12", /malformed host or port/, /image reference/],
		["base", "`id`:12", /malformed name/, /image reference/],
		[
			"base",
			"debian:trixie-slim",
			/is an image of trixie, but release is bookworm/,
			/write base: debian:bookworm-slim@/,
		],
		[
			"base",
			"example.org/base:sid-2026",
			/is an image of sid/,
			/write base: debian:bookworm-slim@/,
		],
		["base", "debian:11.9-slim", /is an image of bullseye/, /or change release/],
		["base", "debian:7", /is an image of 7/, /or change release/],
		["base", long, /has 10000 characters/, /image reference/, { shown: "... (10000 characters)" }],
		[
			"base",
			"bob:hunter2@example.org/x:1",
			/64 hexadecimal digits/,
			/image reference/,
			{ shown: '"***@example.org/x:1"' },
		],

		// patches
		["patches", "~/patches", /starts with ~/, /such as patches\/3\.13/],
		["patches", "no/such/", /is not there/, /npm run patch -- add/, { shown: '"no/such"' }],
		["patches", "stacks", /is not there/, /npm run patch -- add/, { shown: '"stacks/series"' }],

		// packages
		[
			"packages",
			'["libpq5"]',
			/has "libpq5", which is no package of CPython/,
			/such as \["tk"\]/,
			{ shown: "libpq5" },
		],
		["packages", "tk", /not a list/, /write a list of these/],
		[
			"packages",
			'["tk", "dbgsym"]',
			/has dbgsym, which debhelper of jessie does not make/,
			/remove it, or write release: stretch/,
			{
				shown: "dbgsym",
				with: {
					...{ release: "jessie", base: "debian/eol:jessie-slim" },
					...{ pythonVersion: "3.6.15", allowUnsupported: "true" },
				},
			},
		],

		// snapshot
		[
			"snapshot",
			"2026-01-01",
			/not of the form/,
			/20260101T000000Z/,
			{ with: { base: "archive" } },
		],
		["snapshot", "20260101", /not of the form/, /20260101T000000Z/, { with: { base: "archive" } }],
		[
			"snapshot",
			"20260230T000000Z",
			/not a moment that exists/,
			/in UTC/,
			{ with: { base: "archive" } },
		],
		[
			"snapshot",
			"20260101T250000Z",
			/not a moment that exists/,
			/in UTC/,
			{ with: { base: "archive" } },
		],
		["snapshot", "20261123T000000Z", /in the future/, /in UTC/, { with: { base: "archive" } }],
		[
			"snapshot",
			"20200101T000000Z",
			/before the release of bookworm on 2023-06-10/,
			/in UTC/,
			{ with: { base: "archive" } },
		],
		[
			"snapshot",
			"20260101T000000Z",
			/no meaning for a base that is an image/,
			/write base: archive/,
		],
		[
			"snapshot",
			"20260101T000000Z\n",
			/line break/,
			/in UTC/,
			{ with: { base: "archive" }, shown: '"20260101T000000Z\\n"' },
		],

		// pythonVersion
		["pythonVersion", "3.1", /YAML reads an unquoted 3\.10 as 3\.1/, /"3\.10\.21", in quotes/],
		["pythonVersion", "3.13", /is a series, not a full version/, /"3\.13\.15"/],
		["pythonVersion", "3.10", /is a series, not a full version/, /"3\.10\.21"/],
		["pythonVersion", "3", /not a full CPython version/, /"3\.14\.7"/],
		["pythonVersion", "latest", /not a full CPython version/, /"3\.14\.7"/],
		["pythonVersion", "v3.13.5", /not a full CPython version/, /"3\.13\.5"/],
		["pythonVersion", "Python-3.13.5", /not a full CPython version/, /"3\.13\.5"/],
		["pythonVersion", "3.13.5-1", /not a full CPython version/, /"3\.13\.5"/],
		["pythonVersion", "3.13.x", /not a full CPython version/, /"3\.13\.15"/],
		["pythonVersion", "3.13.05", /not a full CPython version/, /"3\.13\.15"/],
		["pythonVersion", "3.12.14+dfsg", /not a full CPython version/, /"3\.12\.14"/],
		["pythonVersion", "-3.13.5", /not a full CPython version/, /"3\.13\.5"/],
		["pythonVersion", "3.13.5; rm -rf /", /white space/, /"3\.13\.5"/],
		["pythonVersion", "3.13.5\n", /line break \(U\+000A\)/, /"3\.13\.5"/, { shown: '"3.13.5\\n"' }],
		["pythonVersion", "`reboot`", /not a full CPython version/, /"3\.14\.7"/],
		[
			"pythonVersion",
			"\u{1b}[2J3.13.5",
			/control character \(U\+001B\)/,
			/"3\.13\.5"/,
			{ shown: '"\\u{001B}[2J3.13.5"' },
		],
		[
			"pythonVersion",
			"３.13.5",
			/U\+FF13 \(looks like ASCII 3\)/,
			/in quotes/,
			{ shown: "\\u{FF13}.13.5" },
		],
		[
			"pythonVersion",
			"3.13.5\u{200b}",
			/U\+200B, which is not ASCII/,
			/"3\.13\.5"/,
			{ shown: "3.13.5\\u{200B}" },
		],
		[
			"pythonVersion",
			long,
			/has 10000 characters/,
			/"3\.14\.7"/,
			{ shown: "... (10000 characters)" },
		],
		["pythonVersion", "2.7.18", /no series in the catalog, which has 3\.4 to 3\.15/, /"3\.14\.7"/],
		["pythonVersion", "3.16.0", /no series in the catalog/, /"3\.14\.7"/],
		[
			"pythonVersion",
			"3.13.9",
			/not in the catalog/,
			/sourceSha256.*Python-3\.13\.9\.tar\.xz.*"3\.13\.5" or "3\.13\.15"/,
		],
		[
			"pythonVersion",
			"3.10.21",
			/CPython 3\.10 needs OpenSSL 1\.1\.1; stretch has 1\.1\.0; newest Python for stretch: 3\.9\.25/,
			/"3\.9\.25".*release: bookworm or trixie/,
			{ with: { release: "stretch", base: "", allowUnsupported: "true" } },
		],
		[
			"pythonVersion",
			"3.5.2",
			/OpenSSL older than 1\.1\.0/,
			/release: jessie/,
			{ with: { profile: "quick" } },
		],
		[
			"pythonVersion",
			"3.15.0rc1",
			/unproven on bookworm/,
			/allowUnsupported: true to try it, or pythonVersion: "3\.14\.7"/,
		],
		["pythonVersion", "3.6.15", /nobody is known to have shipped/, /release: bullseye/],

		// sourceSha256
		["sourceSha256", "abc", /has 3 digits instead of 64/, /64 lower case/],
		[
			"sourceSha256",
			hash.toUpperCase(),
			/capital letters/,
			/64 lower case/,
			{ shown: "0123456789ABCDEF" },
		],
		[
			"sourceSha256",
			`sha256:${hash}`,
			/not a sha256 in hexadecimal/,
			/64 lower case/,
			{ shown: "sha256:" },
		],
		[
			"sourceSha256",
			`${hash.slice(1)}g`,
			/not a sha256 in hexadecimal/,
			/64 lower case/,
			{ shown: "123456789abcdef0" },
		],
		[
			"sourceSha256",
			hash,
			new RegExp(`3\\.13\\.15, which is ${catalogHash}`),
			/remove sourceSha256/,
			{ shown: "0123456789abcdef" },
		],

		// packageRelease
		["packageRelease", "0", /less than 1/, /1 to 9999/],
		["packageRelease", "-1", /has a sign/, /1 to 9999/],
		["packageRelease", "+1", /has a sign/, /1 to 9999/],
		["packageRelease", "1.5", /not a whole number/, /1 to 9999/],
		["packageRelease", "01", /leading zeros/, /1 to 9999/],
		["packageRelease", "1e3", /not a whole number/, /1 to 9999/],
		["packageRelease", "0x10", /not a whole number/, /1 to 9999/],
		["packageRelease", "10000", /more than 9999/, /1 to 9999/],
		[
			"packageRelease",
			"9".repeat(200),
			/more than 9999/,
			/1 to 9999/,
			{ shown: "(200 characters)" },
		],
		["packageRelease", "1; rm -rf /", /white space/, /1 to 9999/],
		["packageRelease", "1;id", /not a whole number/, /1 to 9999/],
		["packageRelease", "$(reboot)", /not a whole number/, /1 to 9999/],
		["packageRelease", "1\n2", /line break/, /1 to 9999/, { shown: '"1\\n2"' }],
		["packageRelease", "\u{661}", /not ASCII/, /1 to 9999/, { shown: "\\u{0661}" }],
		["packageRelease", "NaN", /not a whole number/, /1 to 9999/],

		// profile, platform, allowUnsupported
		[
			"profile",
			"optimized",
			/--enable-optimizations, which configure of CPython 3\.5\.2/,
			/profile: quick/,
			{
				with: { release: "jessie", base: "", pythonVersion: "3.5.2", allowUnsupported: "true" },
			},
		],
		["profile", "Optimized", /not a build profile/, /profile: optimized/],
		["profile", "fast", /not a build profile/, /profile: /],
		["profile", "quik", /not a build profile/, /profile: quick/],
		["profile", "harden", /optimized, hardened, quick/, /profile: hardened/],
		[
			"platforms",
			'["linux/amd64", "linux/386"]',
			/"linux\/386", which is not a platform/,
			/write a list/,
			{ shown: "linux/386" },
		],
		[
			"platforms",
			'["linux/arm64", "linux/arm64"]',
			/has "linux\/arm64" twice/,
			/each once/,
			{ shown: "linux/arm64" },
		],
		["platforms", "linux/arm64", /is not a list/, /write a list of platforms/],
		[
			"platform",
			"linux/arm64",
			/is given beside platforms/,
			/remove one of the two/,
			{ with: { platforms: '["linux/amd64"]' } },
		],
		[
			"dockerHosts",
			'[{"platform": "linux/arm64", "host": "ssh://arm"}]',
			/has linux\/arm64, which is not among platforms/,
			/add it to platforms/,
			{ shown: "ssh://arm" },
		],
		[
			"dockerHosts",
			'[{"platform": "linux/amd64", "host": "arm"}]',
			/has linux\/amd64, the first of platforms/,
			/DOCKER_HOST or docker context use/,
			{ shown: "linux/amd64" },
		],
		[
			"dockerHosts",
			'[{"platform": "linux/arm64", "host": "http://arm; rm"}]',
			/neither an address nor the name of a context/,
			/write a list of entries/,
			{ shown: "http://arm" },
		],
		[
			"dockerHosts",
			'[{"platform": "linux/arm64", "hots": "arm"}]',
			/has an entry with "hots", which is neither platform nor host/,
			/write a list of entries/,
			{ shown: "hots" },
		],
		["platform", "arm64", /not a platform/, /platform: linux\/arm64/],
		["platform", "linux/arm64/v8", /not a platform/, /platform: linux\/arm64/],
		["platform", "x86_64", /not a platform/, /platform: linux\/amd64/],
		["platform", "windows/amd64", /not a platform/, /linux\/amd64/],
		["variant", "free-threading", /not a variant/, /write variant: free-threaded, or remove it/],
		[
			"variant",
			"free-threaded",
			/needs --disable-gil, which configure of CPython 3\.12 does not have/,
			/write pythonVersion: "3\.13\.15" or "3\.14\.7", or remove variant/,
			{ with: { pythonVersion: "3.12.14" } },
		],
		[
			"variant",
			"debug",
			/is compiled by -Og, and profile: optimized is PGO and LTO/,
			/write profile: quick beside it, or remove variant/,
		],
		[
			"variant",
			"debug",
			/has in CPython 3\.7 an ABI of its own/,
			/write pythonVersion: "3\.13\.15" or "3\.14\.7", or remove variant/,
			{ with: { pythonVersion: "3.7.17" } },
		],
		["framePointers", "yes", /not a boolean/, /write true or false/],
		[
			"framePointers",
			"false",
			/profile: hardened cannot do/,
			/remove framePointers, or write profile: optimized/,
			{ with: { profile: "hardened" } },
		],
		["allowUnsupported", "yes", /not a boolean/, /write true or false/],
		["allowUnsupported", "True", /not a boolean/, /write true or false/],
		["allowUnsupported", "1", /not a boolean/, /write true or false/],

		// registry
		["registry", "https://example.org/python", /has a scheme/, /host\[:port\]\/name/],
		["registry", "team/python", /has no host/, /docker\.io\/team\/python/],
		["registry", "python", /has no host/, /none, or ecr/],
		["registry", "localhost/python", /has no port/, /localhost:5000\/python; or none/],
		["registry", "ECR", /capital letters/, /none, ecr/],
		[
			"registry",
			"docker.io/python",
			/no repository that Docker Hub has/,
			/docker\.io\/team\/python$/,
		],
		["registry", "docker.io/team/a/b", /Docker Hub/, /^write docker\.io\/team\/a-b$/],
		["registry", "example.org", /has no host/, /host/],
		["registry", "example.org/", /malformed name/, /host\[:port\]\/name/],
		["registry", "example.org/python:latest", /has a tag/, /host\[:port\]\/name/],
		["registry", "example.org/Python", /capital letters/, /host\[:port\]\/name/],
		["registry", "example.org:0/python", /malformed host or port/, /host\[:port\]\/name/],
		[
			"registry",
			"bob:hunter2@example.org/python",
			/credentials/,
			/docker login/,
			{ shown: '"***@example.org/python"' },
		],
		["registry", "example.org/a/../b", /malformed name/, /host\[:port\]\/name/],
		["registry", "example.org/$HOME", /capital letters/, /host\[:port\]\/name/],

		// apps
		["apps", "../orders", /is not a list/, /write a list of folders/],
		["apps", "[1]", /has an entry that is not a string/, /write a list of folders/],
		["apps", '["-x"]', /has "-x", which starts with a dash/, /list/, { shown: '"[\\"-x' }],
		["apps", '["~/x"]', /has "~\/x", which starts with ~/, /list/, { shown: '"[\\"~' }],
		["apps", '["a b"]', /has "a b", which has characters other/, /list/, { shown: "a b" }],
		["apps", "a".repeat(30_001), /has 30001 characters, more than/, /list/, { shown: "aaa" }],

		// aptRepository
		["aptRepository", "~/apt", /only a shell expands/, /write none, s3, s3:\/\//, withKeys],
		["aptRepository", "s3://My.Bucket", /no name of a bucket/, /and the name alone/, withKeys],
		["aptRepository", "s3://bucket/folder", /no name of a bucket/, /the name alone/, withKeys],
		["aptRepository", "s3:/bucket", /characters other than/, /write none, s3/, withKeys],
		["aptKeys", "[]", /is given, but one is required/, /as gpg --list-secret-keys/, inFolder],
		[
			"aptKeys",
			'["0123"]',
			/not the fingerprint/,
			/40 hexadecimal digits/,
			{
				...inFolder,
				shown: "0123",
			},
		],
		[
			"aptKeys",
			`["${key}","${key}"]`,
			/twice/,
			/40 hexadecimal digits/,
			{
				...inFolder,
				shown: key,
			},
		],
		["aptKeys", `["${key}"]`, /is for aptRepository alone/, /or remove the keys/, { shown: key }],
		["aptKeepDays", "-1", /not a whole number/, /from 0 to 36500/],
		["aptKeepDays", "36501", /not from 0 to 36500/, /from 0 to 36500/],
		["aptValidDays", "0", /not from 1 to 36500/, /from 1 to 36500/],
		["aptValidDays", "1.5", /not a whole number/, /from 1 to 36500/],
		[
			"aptRepository",
			"s3",
			/no use to jessie, whose apt 1\.0/,
			/works from stretch on/,
			{
				with: {
					...withKeys.with,
					release: "jessie",
					base: "archive",
					allowUnsupported: "true",
					pythonVersion: "3.6.15",
				},
			},
		],

		// caBundle
		["caBundle", "--help", /starts with a dash/, /\/etc\/ssl\/certs\/ca-certificates\.crt/],
		["caBundle", "~/ca.pem", /only a shell expands/, /ca-certificates\.crt/],
		["caBundle", "/etc/ssl/a:b", /has characters other than/, /ca-certificates\.crt/],
		["caBundle", "/etc/ssl/$(id)", /has characters other than/, /ca-certificates\.crt/],
		["caBundle", "/etc/ssl/a,b", /has characters other than/, /ca-certificates\.crt/],
		["caBundle", "/nowhere/ca.pem", /not an existing file/, /ca-certificates\.crt/],
		["caBundle", "/etc/ssl/my ca.pem", /white space/, /ca-certificates\.crt/],
		[
			"caBundle",
			"/etc/ssl/\0",
			/control character \(U\+0000\)/,
			/ca-certificates\.crt/,
			{ shown: "\\u{0000}" },
		],
	];

	it("there are many cases", () => expect(cases.length).toBeGreaterThan(100));

	it.each(cases)("%s: %j", (key, value, reason, remedy, more = {}) => {
		const { message, problems } = problemsOf({ ...good, ...more.with, [key]: value });
		expect(problems).toHaveLength(1);
		expect(problems[0]?.key).toBe(key);
		expect(problems[0]?.value).toContain(more.shown ?? `"${value}"`);
		expect(problems[0]?.reason).toMatch(reason);
		expect(problems[0]?.remedy).toMatch(remedy);
		expect(message.split("\n")).toHaveLength(2);
		expect(message).toMatch(/^[\n -~]{50,900}$/);
		expect(message).not.toContain("hunter2");
	});

	it("a key with odd characters is escaped too", () => {
		const { problems } = problemsOf({ ...good, "rele\u{1b}ase\n": "x" });
		expect(problems[0]?.key).toBe('"rele\\u{001B}ase\\n"');
		expect(problems[0]?.remedy).toContain("write release if");
	});
});

describe("several problems", () => {
	it("come at once, one per line", () => {
		const { message, problems } = problemsOf({
			relese: "bookworm",
			pythonVersion: "3.1",
			base: "archive",
			snapshot: "yesterday",
			packageRelease: "0",
			profile: "fast",
			registry: "team/python",
			platform: "arm64",
			caBundle: "-",
			allowUnsupported: "yes",
		});
		expect(problems.map(({ key }) => key)).toEqual([
			"relese",
			"release",
			"snapshot",
			"allowUnsupported",
			"pythonVersion",
			"packageRelease",
			"profile",
			"registry",
			"platform",
			"caBundle",
		]);
		const lines = message.split("\n");
		expect(lines[0]).toBe('the config of stack "test" has 10 problems:');
		expect(lines[2]).toBe(
			"  release: no value is given, but one is required; write one of jessie, stretch, buster, bullseye, bookworm, trixie",
		);
		expect(lines[5]).toBe(
			'  pythonVersion: "3.1" is not a full version: YAML reads an unquoted 3.10 as 3.1; write pythonVersion: "3.10.21", in quotes',
		);
		expect(lines).toHaveLength(11);
	});

	it("an empty config lacks the two required keys", () => {
		expect(problemsOf({}).problems.map(({ key }) => key)).toEqual(["release", "pythonVersion"]);
	});

	it("an old release and an unproven Python are two problems", () => {
		const { problems } = problemsOf({ release: "buster", pythonVersion: "3.13.15" });
		expect(problems.map(({ key }) => key)).toEqual(["release", "pythonVersion"]);
	});

	it("an impossible pair stays one, whatever is allowed", () => {
		const values = { release: "jessie", pythonVersion: "3.14.7", allowUnsupported: "true" };
		expect(problemsOf(values).problems[0]?.reason).toContain("cannot work on jessie");
	});

	it("a wrong sourceSha256 of an unknown version is one problem, not two", () => {
		const { problems } = problemsOf({ ...good, pythonVersion: "3.13.16", sourceSha256: "abc" });
		expect(problems.map(({ key }) => key)).toEqual(["sourceSha256"]);
	});
});

describe("what is wrong with one of several Pythons", () => {
	const { pythonVersion: _, ...rest } = good;
	const linesOf = (pythons: unknown, more: Values = {}) =>
		problemsOf({ ...rest, ...more, pythons: JSON.stringify(pythons) }).problems.map(
			({ key, value, reason, remedy }) => `${key}: ${value} ${reason}; ${remedy}`,
		);
	const ok = { version: "3.13.15" };

	it.each([
		[
			[{ version: "3.13" }],
			/^pythons\[0\]\.version: "3\.13" is a series.*; write version: "3\.13\./,
		],
		[[ok, { version: 3.1 }], /^pythons\[1\]\.version: "3\.1" .* reads an unquoted 3\.10 as 3\.1/],
		[[ok, {}], /^pythons\[1\]\.version: no value is given, but one is required/],
		[
			[ok, { version: "3.12.99" }],
			/^pythons\[1\]\.version: .* not in the catalog.* write version: "/,
		],
		[
			[ok, { version: "3.13.5" }],
			/^pythons\[1\]\.version: "3\.13\.5" is of the series 3\.13, as "3\.13\.15" is, which is there too/,
		],
		[[ok, ok], /^pythons\[1\]\.version: .* which is there too; write one Python of each series/],
		[
			[ok, { ...ok, variant: "free-threaded" }, { version: "3.13.5", variant: "free-threaded" }],
			/^pythons\[2\]\.version: "3\.13\.5" is of the series 3\.13t, as "3\.13\.15" is,/,
		],
		[
			[ok, { version: "3.12.14", variant: "free-threaded" }],
			/^pythons\[1\]\.variant: .* write version: "3\.13\.15" or /,
		],
		[
			[ok, { ...ok, variant: "debug" }],
			/^pythons\[1\]\.variant: "debug" is compiled .* profile: quick/,
		],
		[[{ ...ok, packageRelease: 0 }], /^pythons\[0\]\.packageRelease: "0" is less than 1/],
		[[{ ...ok, profil: "quick" }], /^pythons\[0\]\.profil: .* does not know; write profile if/],
		[
			[{ version: "3.5.10" }],
			/^pythons\[0\]\.version: "3\.5\.10" is unproven on bookworm.*, or version: "3\.7\.17" or /,
		],
		[["3.13.15"], /^pythons: .* has an entry that is not a table of keys; write a list of entries/],
		[
			[ok, { version: "3.12.14", patches: "no/such" }],
			/^pythons\[1\]\.patches: "no\/such" is not there; npm run patch -- add makes one/,
		],
		[[{ ...ok, patches: "a b" }], /^pythons\[0\]\.patches: "a b" contains white space/],
		["3.13.15", /^pythons: .* is not a list/],
	])("%j", (pythons, line) => {
		expect(linesOf(pythons)).toEqual([expect.stringMatching(line)]);
	});

	it("is told once where it is the stack's own", () => {
		const both = [ok, { version: "3.12.14" }];
		expect(linesOf(both, { profile: "fast" })).toEqual([expect.stringMatching(/^profile: "fast"/)]);
	});

	it("is a version beside them", () => {
		expect(linesOf([ok], { pythonVersion: "3.12.14" })).toEqual([
			'pythonVersion: "3.12.14" is given beside pythons; remove one of the two',
		]);
	});

	it("is a folder of patches beside them", () => {
		expect(linesOf([ok], { patches: "patches/3.13" })).toEqual([
			'patches: "patches/3.13" is given beside pythons; remove one of the two',
		]);
	});

	it("is an image minimal of another package than that of the Python beside it", () => {
		const minimal = { ...ok, variant: "minimal" };
		const place = 'pythons[1].version: "3.13.15"';
		expect(linesOf([ok, { ...minimal, profile: "quick" }])).toEqual([
			`${place} has the package of the 3.13.15 beside it, of another profile; give both the same profile, or write one of them in another stack`,
		]);
		expect(linesOf([ok, { ...minimal, version: "3.13.5" }])).toEqual([
			expect.stringMatching(/^pythons\[1\]\.version: "3\.13\.5" .* of another version; give both/),
		]);
		expect(linesOf([minimal, ok, minimal])).toEqual([
			expect.stringMatching(/^pythons\[2\]\.version: .* is there too; write one Python of each/),
		]);
	});

	it("is a variant beside them", () => {
		expect(linesOf([ok], { variant: "free-threaded" })).toEqual([
			'variant: "free-threaded" is given beside pythons; remove one of the two',
		]);
	});

	it("does not hide what is wrong with apps", () => {
		const apps = '["no/such/app"]';
		expect(linesOf([ok, { version: "3.13" }], { apps })).toHaveLength(2);
	});
});

describe("good config", () => {
	it("the least: release and version; the rest from the defaults and the catalog", () => {
		const settings = read({ release: "trixie", pythonVersion: "3.14.7" });
		expect(settings).toMatchObject({
			project: "debian-python",
			stack: "test",
			debian: { codename: "trixie" },
			base: { kind: "image", reference: expect.stringMatching(/^debian:trixie-slim@sha256:/) },
			pythons: [
				{
					...{ version: "3.14.7", series: { series: "3.14" }, source: { format: "tar.xz" } },
					...{ packageRelease: 1, profile: "optimized", compatibility: { status: "supported" } },
					suffix: "",
				},
			],
			registry: { kind: "none" },
			platform: "linux/amd64",
			architecture: "amd64",
			allowUnsupported: false,
			warnings: [],
		});
		expect(settings).not.toHaveProperty("caBundle");
	});

	it("empty values count as absent", () => {
		const empty = Object.fromEntries(configKeys.map((key) => [key, ""]));
		const values = { release: "trixie", pythonVersion: "3.14.7" };
		expect(read({ ...empty, ...values })).toEqual(read(values));
	});

	it("everything set", () => {
		const settings = read({
			release: "bookworm",
			base: "archive",
			snapshot: "20260101T000000Z",
			pythonVersion: "3.13.16",
			sourceSha256: "ab".repeat(32),
			packageRelease: "9999",
			profile: "quick",
			registry: "localhost:5000/team/python",
			platform: "linux/arm64",
			caBundle: "/etc/ssl/certs/ca-certificates.crt",
			allowUnsupported: "true",
		});
		expect(settings).toMatchObject({
			base: { kind: "archive", snapshot: "20260101T000000Z" },
			pythons: [
				{
					source: { format: "tar.xz", sha256: "ab".repeat(32) },
					...{ packageRelease: 9999, profile: "quick" },
				},
			],
			registry: { kind: "registry", address: "localhost:5000", repository: "team/python" },
			platform: "linux/arm64",
			architecture: "arm64",
			caBundle: "/etc/ssl/certs/ca-certificates.crt",
			allowUnsupported: true,
		});
	});

	it.each([
		["debian:bookworm-slim", undefined],
		[`debian@${digest}`, digest],
		[`example.org:5000/team/debian:2026.1@${digest}`, digest],
		["example.org/my__base/x--y.z:trixie-to-bookworm", undefined],
		["debian:12.5-slim", undefined],
	])("base %s", (reference, pin) => {
		const { base } = read({ ...good, base: reference });
		expect(base).toEqual({ kind: "image", reference, ...(pin && { digest: pin }) });
	});

	it.each([
		["apt", { kind: "folder", folder: "apt" }],
		["/srv/apt/", { kind: "folder", folder: "/srv/apt" }],
		["s3", { kind: "bucket" }],
		["s3://team-apt", { kind: "bucket", name: "team-apt" }],
	])("an apt repository in %s", (aptRepository, place) => {
		const key = "0123456789abcdef".repeat(3).slice(0, 40);
		const { apt } = read({ ...good, aptRepository, aptKeys: `["${key}"]`, aptKeepDays: "7" });
		expect(apt).toEqual({ place, keys: [key.toUpperCase()], keepDays: 7, validDays: 30 });
		// How Pulumi gives a list that is not set.
		expect(read({ ...good, aptRepository: "none", aptKeys: "[]" })).not.toHaveProperty("apt");
	});

	it("several Pythons, which have the stack's values of what they do not say", () => {
		const { pythonVersion: _, ...rest } = good;
		const pythons = [
			{ version: "3.13.15" },
			{ version: "3.12.14", packageRelease: 3, profile: "quick" },
			{ version: "3.14.7", framePointers: true },
		];
		const settings = read({
			...{ ...rest, packageRelease: "2", framePointers: "false" },
			pythons: JSON.stringify(pythons),
		});
		const own = { packageRelease: 2, profile: "optimized", framePointers: false };
		expect(settings.pythons).toMatchObject([
			{ version: "3.13.15", ...own, suffix: "" },
			{ version: "3.12.14", ...own, packageRelease: 3, profile: "quick", suffix: "-3.12" },
			{ version: "3.14.7", ...own, framePointers: true, suffix: "-3.14" },
		]);
		const one = read({ ...rest, pythons: '[{"version": "3.13.15"}]' });
		expect(one).toEqual(read({ ...good, pythons: "[]" }));
	});

	it("packages of the stack, of one of its Pythons, and none", () => {
		const { pythonVersion: _, ...rest } = good;
		const pythons = JSON.stringify([
			{ version: "3.13.15" },
			{ version: "3.12.14", packages: ["dbgsym", "tk", "dbgsym"] },
			{ version: "3.14.7", packages: [] },
		]);
		const [first, second, third] = read({ ...rest, packages: '["tk"]', pythons }).pythons;
		expect([first, second]).toMatchObject([{ packages: ["tk"] }, { packages: ["tk", "dbgsym"] }]);
		expect(third).not.toHaveProperty("packages");
	});

	it("a Python and its free-threaded variant, side by side", () => {
		const { pythonVersion: _, ...rest } = good;
		const version = "3.13.15";
		const pythons = JSON.stringify([{ version }, { version, variant: "free-threaded" }]);
		const [common, free] = read({ ...rest, pythons }).pythons;
		expect(common).not.toHaveProperty("variant");
		expect(free).toMatchObject({ version, variant: "free-threaded", suffix: "-3.13t" });
		expect(read({ ...good, variant: "free-threaded" }).pythons).toMatchObject([
			{ version, variant: "free-threaded", suffix: "" },
		]);
	});

	it("the image minimal of a Python, alone or beside python: one package", () => {
		const { pythonVersion: _, ...rest } = good;
		const version = "3.13.15";
		const of = (...pythons: object[]) =>
			read({ ...rest, pythons: JSON.stringify(pythons) }).pythons;
		const minimal = { version, variant: "minimal" };
		const [common, ...none] = of({ version });
		expect(none).toEqual([]);
		expect(of({ version }, { version: "3.12.14" }, minimal)).toMatchObject([
			{ ...common, images: ["python", "minimal"] },
			{ version: "3.12.14", suffix: "-3.12" },
		]);
		expect(of(minimal, { version })).toEqual([{ ...common, images: ["minimal", "python"] }]);
		expect(of(minimal)).toEqual([{ ...common, images: ["minimal"] }]);
		expect(read({ ...good, variant: "minimal" }).pythons).toEqual(
			of({ ...minimal, version: good.pythonVersion }),
		);
	});

	it("the catalog's own hash may be repeated; its format stays", () => {
		const sha256 = "2411c74bda5bbcfcddaf4531f66d1adc73f247f529aee981b029513aefdbf849";
		const settings = read({ ...good, pythonVersion: "3.11.2", sourceSha256: sha256 });
		expect(settings.pythons[0].source).toEqual({ format: "tgz", sha256 });
	});

	it("the file system is asked for caBundle by default", () => {
		const context = { project: "p", stack: "s", today };
		const self = import.meta.filename;
		expect(readSettings({ ...good, caBundle: self }, context).caBundle).toBe(self);
		for (const path of [import.meta.dirname, `${self}/x`, "/nowhere"])
			expect(() => readSettings({ ...good, caBundle: path }, context)).toThrow("existing file");
	});
});

describe("warnings", () => {
	const pinned = { ...good, base: "" };
	const cases: [string, Values, string, string[]][] = [
		["nothing to warn of", { release: "trixie", pythonVersion: "3.14.7" }, "2026-11-22", []],
		["last day of security support", pinned, "2026-01-11", []],
		["security support ends in 180 days", pinned, "2026-01-12", ["support ends on 2026-07-11"]],
		["its last day", pinned, "2026-07-11", ["support ends on 2026-07-11"]],
		["the day after", pinned, "2026-07-12", ["support ended on 2026-07-11; LTS goes on"]],
		["LTS ends soon", pinned, "2028-06-30", ["all free support, ends on 2028-06-30"]],
		[
			"LTS over",
			{ ...pinned, allowUnsupported: "true" },
			"2028-07-01",
			["LTS ended on 2028-06-30"],
		],
		[
			"end of life of a month: its last day counts",
			{ release: "trixie", pythonVersion: "3.10.21" },
			"2026-10-31",
			["end of life is near, 2026-10"],
		],
		[
			"end of life is past on the next day",
			{ release: "trixie", pythonVersion: "3.10.21" },
			"2026-11-01",
			["end of life was 2026-10"],
		],
		[
			"an older release of the series",
			{ release: "trixie", pythonVersion: "3.13.5" },
			"2026-11-22",
			["not the newest of its series, which is 3.13.15"],
		],
		[
			"a pre-release, unproven",
			{ release: "trixie", pythonVersion: "3.15.0rc1", allowUnsupported: "true" },
			"2026-11-22",
			["3.15.0rc1 is a pre-release", "is unproven on trixie"],
		],
		[
			"frame pointers that are there already",
			{ release: "trixie", pythonVersion: "3.14.7", profile: "hardened", framePointers: "true" },
			"2026-11-22",
			["framePointers changes nothing: the profile hardened has them already"],
		],
		[
			"no digest",
			{ release: "trixie", pythonVersion: "3.14.7", base: "debian:trixie-slim" },
			"2026-11-22",
			["base debian:trixie-slim is not pinned by a digest"],
		],
		[
			"an archive base",
			{ release: "trixie", pythonVersion: "3.14.7", base: "archive" },
			"2026-11-22",
			[],
		],
	];

	it.each(cases)("%s", (_, values, day, expected) => {
		const { warnings } = read(values, new Date(`${day}T23:59:59Z`));
		expect(warnings).toEqual(expected.map((text) => expect.stringContaining(text)));
	});
});

describe("properties", () => {
	const safe = /^[A-Za-z0-9._/@+:][A-Za-z0-9._/@+:-]*$/;
	const nasty = fc.constantFrom("`id`", "$(id)", ";", "|", "&", ">", "<", "'", '"', "\n", " ", "-");
	const values = [
		...["archive", "20260101T000000Z", "3.13.5", "3.15.0rc1", "true", "false", "ecr", "none"],
		...["bookworm", "stretch", "debian:12", `debian:12@${digest}`, "example.org/x", "/etc/ssl/ca"],
		...["linux/arm64", "quick", "1", "a".repeat(64)],
	];
	const text = fc.oneof(
		{ weight: 3, arbitrary: fc.constantFrom(...values) },
		fc.string({ unit: "binary", maxLength: 400 }),
		fc.string({ maxLength: 20 }),
		fc
			.tuple(fc.constantFrom(...values), nasty, fc.constantFrom("", ...values))
			.map((parts) => parts.join("")),
		fc.constant(undefined),
	);
	const config = fc.record(Object.fromEntries(configKeys.map((key) => [key, text])), {
		requiredKeys: [],
	});

	/** Every string of the settings that comes from the config. */
	function strings({ base, pythons, registry, platform, caBundle }: Settings): string[] {
		const [{ version, source }] = pythons;
		return [
			...Object.values(base),
			version,
			source.sha256,
			...Object.values(registry),
			platform,
			...(caBundle === undefined ? [] : [caBundle]),
		];
	}

	function accept(given: Values): Settings | undefined {
		try {
			return read(given);
		} catch (error) {
			expect(error).toBeInstanceOf(ConfigError);
			expect((error as Error).message).toMatch(/^[\n -~]+$/);
			expect((error as ConfigError).problems).not.toHaveLength(0);
			return undefined;
		}
	}

	it("any config is accepted with safe strings alone, or is a ConfigError", () => {
		fc.assert(
			fc.property(config, (given) => {
				for (const value of strings(accept(given) ?? read(good))) expect(value).toMatch(safe);
			}),
			{ numRuns: 1000 },
		);
	});

	it("so is a good config with one arbitrary value", () => {
		fc.assert(
			fc.property(fc.constantFrom(...configKeys), text, (key, value) => {
				const settings = accept({ ...good, base: "archive", [key]: value });
				for (const accepted of settings ? strings(settings) : []) expect(accepted).toMatch(safe);
			}),
			{ numRuns: 3000 },
		);
	});

	it("an arbitrary key is refused", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (key, value) => {
				fc.pre(!(configKeys as readonly string[]).includes(key) && key !== "__proto__");
				expect(accept({ ...good, [key]: value })).toBeUndefined();
			}),
		);
	});
});

describe("apps", () => {
	const files: Readonly<Record<string, string>> = {
		"../orders": '[project]\nname = "Orders"\n[tool.debian-python]\ncommand = ["orders"]',
		bad: "[project]\nname = 1",
	};
	const openApp = (folder: string) => ({
		list: () => [],
		read: (path: string) => (path === "pyproject.toml" ? (files[folder] ?? "") : ""),
		target: () => "",
	});
	const context = { project: "debian-python", stack: "test", today, openApp };

	it("are those of the folders, and none without", () => {
		const { apps } = readSettings({ ...good, apps: '["../orders/"]' }, context);
		expect(apps).toMatchObject([{ name: "orders", folder: "../orders" }]);
		expect(read(good).apps).toEqual([]);
	});

	it("have their problems among the others", () => {
		const values = { ...good, profile: "fast", apps: '["bad", "../orders"]' };
		expect(() => readSettings(values, context)).toThrow(
			/3 problems:\n {2}profile: .*\n {2}bad\/pyproject.toml: project.name: .*\n {2}bad\/pyp.*: no table/,
		);
	});
});
