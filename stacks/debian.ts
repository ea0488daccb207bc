/**
 * The catalog of Debian releases: what is true of each, written once.
 *
 * Sources, as of 2026-11-22, for every release where no comment says otherwise:
 * - dates: the Debian wiki's pages DebianReleases, LTS and LTS/Extended (ELTS).
 * - packages and versions: on bullseye, bookworm and trixie `apt-cache policy`; of the others
 *   docker-library/python's Dockerfiles (3.6/jessie/slim, 3.5 to 3.7/stretch/slim),
 *   GoogleCloudPlatform/python-runtime's control file (jessie), Bitnami's python 3.7/debian-10
 *   (buster) and the manifests of the debian/eol images (stretch, buster).
 * - archived suites: sources.list of the debian/eol images; the archive itself is unverified.
 * - signing keys: gpg --list-keys on the keyrings of debian-archive-keyring 2023.3+deb12u2, where
 *   each key's user ID names its release.
 */

/** A Debian release in the catalog, by its codename. */
export type Codename = "jessie" | "stretch" | "buster" | "bullseye" | "bookworm" | "trixie";

/** What the program knows of one Debian release. Dates are ISO days (2026-08-31) and inclusive. */
export interface DebianRelease {
	codename: Codename;
	/** Major version, the 12 in `3.13.5-1+deb12`. */
	number: number;
	/** Day of the first stable release. */
	released: string;
	/** Last day of the Debian security team's support. */
	securityEnd: string;
	/** Last day of Debian LTS. Past it, a stack needs `allowUnsupported`. */
	ltsEnd: string;
	/** Last day of ELTS, which is Freexian's paid support. */
	eltsEnd: string;
	/** Image that a stack without `base` starts from; `name:tag@digest` where a digest is known. */
	baseImage: string;
	/** `live`: on the Debian mirrors; `archived`: on archive.debian.org only. */
	archive: "live" | "archived";
	/** Suite names; `updates` is absent where the archive has none. */
	suites: { main: string; security: string; updates?: string };
	/** Keyring with the release's signing keys, as the package debian-archive-keyring installs it. */
	keyring: string;
	/**
	 * ISO day on which the first of the release's signing keys expires, of the archive's, the security
	 * archive's and the release's own (gpg --show-keys of the package debian-archive-keyring). From then
	 * on not all signatures of the release verify, and once all have expired, none does.
	 */
	keyExpiry: string;
	/** Fingerprints of the primary keys that sign its archive: main, security, stable release. */
	signingKeys: readonly string[];
	/**
	 * Whether python.org and the package index may refuse its TLS, or it their certificates: then what
	 * a build fetches comes from this machine instead. Absent: no.
	 */
	hasOldTls?: true;
	/** Runtime packages of the image debbase: libraries that Python links, data that it reads. */
	libraries: readonly string[];
	/** Packages of the image pybuild, beyond debbase: compiler, packaging tools and headers. */
	buildPackages: readonly string[];
	/** Packages of the image wheelbuild, beyond python: what compiles users' extensions. */
	compilerPackages: readonly string[];
	/** Depends of the .deb that dpkg-shlibdeps cannot compute, since no library is linked. */
	extraDepends: readonly string[];
	/** debhelper compatibility level of the packaging. */
	debhelperCompat: number;
	/**
	 * Shared libraries that `libraries` bring, by soname: what a compiled wheel may link beside the C
	 * and C++ runtimes, whose sonames (libc.so.6, libstdc++.so.6) are the same on every release.
	 */
	sonames: readonly string[];
	/** Versions that decide what builds and works; `undefined` where none is known or there. */
	versions: {
		/** Of OpenSSL 3 without the patch number: security updates of a release raise it. */
		openssl: string;
		sqlite: string;
		libffi: string | undefined;
		readline: string;
		zstd: string | undefined;
		gcc: string;
		glibc: string;
		apt: string;
		dpkg: string;
	};
}

/** Holds the keys of bullseye, bookworm and trixie (gpg --list-keys on bookworm 12.11). */
const currentKeys = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Holds the keys of jessie, stretch and buster. All but buster's have expired (gpg --list-keys). */
const removedKeys = "/usr/share/keyrings/debian-archive-removed-keys.gpg";

/** Runtime packages with the same name on every release of the catalog. */
const commonLibraries = [
	"ca-certificates",
	"libbz2-1.0",
	"libexpat1", // for wheels alone: auditwheel's policies take it for granted (pyuwsgi, rasterio)
	"liblzma5",
	"libsqlite3-0",
	"libuuid1",
	"netbase",
	"tzdata",
	"zlib1g",
] as const;

/**
 * Sonames on every release. On bullseye, bookworm and trixie all sonames are those of the libraries
 * that the packages unpack (objdump -p); on the others they follow from the packages' names (Debian
 * Policy 8.1), and are unverified.
 */
const commonSonames = [
	"libbz2.so.1.0",
	"libcrypt.so.1",
	"libexpat.so.1",
	"liblzma.so.5",
	"libsqlite3.so.0",
	"libuuid.so.1",
	"libz.so.1",
] as const;

/**
 * Build packages with the same name on every release (tried on bookworm with 3.13.5).
 *
 * Not among them: libexpat1-dev and libmpdec-dev, since CPython's bundled ones are used (PGO of
 * 3.13.5 fails with bookworm's expat: test_xml_etree, measured; bookworm has no libmpdec);
 * libdb-dev, since gdbm's compatibility library gives dbm.ndbm; tk-dev ({@link tkBuildPackages}); libbluetooth-dev,
 * since it is not wanted.
 */
const commonBuildPackages = [
	"ca-certificates",
	"ccache",
	"curl",
	"debhelper",
	"dpkg-dev",
	"gcc",
	"libbz2-dev",
	"libc6-dev",
	"libffi-dev",
	"libgdbm-dev",
	"liblzma-dev",
	"libreadline-dev",
	"libsqlite3-dev",
	"libssl-dev",
	"make",
	"pkg-config",
	"uuid-dev",
	"xz-utils",
	"zlib1g-dev",
] as const;

/** Build packages of tkinter beside those: Tk is 8.6 on every release. */
export const tkBuildPackages = ["tk-dev"] as const;

/**
 * Compiler for users' extensions, with what finds libraries, and git for requirements that are
 * repositories; build-essential would bring dpkg-dev and perl too.
 */
const compilerPackages = ["g++", "gcc", "git", "libc6-dev", "make", "pkg-config"] as const;

/** Named by hand in the .deb: certificates, service names (getservbyname), time zones; mime types. */
const extraDepends = ["ca-certificates", "netbase", "tzdata"] as const;

/** Every Debian release of the catalog, by codename, oldest first. */
export const debianReleases: Readonly<Record<Codename, DebianRelease>> = {
	jessie: {
		codename: "jessie",
		number: 8,
		released: "2015-04-26",
		securityEnd: "2018-06-17",
		ltsEnd: "2020-06-30",
		eltsEnd: "2025-06-30",
		baseImage: "debian/eol:jessie-slim", // no digest known
		archive: "archived",
		suites: { main: "jessie", security: "jessie/updates" }, // no jessie-updates there
		keyring: removedKeys,
		keyExpiry: "2021-08-15",
		signingKeys: [
			"126C0D24BD8A2942CC7DF8AC7638D0442B90D010",
			"D21169141CECD440F2EB8DDA9D6D8F6BC857C906",
			"75DDC3C4A499F1A18CB5F3C8CBF8D6FD518E17E1",
		],
		hasOldTls: true, // unverified: neither was tried against them
		// The crypt library is in libc6, gdbm's compatibility library in libgdbm3 (both unverified)
		libraries: [
			...commonLibraries,
			"libffi6",
			"libgdbm3",
			"libncurses5",
			"libncursesw5",
			"libreadline6",
			"libssl1.0.0",
			"libtinfo5",
			"mime-support",
		],
		// dpkg-deb --root-owner-group needs dpkg 1.19 (its changelog), so fakeroot before buster
		buildPackages: [...commonBuildPackages, "fakeroot", "libncursesw5-dev"],
		compilerPackages,
		extraDepends: [...extraDepends, "mime-support"],
		debhelperCompat: 9,
		sonames: [
			...commonSonames,
			"libcrypto.so.1.0.0",
			"libffi.so.6",
			"libgdbm.so.3",
			"libgdbm_compat.so.3",
			"libncurses.so.5",
			"libncursesw.so.5",
			"libreadline.so.6",
			"libssl.so.1.0.0",
			"libtinfo.so.5",
		],
		versions: {
			openssl: "1.0.1t", // unverified
			sqlite: "3.8.7", // unverified
			libffi: undefined,
			readline: "6.3", // unverified
			zstd: undefined,
			gcc: "4.9.2",
			glibc: "2.19",
			apt: "1.0.9.8.6",
			dpkg: "1.17.27",
		},
	},
	stretch: {
		codename: "stretch",
		number: 9,
		released: "2017-06-17",
		securityEnd: "2020-07-18",
		ltsEnd: "2022-06-30",
		eltsEnd: "2027-06-30",
		baseImage: "debian/eol:stretch-slim", // no digest known
		archive: "archived",
		suites: { main: "stretch", security: "stretch/updates" }, // no stretch-updates there
		keyring: removedKeys,
		keyExpiry: "2025-05-18",
		signingKeys: [
			"E1CF20DDFFE4B89E802658F1E0B11894F66AEC98",
			"6ED6F5CB5FA6FB2F460AE88EEDA0D2388AE22BA9",
			"067E3C456BAE240ACEE88F6FEF0F382A1A7B6500",
		],
		hasOldTls: true, // unverified: neither was tried against them
		// libssl1.0.2 is there too, for nothing that this program builds
		libraries: [
			...commonLibraries,
			"libffi6",
			"libgdbm3",
			"libncurses5",
			"libncursesw5",
			"libreadline7",
			"libssl1.1",
			"libtinfo5",
			"mime-support",
		],
		buildPackages: [...commonBuildPackages, "fakeroot", "libncursesw5-dev"],
		compilerPackages,
		extraDepends: [...extraDepends, "mime-support"],
		debhelperCompat: 10,
		sonames: [
			...commonSonames,
			"libcrypto.so.1.1",
			"libffi.so.6",
			"libgdbm.so.3",
			"libgdbm_compat.so.3",
			"libncurses.so.5",
			"libncursesw.so.5",
			"libreadline.so.7",
			"libssl.so.1.1",
			"libtinfo.so.5",
		],
		versions: {
			openssl: "1.1.0",
			sqlite: "3.16.2", // unverified
			libffi: undefined,
			readline: "7.0", // unverified
			zstd: undefined, // too old for any CPython
			gcc: "6.3.0",
			glibc: "2.24",
			apt: "1.4.11",
			dpkg: "1.18.26",
		},
	},
	buster: {
		codename: "buster",
		number: 10,
		released: "2019-07-06",
		securityEnd: "2022-09-10",
		ltsEnd: "2024-06-30",
		eltsEnd: "2029-06-30",
		baseImage: "debian/eol:buster-slim", // no digest known
		archive: "archived", // Debian's mirrors answered 404 on 2026-11-22
		suites: { main: "buster", security: "buster/updates", updates: "buster-updates" },
		keyring: removedKeys,
		keyExpiry: "2027-02-03",
		signingKeys: [
			"80D15823B7FD1561F9F7BCDDDC30D7C23CBBABEE",
			"5E61B217265DA9807A23C5FF4DFAB270CAA96DFA",
			"6D33866EDD8FFA41C0143AEDDCC9EFBF77E11517",
		],
		// libgdbm6 and libgdbm-compat4 are unverified here. zstd is too old for any CPython
		libraries: [
			...commonLibraries,
			"libffi6",
			"libgdbm-compat4",
			"libgdbm6",
			"libncursesw6",
			"libreadline7",
			"libssl1.1",
			"libtinfo6",
			"mime-support",
		],
		// libncurses-dev from buster on, libgdbm-compat-dev too
		buildPackages: [...commonBuildPackages, "libgdbm-compat-dev", "libncurses-dev"],
		compilerPackages,
		extraDepends: [...extraDepends, "mime-support"],
		debhelperCompat: 12,
		sonames: [
			...commonSonames,
			"libcrypto.so.1.1",
			"libffi.so.6",
			"libgdbm.so.6",
			"libgdbm_compat.so.4",
			"libncursesw.so.6",
			"libreadline.so.7",
			"libssl.so.1.1",
			"libtinfo.so.6",
		],
		versions: {
			openssl: "1.1.1",
			sqlite: "3.27.2",
			libffi: "3.2.1",
			readline: "7.0", // unverified
			zstd: "1.3.8",
			gcc: "8.3", // unverified
			glibc: "2.28",
			apt: "1.8.2.3",
			dpkg: "1.19.8",
		},
	},
	bullseye: {
		codename: "bullseye",
		number: 11,
		released: "2021-08-14",
		securityEnd: "2024-08-14",
		ltsEnd: "2026-08-31",
		eltsEnd: "2031-06-30",
		baseImage: "debian:bullseye-slim", // no digest known
		// main and updates are on archive.debian.org too, but security is not known to be
		// there, and on 2026-11-22 the mirror still had all three
		archive: "live",
		suites: { main: "bullseye", security: "bullseye-security", updates: "bullseye-updates" },
		keyring: currentKeys,
		keyExpiry: "2029-01-15",
		signingKeys: [
			"1F89983E0081FDE018F3CC9673A4F27B8DD47936",
			"AC530D520F2F3269F5E98313A48449044AAD5C5D",
			"A4285295FC7B1A81600062A9605C66F00D6C9793",
		],
		libraries: [
			...commonLibraries,
			"libcrypt1",
			"libffi7",
			"libgdbm-compat4",
			"libgdbm6",
			"libncursesw6",
			"libreadline8",
			"libssl1.1",
			"libtinfo6",
			"libzstd1",
			"media-types",
		],
		buildPackages: [
			...commonBuildPackages,
			"libgdbm-compat-dev",
			"libncurses-dev",
			"libzstd-dev", // compression.zstd of 3.14; zstd is new enough from bullseye on
		],
		compilerPackages,
		extraDepends: [...extraDepends, "media-types"],
		debhelperCompat: 13,
		sonames: [
			...commonSonames,
			"libcrypto.so.1.1",
			"libffi.so.7",
			"libgdbm.so.6",
			"libgdbm_compat.so.4",
			"libncursesw.so.6",
			"libreadline.so.8",
			"libssl.so.1.1",
			"libtinfo.so.6",
			"libzstd.so.1",
		],
		versions: {
			openssl: "1.1.1w",
			sqlite: "3.34.1",
			libffi: "3.3",
			readline: "8.1",
			zstd: "1.4.8",
			gcc: "10.2.1",
			glibc: "2.31",
			apt: "2.2.4",
			dpkg: "1.20.13",
		},
	},
	bookworm: {
		codename: "bookworm",
		number: 12,
		released: "2023-06-10",
		securityEnd: "2026-07-11", // debian.org's pages say 2026-06-10
		ltsEnd: "2028-06-30",
		eltsEnd: "2033-06-30",
		// Digest seen in many public Dockerfiles of October and November 2026, not pulled from
		// Docker Hub, which was not reachable
		baseImage:
			"debian:bookworm-slim@sha256:7c7b2c966bc9ee8cedfeef67e0e279108992c77681fa595db4a9d65c06ccc587",
		archive: "live",
		suites: { main: "bookworm", security: "bookworm-security", updates: "bookworm-updates" },
		keyring: currentKeys,
		keyExpiry: "2031-01-19",
		signingKeys: [
			"B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8",
			"05AB90340C0C5E797F44A8C8254CF3B5AEC0A8F0",
			"4D64FEC119C2029067D6E791F8D2585B8783D481",
		],
		libraries: [
			...commonLibraries,
			"libcrypt1",
			"libffi8",
			"libgdbm-compat4",
			"libgdbm6",
			"libncursesw6",
			"libreadline8",
			"libssl3",
			"libtinfo6",
			"libzstd1",
			"media-types",
		],
		buildPackages: [...commonBuildPackages, "libgdbm-compat-dev", "libncurses-dev", "libzstd-dev"],
		compilerPackages,
		extraDepends: [...extraDepends, "media-types"],
		debhelperCompat: 13,
		sonames: [
			...commonSonames,
			"libcrypto.so.3",
			"libffi.so.8",
			"libgdbm.so.6",
			"libgdbm_compat.so.4",
			"libncursesw.so.6",
			"libreadline.so.8",
			"libssl.so.3",
			"libtinfo.so.6",
			"libzstd.so.1",
		],
		versions: {
			openssl: "3.0",
			sqlite: "3.40.1",
			libffi: "3.4.4",
			readline: "8.2",
			zstd: "1.5.4",
			gcc: "12.2",
			glibc: "2.36",
			apt: "2.6.1",
			dpkg: "1.21.23",
		},
	},
	trixie: {
		codename: "trixie",
		number: 13,
		released: "2025-08-09",
		securityEnd: "2028-08-09",
		ltsEnd: "2030-06-30",
		eltsEnd: "2035-06-30",
		// Digest: as for bookworm
		baseImage:
			"debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f",
		archive: "live",
		suites: { main: "trixie", security: "trixie-security", updates: "trixie-updates" },
		keyring: currentKeys,
		keyExpiry: "2033-03-22",
		signingKeys: [
			"04B54C3CDCA79751B16BC6B5225629DF75B188BD",
			"5E04A1E3223A19A20706E20F9904613D4CCE68C6",
			"41587F7DB8C774BCCF131416762F67A0B2C39DE4",
		],
		// The t64 names: the old ones resolve through Provides, but a check by exact name fails
		libraries: [
			...commonLibraries,
			"libcrypt1",
			"libffi8",
			"libgdbm-compat4t64",
			"libgdbm6t64",
			"libncursesw6",
			"libreadline8t64",
			"libssl3t64",
			"libtinfo6",
			"libzstd1",
			"media-types",
		],
		buildPackages: [...commonBuildPackages, "libgdbm-compat-dev", "libncurses-dev", "libzstd-dev"],
		compilerPackages,
		extraDepends: [...extraDepends, "media-types"],
		debhelperCompat: 13,
		sonames: [
			...commonSonames,
			"libcrypto.so.3",
			"libffi.so.8",
			"libgdbm.so.6",
			"libgdbm_compat.so.4",
			"libncursesw.so.6",
			"libreadline.so.8",
			"libssl.so.3",
			"libtinfo.so.6",
			"libzstd.so.1",
		],
		versions: {
			openssl: "3.5",
			sqlite: "3.46.1",
			libffi: "3.4.8",
			readline: "8.2",
			zstd: "1.5.7",
			gcc: "14.2",
			glibc: "2.41",
			apt: "3.0.3",
			dpkg: "1.22.22",
		},
	},
};

/** The codenames of the catalog, oldest first. */
export const codenames = Object.keys(debianReleases) as readonly Codename[];

/** Tells whether `name` is a codename of the catalog, exactly as written there. */
export function isCodename(name: string): name is Codename {
	return Object.hasOwn(debianReleases, name);
}

/**
 * Tells whether the archive that a base comes from changes no more: an archived release, or a moment
 * of snapshot.debian.org. Its Release files are past their Valid-Until, and its keys may have expired.
 */
export function isFrozen(release: DebianRelease, snapshot?: string): boolean {
	return release.archive === "archived" || snapshot !== undefined;
}

/**
 * The lines of a sources.list for the main, security and updates suites of `release`. They are of a
 * frozen archive, and say so: its Valid-Until means nothing (sources.list(5), Check-Valid-Until; apt
 * before 1.1 reads over it).
 *
 * `undefined` for a live release without a snapshot: mmdebstrap's own default mirror is right then,
 * and no mirror's name needs to stand here. `snapshot` is a moment of snapshot.debian.org such as
 * 20260101T000000Z; for an archived release it must be later than the release's move to
 * archive.debian.org. Addresses: sources.list of the debian/eol images; debuerreotype for snapshots.
 */
export function aptSources(
	release: DebianRelease,
	snapshot?: string,
): readonly string[] | undefined {
	const places = aptPlaces(release, snapshot);
	if (places === undefined) return undefined;
	const { main, security, updates } = release.suites;
	const line = (place: string, suite: string) =>
		`deb [check-valid-until=no] ${place} ${suite} main`;
	return [
		line(places.main, main),
		...(updates === undefined ? [] : [line(places.main, updates)]),
		line(places.security, security),
	];
}

/** Addresses of the main and the security archive; `undefined` where the mirror in use decides. */
function aptPlaces(release: DebianRelease, snapshot: string | undefined) {
	if (snapshot !== undefined && release.archive === "archived") {
		const place = `http://snapshot.debian.org/archive/debian-archive/${snapshot}`;
		return { main: `${place}/debian`, security: `${place}/debian-security` };
	}
	if (snapshot !== undefined) {
		const place = "http://snapshot.debian.org/archive";
		return {
			main: `${place}/debian/${snapshot}`,
			security: `${place}/debian-security/${snapshot}`,
		};
	}
	if (release.archive === "live") return undefined;
	const place = "http://archive.debian.org";
	return { main: `${place}/debian`, security: `${place}/debian-security` };
}

/** Where snapshot.debian.org lists its moments, by archive, as JSON. */
export const snapshotTimestamps = "https://snapshot.debian.org/mr/timestamp/";

/** The archives of snapshot.debian.org that {@link aptSources} takes a release from. */
export function snapshotArchives({ archive }: DebianRelease): readonly string[] {
	return archive === "archived" ? ["debian-archive"] : ["debian", "debian-security"];
}
