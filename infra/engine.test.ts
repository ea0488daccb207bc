import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readSettings, type Settings } from "../stacks/settings.ts";
import { CONFIG } from "../tests/record.ts";

const podman = (version: string) =>
	JSON.stringify({ Components: [{ Name: "Podman Engine", Version: version }, { Name: "Conmon" }] });
const DOCKER = { Components: [{ Name: "Engine", Version: "20.10.24" }, { Name: "runc" }] };
const REFUSAL =
	/the Docker daemon is Podman 5\.5\.0, which is tested with 4\.3 \(bookworm's\) and 5\.4 \(trixie's\) alone; use Docker Engine 20\.10 or newer: .*$/;

const SETTINGS = readSettings(
	{ ...CONFIG, platforms: '["linux/amd64", "linux/arm64"]' },
	{ project: "debian-python", stack: "test", today: new Date() },
);

let folder: string;
/** What the daemon was asked for. */
let asked: string[];
/** What it answers. */
let answer: string;
const daemon = createServer((request, response) => {
	asked.push(`${request.method} ${request.url}`);
	response.end(answer);
});

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "engine-"));
	asked = [];
	const socket = join(folder, "docker.sock");
	vi.stubEnv("DOCKER_HOST", `unix://${socket}`);
	await new Promise<void>((resolve) => daemon.listen(socket, resolve));
});
afterEach(async () => {
	daemon.closeAllConnections();
	await new Promise((resolve) => daemon.close(resolve));
	vi.unstubAllEnvs();
	rmSync(folder, { recursive: true });
});

/** What was asked, beside what Docker's client asks for itself. */
const questions = () => asked.filter((each) => !each.endsWith("/_ping"));

async function refuse(text: string, settings: Settings = SETTINGS): Promise<void> {
	answer = text;
	// Its connections are to this daemon.
	vi.resetModules();
	const { refuseEngine } = await import("./engine.ts");
	await refuseEngine(settings);
}

describe("Podman", () => {
	it("is refused of another version than the tests have", async () => {
		await expect(refuse(podman("5.5.0"))).rejects.toThrow(REFUSAL);
		await expect(refuse(podman("4.30.0"))).rejects.toThrow(
			"is tested with 4.3 (bookworm's) and 5.4 ",
		);
		expect(questions()).toEqual(["GET /version", "GET /version"]);
	});

	it("is refused where Pulumi's provider would build", async () => {
		vi.doMock("@pulumi/pulumi", async (original) => {
			const pulumi = await original<typeof import("@pulumi/pulumi")>();
			return { ...pulumi, runtime: { ...pulumi.runtime, hasEngine: () => true } };
		});
		try {
			await expect(refuse(podman("4.3.1"))).rejects.toThrow(
				/^the Docker daemon is Podman 4\.3\.1, which works with npm start alone, and not with Pulumi's engine; use/,
			);
		} finally {
			vi.doUnmock("@pulumi/pulumi");
		}
	});

	it.each(["4.3.1", "5.4.2"])("is not, of version %s, with npm start", async (version) => {
		await expect(refuse(podman(version))).resolves.toBeUndefined();
	});
});

it.each([
	["Docker", JSON.stringify(DOCKER)],
	["an older engine that does not name its parts", '{"Version":"1.13.1"}'],
	["what is no engine", "<html>"],
])("%s is not", async (_, text) => {
	await expect(refuse(text)).resolves.toBeUndefined();
});

describe("a platform of another architecture", () => {
	const AMD64 = JSON.stringify({ ...DOCKER, Arch: "amd64", KernelVersion: "another machine's" });
	const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
	afterEach(() => {
		warn.mockClear();
		vi.doUnmock("../components/step/emulation.ts");
	});

	it("is warned of where a daemon of its own does not answer, by the address", async () => {
		const dockerHosts = { "linux/arm64": { host: "unix:///nonexistent/docker.sock" } };
		await refuse(AMD64, { ...SETTINGS, dockerHosts });
		expect(warn.mock.calls.flat().join()).toContain(
			"platform linux/arm64: the Docker daemon at unix:///nonexistent/docker.sock cannot be reached",
		);
	});

	it("is warned of where it is emulated, or may be", async () => {
		await refuse(AMD64);
		expect(warn.mock.calls.flat().join()).toMatch(/platform linux\/arm64 is emulated .*slower/);
		expect(questions()).toEqual(["GET /version"]);
	});

	it("is warned of as the first, where the machine's own comes after it", async () => {
		await refuse(AMD64);
		expect(warn.mock.calls.flat().join()).toMatch(/several times slower$/);
		warn.mockClear();
		const platforms = ["linux/arm64", "linux/amd64"] as const;
		await refuse(AMD64, { ...SETTINGS, platforms });
		expect(warn.mock.calls.flat().join()).toMatch(/slower; write linux\/amd64 first in platforms$/);
	});

	it("is refused where it is not, with the remedy", async () => {
		vi.doMock("../components/step/emulation.ts", () => ({
			canEmulate: () => false,
			EMULATION_REMEDY: "REMEDY",
		}));
		await expect(refuse(AMD64)).rejects.toThrow(
			/^platform linux\/arm64: the Docker daemon is on a machine of amd64, which does not run programs of arm64; REMEDY, name a machine of its own in dockerHosts, or build for linux\/amd64 alone$/,
		);
	});

	it("is not, of several the first: a runner may be asked for what is for its own", async () => {
		vi.doMock("../components/step/emulation.ts", () => ({
			canEmulate: () => false,
			EMULATION_REMEDY: "REMEDY",
		}));
		await refuse(AMD64.replace("amd64", "arm64"));
		expect(warn.mock.calls.flat().join()).toContain("platform linux/amd64: the Docker daemon");
	});
});

it("nor is a daemon that is not there", async () => {
	vi.stubEnv("DOCKER_HOST", `unix://${folder}/nobody.sock`);
	await expect(refuse("")).resolves.toBeUndefined();
});

it("a preview says so in one line, and asks nothing else", async () => {
	answer = podman("5.5.0");
	const args = ["local/main.ts", "--stack", "local", "--preview"];
	const { exitCode, stderr, stdout } = await execa("node", args, { reject: false });
	expect([exitCode, stdout]).toEqual([1, ""]);
	expect(stderr.split("\n").at(-1)).toMatch(new RegExp(`^error: ${REFUSAL.source}`));
	expect(questions()).toEqual(["GET /version"]);
});
