import { execFileSync } from "node:child_process";
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, it } from "vitest";

/* What a user who is not root is told to do. */

let bin: string;

beforeEach(() => {
	bin = mkdtempSync(join(tmpdir(), "setup-"));
	for (const name of ["sh", "dirname"]) {
		symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), join(bin, name));
	}
	mkdirSync(join(bin, "local"));
	copyFileSync("local/setup", join(bin, "local/setup"));
	write("local/packages", "");
	write("apt-get", "exit 1");
	write("id", "echo 1000");
});
afterEach(() => rmSync(bin, { recursive: true }));

function write(name: string, script: string): void {
	writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** The error of a set-up that has these programs alone. */
async function setup(env: Record<string, string> = {}): Promise<string> {
	const ended = await execa("sh", [join(bin, "local/setup")], {
		env: { PATH: bin, ...env },
		extendEnv: false,
		reject: false,
	});
	expect(ended.exitCode).toBe(1);
	return ended.stderr;
}

it.each([
	["docker-cli", "trixie", "exit 0"],
	["docker.io", "bookworm", "exit 100"],
])("names %s where Docker's client is missing on %s", async (name, _, cache) => {
	write("apt-cache", cache);
	expect(await setup({ DOCKER_HOST: "tcp://192.0.2.1:2375" })).toBe(
		`error: this machine lacks ${name}; run as root: apt-get install ${name}`,
	);
});

it.skipIf(!existsSync("/usr/sbin/dockerd"))(
	"does not miss dockerd, which Debian has in a folder of root's PATH alone",
	async () => {
		write("docker", "exit 1");
		expect(await setup()).toBe(
			"error: no Docker daemon can be reached; start it, or add yourself to the group docker, then run again",
		);
		write("podman", "exit 0");
		expect(await setup()).toMatch(/group docker, or set DOCKER_HOST to the socket of Podman /);
	},
);
