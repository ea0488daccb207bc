import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MMDEBSTRAP_OPTIONS } from "../../components/base/base.ts";
import { debianReleases } from "../../stacks/debian.ts";
import { type Fault, Keys, PACKAGE, SUITE, startArchive, type TestArchive } from "./archive.ts";
import { Checkout, removeImages } from "./checkout.ts";
import { layerPaths } from "./layers.ts";

/*
 * Releases that are on archive.debian.org alone: their keys have expired, and are trusted no further
 * than that. Played with a small archive, since the real one is not reachable from everywhere.
 */

const MINUTE = 60_000;
const REPOSITORY = `localhost/debian-python/archive-${process.pid}`;
const DEBBASE = `${REPOSITORY}:debbase`;
/** Where debbase has what aptinstall needs for a frozen archive. */
const LIB = "/usr/local/lib/aptinstall";

let archive: TestArchive;

beforeAll(async () => {
	archive = await startArchive();
}, 5 * MINUTE);
afterAll(() => {
	archive.stop();
	removeImages(REPOSITORY);
});

/** Run the step that bootstraps a base, as DebianBase does for an archived release. */
async function bootstrap(
	tag: string,
	fault: Fault,
	change: Record<string, string> = {},
	cwd = ".",
) {
	const { exitCode, stderr } = await execa("node", ["components/base/bootstrap.ts"], {
		cwd,
		env: {
			IMAGE: `${REPOSITORY}:${tag}`,
			RELEASE: SUITE,
			ARCHITECTURE: "amd64",
			KEYRING: archive.keyring,
			SOURCES: `deb [check-valid-until=no] ${archive.address(fault)} ${SUITE} main`,
			OPTIONS: JSON.stringify(MMDEBSTRAP_OPTIONS),
			FROZEN_KEYS: JSON.stringify([archive.fingerprint]),
			CREATED: "2016-03-01T00:00:00Z",
			LABELS: "{}",
			...change,
		},
		reject: false,
	});
	return { exitCode, error: stderr.split("\n").findLast((line) => line.startsWith("error: ")) };
}

/** Run docker while this process serves the archive. */
async function docker(...args: string[]): Promise<string> {
	return (await execa("docker", args)).stdout;
}

/** Run a shell script in debbase. */
function shell(script: string): Promise<string> {
	return docker("run", "--rm", DEBBASE, "sh", "-euc", `{ ${script}\n} 2>&1`);
}

describe("a base from an archive whose key has expired", () => {
	it(
		"is bootstrapped, and is the same bytes another time",
		async () => {
			const made = await Promise.all(["base", "again"].map((tag) => bootstrap(tag, "none")));
			expect(made).toEqual([{ exitCode: 0 }, { exitCode: 0 }]);
			const id = (tag: string) =>
				docker("image", "inspect", "--format", "{{.Id}}", `${REPOSITORY}:${tag}`);
			expect(await id("again")).toBe(await id("base"));
		},
		10 * MINUTE,
	);

	it.each([
		["other key", /GPG error.*bullseye InRelease.*NO_PUBKEY/],
		["unsigned", /bullseye Release' is not signed/],
		["changed Packages", /Packages.*(Hash Sum mismatch|unexpected size)/],
		["changed package", /base-files.*Hash Sum mismatch/],
	] as const)(
		"is refused where the archive has the fault %j",
		async (fault, message) => {
			const { exitCode, error } = await bootstrap("refused", fault);
			expect(exitCode).toBe(1);
			expect(error).toMatch(message);
			expect(await docker("image", "ls", "--quiet", `${REPOSITORY}:refused`)).toBe("");
		},
		MINUTE,
	);

	it("is refused where the keyring lacks the release's keys", async () => {
		const { error } = await bootstrap("refused", "none", {
			FROZEN_KEYS: JSON.stringify(["0".repeat(40)]),
		});
		expect(error).toMatch(/keyring\.gpg has none of the keys of bullseye; install or update it/);
	});

	it("is refused as a live one", async () => {
		const { error } = await bootstrap("refused", "none", { FROZEN_KEYS: "[]" });
		expect(error).toMatch(/GPG error.*EXPKEYSIG/);
	});
});

/** A step of a clone that nobody else may read; it has this script for mmdebstrap. What it says then. */
async function bootstrapBy(script: string): Promise<string | undefined> {
	const bin = mkdtempSync(join(tmpdir(), "bin-"));
	writeFileSync(join(bin, "mmdebstrap"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
	const mask = process.umask(0o077);
	const checkout = new Checkout();
	try {
		const change = { PATH: `${bin}:${process.env.PATH}` };
		return (await bootstrap("refused", "none", change, checkout.folder)).error;
	} finally {
		process.umask(mask);
		checkout.remove();
		rmSync(bin, { recursive: true });
	}
}

it("a base of another architecture says what mmdebstrap lacks for it", async () => {
	expect(
		await bootstrapBy("echo 'E: install arch-test for foreign architecture support' >&2; exit 1"),
	).toMatch(/arch-test: command not found, .*; apt-get install arch-test$/);
});

describe("a base that a user makes who is not root", () => {
	const other = "setpriv --reuid=nobody --regid=nogroup --clear-groups";

	it("has hooks that may read their files, which runs them as another user", async () => {
		const files = "find components -type f -exec cat {} + >/dev/null && echo E: read";
		expect(await bootstrapBy(`${other} sh -c '${files}' >&2; exit 1`)).toMatch(
			/cannot bootstrap bullseye: read; check/,
		);
	});

	it("is refused where that user has no further IDs, with how to get them", async () => {
		const program = `exec ${other} ${execFileSync("which", ["mmdebstrap"], { encoding: "utf8" })}`;
		expect(await bootstrapBy(`${program.trim()} --mode=unshare "$@"`)).toMatch(
			/than root: failed to parse \/etc\/subuid.*usermod --add-subuids .*set `base`/,
		);
	});
});

describe("aptinstall, on a base from an archive whose key has expired", () => {
	beforeAll(async () => {
		// The base of a release has its keys; what the archive of the tests has is not bullseye's.
		const folder = mkdtempSync(join(tmpdir(), "base-"));
		cpSync(archive.keyring, join(folder, "archive.gpg"));
		const dockerfile = `FROM ${REPOSITORY}:base\nCOPY archive.gpg /etc/apt/trusted.gpg.d/\n`;
		writeFileSync(join(folder, "Dockerfile"), dockerfile);
		const args = { BASE: DEBBASE.replace("debbase", "keys"), PACKAGES: PACKAGE };
		await docker("build", "--quiet", `--tag=${args.BASE}`, folder);
		rmSync(folder, { recursive: true });
		await docker(
			...["build", "--quiet", `--tag=${DEBBASE}`, `--build-arg=FROZEN_KEYS=${archive.fingerprint}`],
			...Object.entries(args).map(([name, value]) => `--build-arg=${name}=${value}`),
			"components/debbase/context",
		);
	}, 2 * MINUTE);

	it("has installed", async () => {
		expect(await shell(`dpkg-query --show --showformat='\${db:Status-Status}' ${PACKAGE}`)).toBe(
			"installed",
		);
	});

	it("leaves apt as strict as the base's", async () => {
		const dump = (tag: string) =>
			docker("run", "--rm", `${REPOSITORY}:${tag}`, "apt-config", "dump");
		const settings = await dump("debbase");
		expect(settings).toBe(await dump("base"));
		expect(settings).not.toMatch(/gpgvcommand|Bin::gpg|Valid-Until|Allow\w+ "(1|true)/i);
		expect(await shell("! apt-get -o APT::Update::Error-Mode=any update")).toMatch(/EXPKEYSIG/);
		// The layers after the base's own and the one with the archive's key.
		const paths = layerPaths(DEBBASE).slice(2).flat();
		expect(paths).toContain("usr/local/sbin/aptinstall");
		expect(paths.filter((path) => path.startsWith("etc/apt"))).toEqual([]);
	});

	it("installs files where apt is said to be one that cannot", async () => {
		const script = `
			mkdir -p stub x/DEBIAN
			printf '#!/bin/sh\\necho 1.0.9.8.6\\n' >stub/dpkg-query
			chmod +x stub/dpkg-query
			printf '%s\\n' 'Package: x' 'Version: 1' 'Architecture: all' 'Maintainer: x' \\
				'Description: x' 'Depends: ${PACKAGE}' >x/DEBIAN/control
			dpkg-deb --build x
			dpkg --purge ${PACKAGE}
			PATH=/stub:$PATH aptinstall ./x.deb
			dpkg-query --show --showformat='\${Package} \${db:Status-Status}\\n' x ${PACKAGE}`;
		const said = (await shell(script)).split("\n");
		expect(said.slice(-2)).toEqual([`${PACKAGE} installed`, "x installed"]);
	});

	it.each([
		["without the keys", `rm ${LIB}/keys`, /EXPKEYSIG/],
		["with the keys of another release", `echo ${"0".repeat(40)} >${LIB}/keys`, /EXPKEYSIG/],
		[
			"from an archive with another key",
			"sed -i s/none/other-key/ /etc/apt/sources.list",
			/EXPKEYSIG/,
		],
		["from one that is not signed", "sed -i s/none/unsigned/ /etc/apt/sources.list", /not signed/],
		[
			"from a changed one",
			"sed -i s/none/changed-Packages/ /etc/apt/sources.list",
			/Hash Sum mismatch|unexpected size/,
		],
	])("refuses %s", async (_, change, message) => {
		expect(await shell(`${change}; ! aptinstall ${PACKAGE}`)).toMatch(message);
	});
});

describe.each(Object.values(debianReleases))(
	"the keys of $codename",
	({ signingKeys, ...debian }) => {
		it.each(signingKeys)(
			"%s is in Debian's keyring, names the release, and was not revoked",
			(key) => {
				const home = mkdtempSync(join(tmpdir(), "gpg-"));
				const args = ["--batch", `--homedir=${home}`, "--no-default-keyring", "--with-colons"];
				const listing = execFileSync(
					"gpg",
					[...args, `--keyring=${debian.keyring}`, "--list-keys", key],
					{
						encoding: "utf8",
						stdio: ["ignore", "pipe", "ignore"],
					},
				);
				rmSync(home, { recursive: true });
				expect(listing).toMatch(/^pub:[^r]?:/m);
				expect(listing.match(/^fpr:+(\w+):/m)?.[1]).toBe(key);
				expect(listing).toMatch(
					new RegExp(
						`^uid:.*(\\(${debian.number}/${debian.codename}\\)|${debian.codename} Stable)`,
						"im",
					),
				);
			},
		);
	},
);

describe("the gpgv of a frozen archive, as apt before 1.1 calls it", () => {
	const folder = mkdtempSync(join(tmpdir(), "gpgv-"));
	const keys = new Keys(join(folder, "home"));
	const [data, ring, gpgv] = [join(folder, "data"), join(folder, "ring.gpg"), join(folder, "gpgv")];
	const signature = (name: string) => join(folder, `${name}.sig`);

	beforeAll(() => {
		const names = [
			"expired",
			"good",
			"revoked",
			"expired, revoked",
			"subkey expired",
			"not listed",
		];
		const short = ["expired", "expired, revoked", "not listed"];
		const fingerprints = names.map((name) =>
			keys.make(name, short.includes(name) ? "2016-01-01" : "never"),
		);
		keys.addSubkey("subkey expired", "2016-01-01");
		writeFileSync(data, "signed\n");
		for (const name of names) keys.sign(name, "--output", signature(name), "--detach-sign", data);
		for (const name of ["expired", "good"]) {
			const output = signature(`${name}, for a day`);
			keys.sign(name, "--default-sig-expire", "1d", "--output", output, "--detach-sign", data);
		}
		for (const name of ["revoked", "expired, revoked"]) keys.revoke(name);
		keys.export(ring);
		cpSync("components/debbase/context/frozen/gpgv", gpgv);
		writeFileSync(join(folder, "keys"), fingerprints.slice(0, -1).join("\n"));
	}, MINUTE);
	afterAll(() => {
		keys.stop();
		rmSync(folder, { recursive: true });
	});

	/** What apt looks at: the words of the status on signatures, and the exit code. */
	function verify(name: string, file = data, program = gpgv) {
		const args = ["--ignore-time-conflict", "--status-fd", "3", "--keyring", ring];
		const { status, output } = spawnSync(program, [...args, signature(name), file], {
			stdio: ["ignore", "ignore", "ignore", "pipe"],
		});
		const words = String(output[3]).match(
			/(?<=^\[GNUPG:\] )(GOOD|BAD|ERR|EXP|EXPKEY|REVKEY)SIG /gm,
		);
		return { status, said: words?.join("").trim() };
	}

	it.each([
		["expired", "GOODSIG"],
		["subkey expired", "GOODSIG"],
		["good", "GOODSIG"],
		["not listed", "EXPKEYSIG"],
		["revoked", "REVKEYSIG"],
		// gpgv's own status is the same as of one that has only expired.
		["expired, revoked", "EXPKEYSIG"],
		["good, for a day", "EXPSIG"],
		["expired, for a day", "EXPSIG"],
	])("a signature by a key that is %s: %s", (name, said) => {
		expect(verify(name)).toEqual({ status: verify(name, data, "gpgv").status, said });
	});

	it("a signature of something else", () => {
		writeFileSync(join(folder, "else"), "else\n");
		expect(verify("expired", join(folder, "else"))).toEqual({ status: 1, said: "BADSIG" });
	});

	it("a question for its options", () => {
		const options = (program: string) =>
			execFileSync(program, ["--dump-options"], { encoding: "utf8" });
		expect(options(gpgv)).toBe(options("gpgv"));
	});
});
