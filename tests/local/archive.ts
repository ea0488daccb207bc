import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
	chmodSync,
	cpSync,
	createReadStream,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { docker } from "./checkout.ts";

/*
 * A Debian archive of the tests' own, as an old release is on archive.debian.org: real packages, a
 * Release that is past its Valid-Until, and keys that have expired. The packages are bullseye's, so
 * that the apt inside is one that Debian shipped.
 */

/** The suite, and the release whose packages it has. */
export const SUITE = "bullseye";

/** A package of the archive that no base has, and that needs no other. */
export const PACKAGE = "netbase";

/** Where the archive's packages are kept, so that each machine fetches them once. */
const CACHE = join(homedir(), `.cache/debian-python/${SUITE}-packages`);

/** How an archive can be wrong. */
const FAULTS = ["none", "other key", "unsigned", "changed Packages", "changed package"] as const;
export type Fault = (typeof FAULTS)[number];

/** The tests' archive. */
export interface TestArchive {
	/** Keyring that holds its key, and another one that signs nothing but the fault "other key". */
	readonly keyring: string;
	/** Fingerprint of its key. */
	readonly fingerprint: string;
	/** Where it is, in a variant with a fault: this machine and its containers reach it there. */
	address(fault?: Fault): string;
	stop(): void;
}

/** A folder with keys of GnuPG, without passphrases, made and used long ago. */
export class Keys {
	readonly #home: string;

	constructor(home: string) {
		mkdirSync(home, { mode: 0o700 });
		this.#home = home;
	}

	/** Make a key on 2015-01-01; tells its fingerprint. */
	make(name: string, expires: string): string {
		this.#gpg("20150101T000000", "--quick-generate-key", name, "rsa2048", "sign", expires);
		return this.#fingerprint(name);
	}

	/** Add a key to a key, on the same day: GnuPG then signs with that one. */
	addSubkey(name: string, expires: string): void {
		const key = this.#fingerprint(name);
		this.#gpg("20150101T000000", "--quick-add-key", key, "rsa2048", "sign", expires);
	}

	/** Sign on 2015-06-01, when the keys were good, as these options of gpg say. */
	sign(name: string, ...options: string[]): void {
		this.#gpg("20150601T000000", "--armor", `--local-user==${name}`, ...options);
	}

	/** Revoke a key, by the certificate that gpg made with it. */
	revoke(name: string): void {
		const file = join(this.#home, "openpgp-revocs.d", `${this.#fingerprint(name)}.rev`);
		// A colon stands before the armour, against accidents.
		writeFileSync(file, readFileSync(file, "utf8").replace(/^:(?=-----)/m, ""));
		this.#gpg("20150701T000000", "--import", file);
	}

	/** Write the keys into a keyring. */
	export(file: string): void {
		this.#gpg("20150701T000000", "--output", file, "--export");
	}

	/** End the agent that gpg started. */
	stop(): void {
		execFileSync("gpgconf", [`--homedir=${this.#home}`, "--kill", "gpg-agent"]);
	}

	#fingerprint(name: string): string {
		const listing = this.#gpg("20150101T000000", "--with-colons", "--list-keys", `=${name}`);
		return /^fpr:+(\w+):/m.exec(listing)?.[1] ?? "";
	}

	#gpg(time: string, ...args: string[]): string {
		const options = ["--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"];
		return execFileSync(
			"gpg",
			[`--homedir=${this.#home}`, `--faked-system-time=${time}!`, ...options, ...args],
			{ encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
		);
	}
}

/** Make the archive, in all its variants, and serve it to this machine and its containers. */
export async function startArchive(): Promise<TestArchive> {
	fetchPackages();
	const folder = mkdtempSync(join(tmpdir(), "archive-"));
	chmodSync(folder, 0o755); // apt reads the keyring as its own user
	const keys = new Keys(join(folder, "keys"));
	const fingerprint = keys.make("Old Archive", "2016-01-01");
	keys.make("Another Archive", "2016-01-01");
	const keyring = join(folder, "keyring.gpg");
	keys.export(keyring);
	const packages = makePool(folder);
	for (const fault of FAULTS) {
		const signer = fault === "other key" ? "Another Archive" : "Old Archive";
		publish(folder, fault, packages, (...args) => keys.sign(signer, ...args));
	}
	keys.stop();
	const server = await serve(folder);
	const { address, port } = server.address() as AddressInfo;
	return {
		keyring,
		fingerprint,
		address: (fault = "none") => `http://${address}:${port}/${pathOf(fault)}`,
		stop() {
			server.close();
			server.closeAllConnections();
			rmSync(folder, { recursive: true });
		},
	};
}

function pathOf(fault: Fault): string {
	return fault.replace(" ", "-");
}

/** What mmdebstrap's minbase is made of (mmdebstrap(1), "VARIANTS"), and {@link PACKAGE}. */
function fetchPackages(): void {
	if (existsSync(CACHE)) return;
	const partial = `${CACHE}.partial`;
	rmSync(partial, { recursive: true, force: true });
	mkdirSync(partial, { recursive: true });
	execFileSync(
		"mmdebstrap",
		[
			...["--variant=extract", "--format=null", `--include=apt,${PACKAGE}`],
			...["--include=?essential", "--include=?priority(required)"],
			`--extract-hook=cp "$1"/var/cache/apt/archives/*.deb '${partial}'`,
			SUITE,
			"-",
		],
		{ stdio: "inherit" },
	);
	renameSync(partial, CACHE);
}

/** Put the packages into the pool, which all variants share; returns their index. */
function makePool(folder: string): string {
	mkdirSync(join(folder, "pool"));
	for (const deb of readdirSync(CACHE)) {
		// A name in apt's cache has the epoch too, as in 1%3a2.36.
		cpSync(join(CACHE, deb), join(folder, "pool", deb.replace(/_\d+%3a/, "_")));
	}
	const index = execFileSync("apt-ftparchive", ["packages", "pool"], {
		cwd: folder,
		encoding: "utf8",
		stdio: ["ignore", "pipe", "ignore"],
	});
	// Debian's archive has this priority for it, whatever the package says of itself.
	return index.replace(/^(Package: apt\n(?:.+\n)*?Priority: ).*/m, "$1required");
}

/** Write what stands before the pool: an index, and the Release that has its sum. */
function publish(
	folder: string,
	fault: Fault,
	packages: string,
	sign: (...args: string[]) => void,
): void {
	const root = join(folder, pathOf(fault));
	const suite = join(root, "dists", SUITE);
	const index = join(suite, "main/binary-amd64/Packages");
	mkdirSync(dirname(index), { recursive: true });
	if (fault === "changed package") changePackage(join(folder, "pool"), join(root, "pool"));
	else symlinkSync(join(folder, "pool"), join(root, "pool"));
	writeFileSync(join(suite, "Release"), release(packages));
	if (fault !== "unsigned")
		sign("--output", join(suite, "InRelease"), "--clear-sign", join(suite, "Release"));
	const changed = fault === "changed Packages";
	writeFileSync(
		index,
		changed ? packages.replace("Priority: required", "Priority: optional") : packages,
	);
}

/** A pool in which one essential package has another byte. */
function changePackage(from: string, to: string): void {
	cpSync(from, to, { recursive: true });
	const name = readdirSync(to).find((deb) => deb.startsWith("base-files_")) ?? "";
	const content = readFileSync(join(to, name));
	content.writeUInt8(content.readUInt8(content.length - 1) ^ 1, content.length - 1);
	writeFileSync(join(to, name), content);
}

/** https://wiki.debian.org/DebianRepository/Format */
function release(packages: string): string {
	const sum = createHash("sha256").update(packages).digest("hex");
	return [
		`Suite: ${SUITE}`,
		`Codename: ${SUITE}`,
		"Date: Mon, 01 Jun 2015 00:00:00 UTC",
		"Valid-Until: Mon, 08 Jun 2015 00:00:00 UTC",
		"Architectures: amd64",
		"Components: main",
		"SHA256:",
		` ${sum} ${Buffer.byteLength(packages)} main/binary-amd64/Packages`,
		"",
	].join("\n");
}

/** Serve a folder, where the machine and the containers of its Docker's default network reach it. */
export async function serve(folder: string): Promise<Server> {
	const server = createServer((request, response) => {
		const file = join(folder, decodeURIComponent(request.url ?? ""));
		const found = file.startsWith(folder) && statSync(file, { throwIfNoEntry: false })?.isFile();
		if (!found) {
			response.writeHead(404).end();
			return;
		}
		response.setHeader("Content-Length", statSync(file).size);
		createReadStream(file).pipe(response);
	});
	return listen(server);
}

/** Have a server where the machine and the containers of its Docker's default network reach it. */
export async function listen(server: Server): Promise<Server> {
	// Docker 20.10 does not always tell the gateway: it is the network's first address then.
	const format = "{{range .IPAM.Config}}{{or .Gateway .Subnet}}{{end}}";
	const told = docker("network", "inspect", "--format", format, "bridge");
	const gateway = told.replace(/\d+\/\d+$/, "1");
	server.listen(0, gateway);
	await once(server, "listening");
	return server;
}
