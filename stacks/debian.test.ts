import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import {
	aptSources,
	codenames,
	type DebianRelease,
	debianReleases,
	isCodename,
	isFrozen,
} from "./debian.ts";
import { parseImageReference } from "./image-reference.ts";

const releases = Object.values(debianReleases);

it("releases are in order, one number after the other", () => {
	expect(codenames).toEqual(["jessie", "stretch", "buster", "bullseye", "bookworm", "trixie"]);
	expect(releases.map(({ number }) => number)).toEqual([8, 9, 10, 11, 12, 13]);
});

describe.each(releases)("$codename", (debian: DebianRelease) => {
	it("is filed under its own codename", () => {
		expect(debianReleases[debian.codename]).toBe(debian);
	});

	it("dates are ISO days, in order", () => {
		const dates = [debian.released, debian.securityEnd, debian.ltsEnd, debian.eltsEnd];
		for (const date of dates) expect(new Date(date).toISOString().slice(0, 10)).toBe(date);
		expect(dates).toEqual([...dates].sort());
	});

	it("the first key expires when this machine's keyring says", ({ skip }) => {
		const list = ["--show-keys", "--with-colons", debian.keyring];
		const { status, stdout } = spawnSync("gpg", list, { encoding: "utf8" });
		if (status !== 0) skip("gpg or debian-archive-keyring is not there");
		const days = keyExpiries(stdout, debian.codename);
		expect(days).toHaveLength(3); // of the archive, of the security archive, of the release
		expect(days.sort()[0]).toBe(debian.keyExpiry);
	});

	it("packages are valid names, none twice", () => {
		const { libraries, buildPackages, compilerPackages, extraDepends } = debian;
		for (const packages of [libraries, buildPackages, compilerPackages, extraDepends]) {
			expect(new Set(packages).size).toBe(packages.length);
			for (const name of packages) expect(name).toMatch(/^[a-z0-9][a-z0-9+.-]+$/);
		}
		expect(libraries).toEqual(expect.arrayContaining([...extraDepends]));
	});

	it("no compiler or header among the libraries", () => {
		for (const name of debian.libraries) expect(name).not.toMatch(/-dev$|^gcc$|^g\+\+$|^make$/);
	});

	it("its keys are primary keys' fingerprints, of this release alone", () => {
		expect(debian.signingKeys).toHaveLength(3);
		for (const key of debian.signingKeys) {
			expect(key).toMatch(/^[0-9A-F]{40}$/);
			expect(releases.filter(({ signingKeys }) => signingKeys.includes(key))).toEqual([debian]);
		}
	});

	it("the base image is one of this release", () => {
		expect(parseImageReference(debian.baseImage)).toMatchObject({ tag: `${debian.codename}-slim` });
	});

	it("every soname is that of a library of debbase, by its package's name", () => {
		// In another package than their name says: of OpenSSL, zlib, libc6 and libgdbm3.
		const exceptions = /^(libcrypto|libz|libcrypt|libgdbm_compat)\.so\./;
		for (const soname of debian.sonames.filter((name) => !exceptions.test(name))) {
			const [, stem = "", version = ""] = /^(.+)\.so\.(.+)$/.exec(soname) ?? [];
			// Debian Policy 8.1: a dash where the name ends with a digit; t64 since 64-bit time_t.
			const named = `${stem}${/\d$/.test(stem) ? "-" : ""}${version}`;
			const packages = [named, `${named}t64`];
			expect(
				packages.some((name) => debian.libraries.includes(name)),
				soname,
			).toBe(true);
		}
		expect(new Set(debian.sonames).size).toBe(debian.sonames.length);
	});

	it("the security suite has the form of its time", () => {
		const suffix = debian.number >= 11 ? "-security" : "/updates";
		expect(debian.suites.security).toBe(debian.codename + suffix);
	});
});

/** When the keys expire that name the release (gpg's doc/DETAILS, "Format of the colon listings"). */
function keyExpiries(listing: string, codename: string) {
	return listing
		.split(/^(?=pub:)/m)
		.filter((key) => new RegExp(`^uid:.*\\b${codename}\\b`, "im").test(key))
		.map((key) => new Date(Number(key.split(":")[6]) * 1000).toISOString().slice(0, 10));
}
/**
 * What is known to be in the releases that cannot be asked any more, where their packages were used:
 * docker-library/python's Dockerfiles (3.6/jessie/slim, 3.5 to 3.7/stretch/slim),
 * GoogleCloudPlatform/python-runtime's control file (jessie), the first distroless python3 (stretch),
 * Bitnami's python 3.7/debian-10 (buster), the manifests of the debian/eol images.
 */
const known: Partial<Record<string, { libraries: string; build: string }>> = {
	jessie: {
		libraries: "libssl1.0.0 libffi6 libreadline6 libncurses5 libncursesw5 libtinfo5 libgdbm3",
		build: "libncursesw5-dev fakeroot",
	},
	stretch: {
		libraries: "libssl1.1 libffi6 libreadline7 libncurses5 libncursesw5 libtinfo5 libgdbm3",
		build: "libncursesw5-dev fakeroot",
	},
	buster: {
		libraries: "libssl1.1 libffi6 libreadline7 libncursesw6 libtinfo6 libgdbm6 libgdbm-compat4",
		build: "libncurses-dev libgdbm-compat-dev",
	},
};

/** In all Debian releases under the same name. */
const everywhere = {
	libraries:
		"libbz2-1.0 libexpat1 liblzma5 zlib1g libuuid1 libsqlite3-0 mime-support ca-certificates netbase tzdata",
	build:
		"ccache gcc g++ git libc6-dev make dpkg-dev debhelper pkg-config curl xz-utils ca-certificates libssl-dev " +
		"libffi-dev libreadline-dev libsqlite3-dev libgdbm-dev libbz2-dev liblzma-dev zlib1g-dev uuid-dev",
};

describe.each(Object.entries(known))("%s, which no mirror has any more", (codename, facts) => {
	const debian = debianReleases[codename as "jessie"];
	const words = (...texts: (string | undefined)[]) => texts.join(" ").split(" ").sort();

	it("has exactly the libraries that are known to be there", () => {
		expect([...debian.libraries].sort()).toEqual(words(everywhere.libraries, facts?.libraries));
	});

	it("is built with packages that are known to be there", () => {
		const used = [...new Set([...debian.buildPackages, ...debian.compilerPackages])].sort();
		expect(used).toEqual(words(everywhere.build, facts?.build));
	});

	it("its debhelper, dpkg and apt understand what they are asked for", () => {
		// debhelper: 9.20150101, 10.2.5 and 12.1.1 (its changelog); each level since the version.
		expect(debian.debhelperCompat).toBeLessThanOrEqual(
			{ jessie: 9, stretch: 10, buster: 12 }[codename] ?? 0,
		);
		// Rules-Requires-Root: no, and so a build without fakeroot, since dpkg 1.19.
		const isRootless = Number(debian.versions.dpkg.split(".")[1]) >= 19;
		expect(debian.buildPackages.includes("fakeroot")).toBe(!isRootless);
	});
});

it("an archive is frozen where the release is archived, or at a moment", () => {
	expect(codenames.filter((name) => isFrozen(debianReleases[name]))).toEqual([
		"jessie",
		"stretch",
		"buster",
	]);
	expect(isFrozen(debianReleases.bookworm, "20260101T000000Z")).toBe(true);
});

it("isCodename knows the catalog's names and no others", () => {
	expect(isCodename("bookworm")).toBe(true);
	for (const name of ["Bookworm", "forky", "", "constructor", "__proto__", "toString"])
		expect(isCodename(name)).toBe(false);
});

describe("aptSources", () => {
	it("archived releases come from archive.debian.org", () => {
		expect(aptSources(debianReleases.jessie)).toEqual([
			"deb [check-valid-until=no] http://archive.debian.org/debian jessie main",
			"deb [check-valid-until=no] http://archive.debian.org/debian-security jessie/updates main",
		]);
		expect(aptSources(debianReleases.buster)).toEqual([
			"deb [check-valid-until=no] http://archive.debian.org/debian buster main",
			"deb [check-valid-until=no] http://archive.debian.org/debian buster-updates main",
			"deb [check-valid-until=no] http://archive.debian.org/debian-security buster/updates main",
		]);
	});

	it("live releases have none: the mirror in use decides", () => {
		for (const codename of ["bullseye", "bookworm", "trixie"] as const)
			expect(aptSources(debianReleases[codename])).toBeUndefined();
	});

	it("snapshots, of live and archived releases", () => {
		expect(aptSources(debianReleases.bookworm, "20260101T000000Z")).toEqual([
			"deb [check-valid-until=no] http://snapshot.debian.org/archive/debian/20260101T000000Z bookworm main",
			"deb [check-valid-until=no] http://snapshot.debian.org/archive/debian/20260101T000000Z bookworm-updates main",
			"deb [check-valid-until=no] http://snapshot.debian.org/archive/debian-security/20260101T000000Z bookworm-security main",
		]);
		expect(aptSources(debianReleases.stretch, "20260101T000000Z")).toEqual([
			"deb [check-valid-until=no] http://snapshot.debian.org/archive/debian-archive/20260101T000000Z/debian stretch main",
			"deb [check-valid-until=no] http://snapshot.debian.org/archive/debian-archive/20260101T000000Z/debian-security stretch/updates main",
		]);
	});
});
