/**
 * The catalog of CPython series and releases: what is true of each, written once.
 *
 * Sources, as of autumn 2026, for every series where no comment says otherwise:
 * - dates: python/peps, release_management/python-releases.toml.
 * - needs, options of configure: "Configure Python" in CPython's documentation.
 * - who signs: the GPG keys of docker-library/python, the identities for sigstore of pypa/manylinux.
 * - sha256 of the sources: to 3.9 pyenv's build definitions, from 3.10 python-build-standalone; of
 *   what `npm run catalog:add` wrote, a tarball whose signature it had verified.
 * - newest pip: pip's changelog; sha256 of its wheels: computed from them on 2026-11-22.
 */

import type { DebianRelease } from "./debian.ts";

/** One release of CPython and its source tarball on python.org. */
export interface CPythonRelease {
	/** Full version, such as 3.13.5 or 3.15.0rc1. */
	version: string;
	/** Which of python.org's two tarballs the hash is of. */
	format: "tar.xz" | "tgz";
	/** Hash of the tarball, 64 lowercase hexadecimal digits. */
	sha256: string;
}

/** Somebody who makes releases, and what tells their signatures; both where both are known. */
export interface ReleaseManager {
	name: string;
	/** Fingerprint of the GPG key, 40 uppercase hexadecimal digits. */
	gpg?: string;
	/** What a certificate of sigstore says: who signed, and who vouches for that. */
	sigstore?: { identity: string; issuer: string };
}

/** What the program knows of one CPython series, such as 3.13. */
export interface CPythonSeries {
	series: string;
	/** ISO day of the first final release, or the one that is planned for it. */
	released: string;
	/** Last ISO day with bug fixes and binary releases. */
	bugfixEnd: string;
	/** Last ISO day (2025-10-31) or ISO month (2026-10) with security fixes. */
	endOfLife: string;
	/** Newest pip that the series runs, and the hash of its wheel (py3-none-any). */
	pip: { version: string; sha256: string };
	/** Who signs the releases: any one of them. */
	releaseManagers: readonly ReleaseManager[];
	/** What a complete build needs at least; absent where no limit is known. */
	needs: {
		openssl?: string;
		sqlite?: string;
		/** For the module compression.zstd alone: without it the rest builds and works. */
		zstd?: string;
		/** What the C compiler must understand. */
		cStandard: "C89" | "C99 subset" | "C11";
	};
	/** Releases before `before` (absent: all) do not build with this OpenSSL or a newer one. */
	opensslBelow?: { openssl: string; before?: string };
	/** Options for ./configure that the series knows, beside prefix and optimisation. */
	configureFlags: readonly string[];
	/** Extension modules of the standard library that must import; `_zstd` only by `extensionsFor`. */
	extensions: readonly string[];
	/** Known releases, oldest first. */
	releases: readonly CPythonRelease[];
}

const github = "https://github.com/login/oauth"; // issuers: pypa/manylinux
const google = "https://accounts.google.com";

const larryHastings: ReleaseManager = {
	name: "Larry Hastings",
	gpg: "97FC712E4C024BBEA48A61ED3A5CA953F73C700D",
};

const nedDeily: ReleaseManager = {
	name: "Ned Deily",
	gpg: "0D96DF4D4110E5C43FBFB17F2D347EA6AA65421D",
	sigstore: { identity: "nad@python.org", issuer: github },
};

const lukaszLanga: ReleaseManager = {
	name: "Łukasz Langa",
	gpg: "E3FF2839C048B25C084DEBE9B26995E310250568",
	sigstore: { identity: "lukasz@langa.pl", issuer: github },
};

const pabloGalindo: ReleaseManager = {
	name: "Pablo Galindo Salgado",
	gpg: "A035C8C19219BA821ECEA86B64E628F8D684696D",
	sigstore: { identity: "pablogsal@python.org", issuer: google },
};

const thomasWouters: ReleaseManager = {
	name: "Thomas Wouters",
	gpg: "7169605F62C751356D054A26A821E680E5FA6305",
	sigstore: { identity: "thomas@python.org", issuer: google },
};

/** No GPG: from 3.14 on releases have none (PEP 761). */
const hugoVanKemenade: ReleaseManager = {
	name: "Hugo van Kemenade",
	sigstore: { identity: "hugo@python.org", issuer: github },
};

/** A version of pip, and the hash of its wheel. */
function pip(version: string, sha256: string): CPythonSeries["pip"] {
	return { version, sha256 };
}

/** A release, and the hash of its .tar.xz: as `npm run catalog:add` writes one. */
function xzTarball(version: string, sha256: string): CPythonRelease {
	return { version, format: "tar.xz", sha256 };
}

/** A release, and the hash of its .tgz. */
function tgzTarball(version: string, sha256: string): CPythonRelease {
	return { version, format: "tgz", sha256 };
}

/** pip for 3.10 and later: 26.2.1 needs 3.10 (its Requires-Python). */
const currentPip = pip(
	"26.2.1",
	"71138adf1f4ca900cdb7d289c21b7494329f2332b6d85f0e1c42108c0384ed3e",
);

/** Of every series (tried: 3.13.5): no unknown options, no pip in the prefix, SQLite extensions. */
const commonFlags = [
	"--enable-option-checking=fatal",
	"--with-ensurepip=no",
	"--enable-loadable-sqlite-extensions",
] as const;

/** 3.6 and older bundle a libffi too; from 3.7 on there is only the system's (What's New 3.7). */
const flags34 = [...commonFlags, "--with-system-ffi"] as const;

/** `--without-static-libpython` came with 3.10 (What's New 3.10). */
const flags310 = [...commonFlags, "--without-static-libpython"] as const;

/** `--disable-test-modules` works together with PGO from 3.11 on (cpython#29315). */
const flags311 = [...flags310, "--disable-test-modules"] as const;

/**
 * 3.15 stops where the system has no libmpdec, as bookworm, instead of taking the bundled one
 * (measured with 3.15.0rc1 on bookworm).
 */
const flags315 = [...flags311, "--with-system-libmpdec=no"] as const;

/**
 * Extension modules of every series (3.13.5 as built on bookworm; the imports in
 * heroku/heroku-buildpack-python's builds/test_python_runtime.sh).
 */
const commonExtensions = [
	"_bz2",
	"_ctypes",
	"_curses",
	"_curses_panel",
	"_dbm",
	"_decimal",
	"_gdbm",
	"_hashlib",
	"_lzma",
	"_sqlite3",
	"_ssl",
	"pyexpat",
	"readline",
	"zlib",
] as const;

/** `_crypt` up to 3.12 (PEP 594). */
const extensions34 = [...commonExtensions, "_crypt"] as const;

/** `_uuid` from 3.7 on. */
const extensions37 = [...commonExtensions, "_crypt", "_uuid"] as const;

const extensions313 = [...commonExtensions, "_uuid"] as const;

/** Every CPython series of the catalog, oldest first. */
export const cpythonSeries: readonly CPythonSeries[] = [
	{
		series: "3.4",
		released: "2014-03-16",
		bugfixEnd: "2017-08-09",
		endOfLife: "2019-03-18",
		pip: pip("19.1.1", "993134f0475471b91452ca029d4390dc8f298ac63a712814f101cd1b6db46676"),
		releaseManagers: [larryHastings],
		needs: { cStandard: "C89" }, // PEP 7
		opensslBelow: { openssl: "1.1.0" }, // pyenv#945; docker-library/python a70575c0
		configureFlags: flags34,
		extensions: extensions34,
		releases: [
			xzTarball("3.4.10", "d46a8f6fe91679e199c671b1b0a30aaf172d2acb5bcab25beb35f16c3d195b4e"),
		],
	},
	{
		series: "3.5",
		released: "2015-09-13",
		bugfixEnd: "2017-08-08",
		endOfLife: "2020-09-30",
		pip: pip("20.3.4", "217ae5161a0e08c0fb873858806e3478c9775caffce5168b50ec885e358c199d"),
		releaseManagers: [larryHastings],
		needs: { cStandard: "C89" },
		// On stretch 3.5.0 loses ssl (ansible-galaxy-pyenv#28), 3.5.1 and 3.5.2 too (unverified)
		opensslBelow: { openssl: "1.1.0", before: "3.5.3" },
		configureFlags: flags34,
		extensions: extensions34,
		releases: [
			xzTarball("3.5.2", "0010f56100b9b74259ebcd5d4b295a32324b58b517403a10d1a2aa7cb22bca40"),
			xzTarball("3.5.10", "0f0fa8685c1dc1f1dacb0b4e7779796b90aef99dc1fa4967a71b9da7b57d4a28"),
		],
	},
	{
		series: "3.6",
		released: "2016-12-23",
		bugfixEnd: "2018-12-24",
		endOfLife: "2021-12-23",
		pip: pip("21.3.1", "deaf32dcd9ab821e359cd8330786bcd077604b5c5730c0b096eda46f95c24a2d"),
		releaseManagers: [nedDeily],
		needs: { cStandard: "C99 subset" }, // PEP 7
		configureFlags: flags34,
		extensions: extensions34,
		releases: [
			xzTarball("3.6.15", "6e28d7cdd6dd513dd190e49bca3972e20fcf455090ccf2ef3f1a227614135d91"),
		],
	},
	{
		series: "3.7",
		released: "2018-06-27",
		bugfixEnd: "2020-06-27",
		endOfLife: "2023-06-27",
		pip: pip("24.0", "ba0d021a166865d2265246961bec0152ff124de910c5cc39f1156ce3fa7c69dc"),
		releaseManagers: [nedDeily],
		needs: { openssl: "1.0.2", cStandard: "C99 subset" }, // What's New 3.7
		configureFlags: commonFlags,
		extensions: extensions37,
		releases: [
			xzTarball("3.7.17", "7911051ed0422fd54b8f59ffc030f7cf2ae30e0f61bda191800bb040dce4f9d2"),
		],
	},
	{
		series: "3.8",
		released: "2019-10-14",
		bugfixEnd: "2021-05-03",
		endOfLife: "2024-10-07",
		pip: pip("25.0.1", "c46efd13b6aa8279f33f2864459c8ce587ea6a1a59ee20de055868d8f7688f7f"),
		releaseManagers: [lukaszLanga],
		needs: { openssl: "1.0.2", cStandard: "C99 subset" },
		configureFlags: commonFlags,
		extensions: extensions37,
		releases: [
			xzTarball("3.8.20", "6fb89a7124201c61125c0ab4cf7f6894df339a40c02833bfd28ab4d7691fafb4"),
		],
	},
	{
		series: "3.9",
		released: "2020-10-05",
		bugfixEnd: "2022-05-17",
		endOfLife: "2025-10-31",
		pip: pip("26.0.1", "bdb1b08f4274833d62c1aa29e20907365a2ceb950410df15fc9521bad440122b"), // 26.1 drops 3.9
		releaseManagers: [lukaszLanga],
		needs: { openssl: "1.0.2", cStandard: "C99 subset" },
		configureFlags: commonFlags,
		extensions: extensions37,
		releases: [
			xzTarball("3.9.2", "3c2034c54f811448f516668dce09d24008a0716c3a794dd8639b5388cbde247d"), // sha256: orig tarball of bullseye's python3.9
			xzTarball("3.9.25", "00e07d7c0f2f0cc002432d1ee84d2a40dae404a99303e3f97701c10966c91834"),
		],
	},
	{
		series: "3.10",
		released: "2021-10-04",
		bugfixEnd: "2023-04-05",
		endOfLife: "2026-10",
		pip: currentPip,
		releaseManagers: [pabloGalindo, lukaszLanga], // one 3.10 has the key of 3.8 (cpython#117053)
		needs: { openssl: "1.1.1", sqlite: "3.7.15", cStandard: "C99 subset" }, // OpenSSL: PEP 644
		configureFlags: flags310,
		extensions: extensions37,
		releases: [
			xzTarball("3.10.21", "a0da1e72132e950154eca0f6f47d5db828454700de20e5113667940d81e0db04"),
		],
	},
	{
		series: "3.11",
		released: "2022-10-24",
		bugfixEnd: "2024-04-24",
		endOfLife: "2027-10",
		pip: currentPip,
		releaseManagers: [pabloGalindo],
		needs: { openssl: "1.1.1", sqlite: "3.7.15", cStandard: "C11" },
		configureFlags: flags311,
		extensions: extensions37,
		releases: [
			tgzTarball("3.11.2", "2411c74bda5bbcfcddaf4531f66d1adc73f247f529aee981b029513aefdbf849"), // sha256: orig tarball of bookworm's python3.11
			xzTarball("3.11.16", "91bcdebfdde239a003ae93738a7fce0f9230fee5c4bc2b86f6e6e8c6f98aabe8"),
		],
	},
	{
		series: "3.12",
		released: "2023-10-02",
		bugfixEnd: "2025-04-08",
		endOfLife: "2028-10",
		pip: currentPip,
		releaseManagers: [thomasWouters],
		needs: { openssl: "1.1.1", sqlite: "3.7.15", cStandard: "C11" },
		configureFlags: flags311,
		extensions: extensions37,
		releases: [
			xzTarball("3.12.14", "5c8462af5790baf43a321a1559dbe0db06d1be4300fb85fb53c40060668e548a"),
		],
	},
	{
		series: "3.13",
		released: "2024-10-07",
		bugfixEnd: "2026-10-07",
		endOfLife: "2029-10",
		pip: currentPip,
		releaseManagers: [thomasWouters],
		needs: { openssl: "1.1.1", sqlite: "3.15.2", cStandard: "C11" },
		configureFlags: flags311,
		extensions: extensions313,
		releases: [
			xzTarball("3.13.5", "93e583f243454e6e9e4588ca2c2662206ad961659863277afcdb96801647d640"), // sha256: orig tarball of trixie's python3.13
			xzTarball("3.13.15", "1e66a7945a48390ee4c2a4268a0e4185884059a13c4aab6d148aa208deea4a76"),
		],
	},
	{
		series: "3.14",
		released: "2025-10-07",
		bugfixEnd: "2027-10-07",
		endOfLife: "2030-10",
		pip: currentPip,
		releaseManagers: [hugoVanKemenade],
		needs: { openssl: "1.1.1", sqlite: "3.15.2", zstd: "1.4.5", cStandard: "C11" },
		configureFlags: flags311,
		extensions: extensions313,
		releases: [
			xzTarball("3.14.7", "3b48dac8fb59f62eaa67ac83c1eb12bda1b7a08406dd286e252c11a66be27f81"),
		],
	},
	{
		series: "3.15",
		released: "2026-10-01", // as it was planned
		bugfixEnd: "2028-10-01",
		endOfLife: "2031-10",
		pip: currentPip,
		releaseManagers: [hugoVanKemenade],
		needs: { openssl: "1.1.1", sqlite: "3.15.2", zstd: "1.4.5", cStandard: "C11" },
		configureFlags: flags315,
		extensions: extensions313,
		releases: [
			xzTarball("3.15.0rc1", "f84dad680ab2147417d2739355c2678f0f9acffe4ae8ef77895de1454b384b07"),
		],
	},
];

/** The parts of a CPython version; `preRelease` is the `rc1` of 3.15.0rc1. */
export interface CPythonVersion {
	major: number;
	minor: number;
	patch: number;
	preRelease?: { kind: "a" | "b" | "rc"; number: number };
}

const versionPattern = /^(0|[1-9]\d?)\.(0|[1-9]\d?)\.(0|[1-9]\d{0,2})(?:(a|b|rc)([1-9]\d?))?$/;

/** The parts of a full version such as 3.13.5 or 3.15.0rc1; `undefined` for anything else. */
export function parseVersion(version: string): CPythonVersion | undefined {
	const match = versionPattern.exec(version);
	if (match === null) return undefined;
	const [, major, minor, patch, kind, number] = match;
	return {
		major: Number(major),
		minor: Number(minor),
		patch: Number(patch),
		...(kind !== undefined && {
			preRelease: { kind: kind as "a" | "b" | "rc", number: Number(number) },
		}),
	};
}

/** The catalog's series of a full version; `undefined` if it is none, or its series is not there. */
export function seriesOf(version: string): CPythonSeries | undefined {
	const parsed = parseVersion(version);
	if (parsed === undefined) return undefined;
	return findSeries(`${parsed.major}.${parsed.minor}`);
}

/** The name of a version's series, which the catalog need not have: 3.13 of 3.13.5. */
export function seriesName(version: string): string {
	return version.split(".", 2).join(".");
}

/** The catalog's entry for a series such as 3.13, if there is one. */
export function findSeries(series: string): CPythonSeries | undefined {
	return cpythonSeries.find((entry) => entry.series === series);
}

/** The catalog's entry for a full version, if there is one. */
export function findRelease(version: string): CPythonRelease | undefined {
	return seriesOf(version)?.releases.find((release) => release.version === version);
}

/**
 * Order of two versions: negative if `a` is older, 0 if equal, positive if newer.
 *
 * Takes versions and series of CPython (3.15.0rc1 before 3.15.0) and of libraries. A library's
 * letter does not count: OpenSSL 1.1.1w equals 1.1.1.
 */
export function compareVersions(a: string, b: string): number {
	const [left, right] = [sortKey(a), sortKey(b)];
	for (let i = 0; i < Math.max(left.length, right.length); i++) {
		const difference = (left[i] ?? 0) - (right[i] ?? 0);
		if (difference !== 0) return difference;
	}
	return 0;
}

/** Major, minor, patch, then the rank of a pre-release (0: none) and its number. */
function sortKey(version: string): number[] {
	const [numbers = ""] = /^\d+(?:\.\d+)*/.exec(version) ?? [];
	const [major = 0, minor = 0, patch = 0] = numbers.split(".").map(Number);
	const [, kind, number] = /(a|b|rc)(\d+)$/.exec(version) ?? [];
	const rank = kind === undefined ? 0 : ["a", "b", "rc"].indexOf(kind) - 3;
	return [major, minor, patch, rank, Number(number ?? 0)];
}

/** Where python.org has the source of a version: pre-releases are in the folder of their release. */
export function sourceUrl(version: string, format: CPythonRelease["format"]): string {
	const release = version.replace(/(a|b|rc)\d+$/, "");
	return `https://www.python.org/ftp/python/${release}/Python-${version}.${format}`;
}

/**
 * A version as Debian writes the upstream part: a pre-release sorts before its release,
 * `3.15.0~rc1` (Debian Policy 5.6.12). components/pybuild/context/recipe/source does the same.
 */
export function debianUpstream(version: string): string {
	return version.replace(/(a|b|rc)(?=\d+$)/, "~$1");
}

/**
 * Tells whether configure has `--enable-optimizations`, and the Makefile PGO in the steps that the
 * packaging takes: from 3.5.4 and 3.6.2 on (issue 26359, bpo-29243).
 */
export function canOptimize(version: string): boolean {
	return compareVersions(version, version.startsWith("3.6.") ? "3.6.2" : "3.5.4") >= 0;
}

/** Newest release of a series: a final one, or a pre-release where there is nothing else. */
export function newestRelease(series: CPythonSeries): CPythonRelease {
	const finals = series.releases.filter((release) => !isPreRelease(release.version));
	const candidates = finals.length > 0 ? finals : series.releases;
	return candidates.reduce((newest, release) =>
		compareVersions(release.version, newest.version) > 0 ? release : newest,
	);
}

/** Tells whether a version is an alpha, a beta or a release candidate. */
export function isPreRelease(version: string): boolean {
	return parseVersion(version)?.preRelease !== undefined;
}

/**
 * Extension modules that a build of `series` on `debian` must be able to import: those of the
 * series, and `_zstd` where the series has it and the release's zstd is new enough.
 */
export function extensionsFor(series: CPythonSeries, debian: DebianRelease): readonly string[] {
	return hasZstd(series, debian) ? [...series.extensions, "_zstd"] : series.extensions;
}

/**
 * Modules of the standard library that the package is made without, those in them included: the tests,
 * Tk and nis, which debian/rules removes (components/pybuild/context/recipe).
 */
export const leftOutModules = [
	"_tkinter",
	"idlelib",
	"nis",
	"test",
	"tkinter",
	"turtle",
	"turtledemo",
] as const;

/** The modules that `series` has, but not its package on `debian`. */
export function absentModules(series: CPythonSeries, debian: DebianRelease): readonly string[] {
	return hasZstd(series, debian)
		? leftOutModules
		: [...leftOutModules, "_zstd", "compression.zstd"];
}

/** Tells whether compression.zstd of `series` builds on `debian`. */
export function hasZstd(series: CPythonSeries, debian: DebianRelease): boolean {
	const { zstd } = debian.versions;
	if (series.needs.zstd === undefined || zstd === undefined) return false;
	return compareVersions(zstd, series.needs.zstd) >= 0;
}
