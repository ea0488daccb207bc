import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { publishStep } from "../../components/apt/step.ts";
import { stepCall } from "../../components/step/command.ts";
import type { InputsOf } from "../../components/step/definition.ts";
import { tarOf } from "../../components/step/tar.ts";
import { Checkout, docker } from "./checkout.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * An apt repository of the tests' own: keys, small packages in images as those of a stack, and clean
 * machines that install from it.
 */

/** Where the images with packages of one file of tests are named: two may run at once. */
const IMAGES = `localhost/debian-python/tests-apt-${randomBytes(4).toString("hex")}`;

/** A keyring of GnuPG, and in it keys without passphrases. */
export class Keyring {
	readonly home = mkdtempSync(join(tmpdir(), "gnupg-"));
	readonly env = { GNUPGHOME: this.home };

	/** Make a key; returns its fingerprint. */
	make(name: string): string {
		this.gpg("--quick-generate-key", name, "ed25519", "sign", "never");
		const listing = this.gpg("--with-colons", "--list-keys", `=${name}`).toString();
		return /^fpr:+(\w+):/m.exec(listing)?.[1] ?? "";
	}

	/** Sign a text in clear. */
	clearSign(text: string, key: string): Buffer {
		return this.gpg(`--local-user=${key}`, "--clear-sign", { input: text });
	}

	gpg(...args: (string | { input: string })[]): Buffer {
		const input = args.filter((arg) => typeof arg !== "string")[0]?.input ?? "";
		const options = ["--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"];
		const rest = args.filter((arg) => typeof arg === "string");
		return execFileSync("gpg", [`--homedir=${this.home}`, ...options, ...rest], {
			input,
			stdio: ["pipe", "pipe", "ignore"],
		});
	}

	remove(): void {
		execFileSync("gpgconf", [`--homedir=${this.home}`, "--kill", "gpg-agent"]);
		rmSync(this.home, { recursive: true });
	}
}

/** A small package. */
export interface SmallPackage {
	readonly name?: string;
	readonly version: string;
	readonly architecture?: string;
	/** What is in its one file, by which packages of one version differ. */
	readonly content?: string;
}

/** An image with the .debs of small packages, as a stack's package has them; returns its name. */
export async function packageImage(...packages: readonly SmallPackage[]): Promise<string> {
	const folder = mkdtempSync(join(tmpdir(), "deb-"));
	try {
		const debs = packages.map((each) => makeDeb(folder, each));
		const sums = debs.map(({ name, content }) => {
			return `${createHash("sha256").update(content).digest("hex")}  ${name}\n`;
		});
		const files = [...debs, { name: "SHA256SUMS", content: sums.join("") }];
		const input = await tarOf(
			files.map(({ name, content }) => [{ name: `packages/${name}` }, content] as const),
		);
		const image = `${IMAGES}:package-${randomBytes(6).toString("hex")}`;
		await execa("docker", ["import", "-", image], { input });
		return image;
	} finally {
		rmSync(folder, { recursive: true });
	}
}

function makeDeb(folder: string, { name = "cpython3.13", version, ...rest }: SmallPackage) {
	const { architecture = "amd64", content = "" } = rest;
	const root = mkdtempSync(join(folder, "root-"));
	mkdirSync(join(root, "DEBIAN"));
	mkdirSync(join(root, `opt/${name}`), { recursive: true });
	writeFileSync(join(root, `opt/${name}/version`), `${version}\n${content}`);
	const control = {
		Package: name,
		Version: version,
		Architecture: architecture,
		Maintainer: "tests <tests@localhost>",
		Description: "a package of the tests",
	};
	const lines = Object.entries(control).map(([field, value]) => `${field}: ${value}\n`);
	writeFileSync(join(root, "DEBIAN/control"), lines.join(""));
	execFileSync("chmod", ["-R", "u=rwX,go=rX", root]);
	const file = `${name}_${version}_${architecture}.deb`;
	execFileSync("dpkg-deb", ["--root-owner-group", "--build", root, join(folder, file)], {
		stdio: "pipe",
	});
	return { name: file, content: readFileSync(join(folder, file)) };
}

/** Forget all images of {@link packageImage}. */
export function removePackageImages(): void {
	const names = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", IMAGES);
	if (names !== "") docker("image", "rm", "--force", ...names.split("\n"));
}

/** What {@link publishCall} needs. */
export type Publication = Pick<InputsOf<typeof publishStep>, "PLACE" | "SUITE" | "KEYS"> &
	Partial<InputsOf<typeof publishStep>> & { readonly images: readonly string[] };

/** How the command resource runs the step that publishes images. */
export function publishCall({ images, ...inputs }: Publication) {
	return stepCall(publishStep, {
		REGION: undefined,
		ORIGIN: "debian-python",
		IMAGES: Object.fromEntries(images.map((image) => [image, image])),
		PLATFORM: "linux/amd64",
		KEEP_DAYS: 365,
		VALID_DAYS: 30,
		...inputs,
	});
}

/** Publish images. */
export function publish(publication: Publication, env: Readonly<Record<string, string>>) {
	const { create, environment } = publishCall(publication);
	return execa("/bin/sh", ["-c", create], { env: { ...env, ...environment }, reject: false });
}

/** A machine on which nothing but a Debian release is installed. */
export class Machine {
	readonly #container: string;

	constructor(image: string, ...options: readonly string[]) {
		const command = ["sleep", "infinity"];
		this.#container = docker("run", "--detach", "--init", "--rm", ...options, image, ...command);
	}

	/** Run a shell script there, as root. */
	async run(script: string): Promise<{ exitCode: number | undefined; all: string }> {
		const args = ["exec", "--interactive", this.#container, "sh", "-eu"];
		const { exitCode, all } = await execa("docker", args, {
			input: `export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8\n${script}`,
			all: true,
			reject: false,
		});
		return { exitCode, all };
	}

	/** The same, which must succeed; returns what it says. */
	async do(script: string): Promise<string> {
		const { exitCode, all } = await this.run(script);
		if (exitCode !== 0) throw new Error(`exit status ${exitCode}:\n${script}\n${all}`);
		return all;
	}

	remove(): void {
		docker("rm", "--force", "--volumes", this.#container);
	}
}

/**
 * The root file system of a release, bootstrapped from the Debian archive; returns the image's name.
 */
export async function cleanBase(release: string): Promise<{ image: string; checkout: Checkout }> {
	const checkout = new Checkout();
	const config = [
		`release: ${release}`,
		"base: archive",
		'pythonVersion: "3.13.5"',
		"profile: quick",
		"allowUnsupported: true",
	];
	const lines = config.map((line) => `  debian-python:${line}\n`);
	checkout.write(`Pulumi.${checkout.stack}.yaml`, `config:\n${lines.join("")}`);
	await seedImages(checkout, checkout.repository, upTo("debbase"));
	const pattern = `${checkout.repository}:base-*`;
	const image = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", pattern);
	return { image, checkout };
}
