import { execFileSync } from "node:child_process";
import {
	cpSync,
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
	cleanBase,
	Keyring,
	Machine,
	packageImage,
	publish,
	removePackageImages,
	type SmallPackage,
} from "./apt.ts";
import { serve } from "./archive.ts";
import { Checkout, docker } from "./checkout.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * The apt repository that the program publishes, in a folder behind a web server, and machines of three
 * releases that install from it.
 */

const MINUTE = 60_000;

let keyring: Keyring;
/** Fingerprints. */
let key: string;
let nextKey: string;
/** All that is served. */
let root: string;
let server: Server;
/** Where a machine reaches the root. */
let url: string;

beforeAll(async () => {
	keyring = new Keyring();
	key = keyring.make("Packages <packages@localhost>");
	nextKey = keyring.make("Next <packages@localhost>");
	root = mkdtempSync(join(tmpdir(), "apt-"));
	server = await serve(root);
	const { address, port } = server.address() as AddressInfo;
	url = `http://${address}:${port}`;
});
afterAll(() => {
	server.close();
	server.closeAllConnections();
	keyring.remove();
	rmSync(root, { recursive: true });
	removePackageImages();
});

/** A script that names the repository as docs/apt.md does. */
function addSource(repository: string, suite: string, keys = [`${suite}.asc`]): string {
	const files = keys.map((file) => `/etc/apt/keyrings/${file.replaceAll("/", "-")}`);
	return `
		rm -f /etc/apt/sources.list.d/debian-python.sources
		mkdir -p /etc/apt/keyrings
		${keys
			.map(
				(file, index) =>
					`/usr/lib/apt/apt-helper download-file ${url}/${repository}/${file} ${files[index]}`,
			)
			.join("\n")}
		cat >/etc/apt/sources.list.d/debian-python.sources <<END
Types: deb
URIs: ${url}/${repository}
Suites: ${suite}
Components: main
Signed-By: ${files.join(" ")}
END
	`;
}

/** The text of an InRelease, without its signature. */
function unsigned(inRelease: string): string {
	return inRelease.replace(/^[\s\S]*?\n\n/, "").replace(/-----BEGIN PGP SIG[\s\S]*/, "");
}

/** Have no other source: what is installed needs nothing of Debian. */
const ALONE = "rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*";

describe.each(["bullseye", "bookworm", "trixie"])("on a clean %s", (release) => {
	let checkout: Checkout;
	let base: string;
	let machine: Machine;
	/** The repository's folder, from the root. */
	let repository: string;

	beforeAll(async () => {
		({ image: base, checkout } = await cleanBase(release));
	}, 10 * MINUTE);
	afterAll(() => checkout.remove());
	beforeEach(async () => {
		repository = mkdtempSync(join(root, "repository-")).slice(root.length + 1);
		machine = new Machine(base);
		await machine.do(ALONE);
	});
	afterEach(() => machine.remove());

	/** Publish small packages. */
	async function releaseNext(packages: readonly SmallPackage[], keys = [key]): Promise<void> {
		const images = [await packageImage(...packages)];
		const place = join(root, repository);
		const run = publish({ PLACE: place, SUITE: release, KEYS: keys, images }, keyring.env);
		const { exitCode, stderr } = await run;
		expect([exitCode, stderr]).toEqual([0, expect.stringContaining("==> publish")]);
	}

	const install = () => machine.do("apt-get -qq update && apt-get -qq install -y cpython3.13");
	const installed = async () =>
		(await machine.do("dpkg-query --show cpython3.13 | cut -f2")).trim();
	const inRelease = () => join(root, repository, "dists", release, "InRelease");

	it("it is installed, upgraded, and held at a version by a pin", async () => {
		await releaseNext([{ version: "3.13.5-1" }]);
		await machine.do(addSource(repository, release));
		await install();
		expect(await installed()).toBe("3.13.5-1");
		await releaseNext([{ version: "3.13.6-1" }]);
		await machine.do("apt-get -qq update && apt-get -qq dist-upgrade -y");
		expect(await installed()).toBe("3.13.6-1");
		expect(await machine.do("apt-cache madison cpython3.13")).toMatch(
			/3\.13\.6-1[\s\S]*3\.13\.5-1/,
		);
		await machine.do(`
			cat >/etc/apt/preferences.d/cpython <<END
Package: cpython3.13*
Pin: version 3.13.5-*
Pin-Priority: 1001
END
			apt-get -qq dist-upgrade -y --allow-downgrades
		`);
		expect(await installed()).toBe("3.13.5-1");
	});

	it("a machine of the other architecture finds its index too", async () => {
		await releaseNext([{ version: "3.13.5-1" }, { version: "3.13.5-2", architecture: "arm64" }]);
		await machine.do(addSource(repository, release));
		const policy = await machine.do(`
			dpkg --add-architecture arm64
			apt-get update
			apt-cache policy cpython3.13 cpython3.13:arm64
		`);
		expect(policy).toMatch(/Candidate: 3\.13\.5-1\n[\s\S]*Candidate: 3\.13\.5-2\n/);
		expect(policy).not.toMatch(/^[WE]:/m);
	});

	it("a package that was changed is refused", async () => {
		await releaseNext([{ version: "3.13.5-1" }]);
		await machine.do(addSource(repository, release));
		const pool = join(root, repository, "pool");
		const deb = readdirSync(pool, { recursive: true, encoding: "utf8" }).find((path) =>
			path.endsWith(".deb"),
		);
		const file = join(pool, deb ?? "");
		const content = readFileSync(file);
		content.writeUInt8(content.readUInt8(content.length - 1) ^ 1, content.length - 1);
		writeFileSync(file, content);
		await expect(install()).rejects.toThrow(/Hash Sum mismatch/);
	});

	it("an index whose signature was stripped, changed or is another's is refused", async () => {
		await releaseNext([{ version: "3.13.5-1" }]);
		await machine.do(addSource(repository, release));
		const signed = readFileSync(inRelease(), "utf8");
		const text = unsigned(signed);
		writeFileSync(inRelease(), text);
		const update = "rm -rf /var/lib/apt/lists/*; apt-get update";
		const refused = { exitCode: 100 };
		expect(await machine.run(update)).toMatchObject(refused);
		rmSync(inRelease());
		writeFileSync(inRelease().replace("InRelease", "Release"), text);
		const stripped = await machine.run(update);
		expect(stripped).toMatchObject({ ...refused, all: expect.stringMatching(/is not signed/) });
		rmSync(inRelease().replace("InRelease", "Release"));
		writeFileSync(inRelease(), signed.replace("Origin: d", "Origin: D"));
		expect(await machine.run(update)).toMatchObject(refused);
		writeFileSync(inRelease(), keyring.clearSign(text, nextKey));
		expect(await machine.run(update)).toMatchObject(refused);
		writeFileSync(inRelease(), signed);
		expect(await machine.run(update)).toMatchObject({ exitCode: 0 });
	});

	it("an index that was rolled back is not taken, and by a new machine not for ever", async () => {
		await releaseNext([{ version: "3.13.5-1" }]);
		await machine.do(addSource(repository, release));
		const former = readFileSync(inRelease());
		await releaseNext([{ version: "3.13.6-1" }]);
		await machine.do("apt-get -qq update");
		writeFileSync(inRelease(), former);
		const policy = await machine.do("apt-get -qq update && apt-cache policy cpython3.13");
		expect(policy).toContain("Candidate: 3.13.6-1");
		// The former one, as it is when its time is over.
		const text = unsigned(former.toString());
		const old = text
			.replace(/^Date: .*/m, "Date: Mon, 01 Jun 2026 00:00:00 +0000")
			.replace(/^Valid-Until: .*/m, "Valid-Until: Wed, 01 Jul 2026 00:00:00 +0000");
		writeFileSync(inRelease(), keyring.clearSign(old, key));
		const { exitCode, all } = await machine.run("rm -rf /var/lib/apt/lists/*; apt-get update");
		expect([exitCode, all]).toEqual([100, expect.stringMatching(/Release file .* is expired/)]);
	});

	it("a key takes the place of another while both sign", async () => {
		await releaseNext([{ version: "3.13.5-1" }]);
		await machine.do(addSource(repository, release));
		await install();
		await releaseNext([{ version: "3.13.6-1" }], [key, nextKey]);
		const upgrade = "apt-get -qq update && apt-get -qq dist-upgrade -y";
		await machine.do(upgrade);
		expect(await installed()).toBe("3.13.6-1");
		// The machine gets the file with both.
		await machine.do(addSource(repository, release));
		await releaseNext([{ version: "3.13.7-1" }], [nextKey]);
		await machine.do(upgrade);
		expect(await installed()).toBe("3.13.7-1");
		// One that has the former key alone takes nothing more.
		cpSync(join(root, repository, `${release}.asc`), join(root, repository, "new.asc"));
		writeFileSync(join(root, repository, "old.asc"), keyring.gpg("--armor", "--export", key));
		await machine.do(addSource(repository, release, ["old.asc"]));
		const refused = await machine.run("rm -rf /var/lib/apt/lists/*; apt-get update");
		expect(refused).toMatchObject({ exitCode: 100 });
		await machine.do(`${addSource(repository, release, ["new.asc"])} apt-get -qq update`);
	});
});

describe("by the program", () => {
	let checkout: Checkout;
	let config: string[];
	beforeAll(async () => {
		checkout = new Checkout();
		await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
		const place = join(root, "program");
		config = ["-c", `aptRepository=${place}`, "-c", `aptKeys=["${key}"]`];
	}, 20 * MINUTE);
	afterAll(() => checkout.remove());

	const run = (...args: string[]) => checkout.run([...config, ...args], { ...keyring.env });
	const TITLE = "bookworm: cpython3.13 3.13.5-1+deb12 (amd64)";

	it(
		"a preview says what will be published, a run publishes it, and the next one nothing",
		async () => {
			expect((await run("--preview")).stderr).toContain(`apt        to push: ${TITLE}`);
			const { exitCode, stdout, stderr } = await run("--json");
			expect([exitCode, stderr]).toEqual([0, expect.stringContaining(`pushed: ${TITLE}`)]);
			expect(JSON.parse(stdout).package.apt).toEqual({
				...{ place: join(root, "program"), suite: "bookworm", keys: [key] },
			});
			expect((await run()).stderr).toMatch(/^apt +reused *$/m);
		},
		5 * MINUTE,
	);

	it(
		"a machine installs Python from it",
		async () => {
			const base = docker(
				...["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"],
				`${checkout.repository}:base-*`,
			);
			const machine = new Machine(base);
			try {
				await machine.do(`${addSource("program", "bookworm")}
					apt-get -qq update
					apt-get -qq install -y --no-install-recommends cpython3.13-dev`);
				const version = await machine.do("/opt/cpython/3.13/bin/python3.13 --version");
				expect(version).toContain("Python 3.13.5");
			} finally {
				machine.remove();
			}
		},
		5 * MINUTE,
	);

	it(
		"a run without the key says so before anything is made",
		async () => {
			const none = "0".repeat(40);
			const place = join(root, "keyless");
			const args = ["-c", `aptRepository=${place}`, "-c", `aptKeys=["${none}"]`];
			const { exitCode, stderr } = await checkout.run(args, { ...keyring.env });
			expect(exitCode).toBe(1);
			expect(stderr).toMatch(
				new RegExp(`gpg has no secret key ${none} of aptKeys [\\s\\S]*^error: gpg has no key`, "m"),
			);
			// What is not published needs none.
			const target = await checkout.run([...args, "--target", "package"], { ...keyring.env });
			expect(target.exitCode).toBe(0);
		},
		MINUTE,
	);

	it(
		"other content under a version that is published is one error",
		async () => {
			const inputs = { PLACE: join(root, "twice"), SUITE: "bookworm", KEYS: [key] };
			const publishOne = async (content: string) => {
				const images = [await packageImage({ version: "3.13.5-1+deb12", content })];
				return publish({ ...inputs, images }, keyring.env);
			};
			expect((await publishOne("one")).exitCode).toBe(0);
			const { exitCode, stderr } = await publishOne("other");
			expect([exitCode, stderr]).toEqual([
				1,
				"error: cpython3.13 3.13.5-1+deb12 (amd64) is published in bookworm with other content, and what is published never changes; raise packageRelease",
			]);
		},
		MINUTE,
	);

	it(
		"a release goes when a newer one is there for so long, and its .deb with the next publication",
		async () => {
			const place = join(root, "kept");
			const inputs = { PLACE: place, SUITE: "bookworm", KEYS: [key], KEEP_DAYS: 0 };
			const debs = () =>
				readdirSync(join(place, "pool"), { recursive: true, encoding: "utf8" })
					.filter((path) => path.endsWith(".deb"))
					.map((path) => path.replace(/.*_(\d)_.*/, "$1"))
					.sort();
			for (const version of ["1", "2", "3"]) {
				const images = [await packageImage({ version })];
				expect((await publish({ ...inputs, images }, keyring.env)).exitCode).toBe(0);
				if (version === "1")
					execFileSync("find", [place, "-exec", "touch", "-d", "2 days ago", "{}", "+"]);
				// What was named a moment ago is there still.
				if (version === "2") expect(debs()).toEqual(["1", "2"]);
				// The moment of a publication is told in whole seconds.
				await sleep(1000);
			}
			// The second is dropped too, and may be what somebody installs now.
			expect(debs()).toEqual(["2", "3"]);
		},
		MINUTE,
	);

	it(
		"a key that is not in gpg's keyring is one error, and nothing is written",
		async () => {
			const none = "0".repeat(40);
			const place = join(root, "none");
			const inputs = { PLACE: place, SUITE: "bookworm", KEYS: [none] };
			const images = [await packageImage({ version: "1" })];
			const { exitCode, stderr } = await publish({ ...inputs, images }, keyring.env);
			expect([exitCode, stderr]).toEqual([
				1,
				expect.stringMatching(/^error: gpg has no key 0{40}; import it, as with gpg --import, or /),
			]);
			expect(existsSync(place)).toBe(false);
		},
		MINUTE,
	);
});
