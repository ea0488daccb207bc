import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { dockerError, explainDocker, imageId, quoteInstruction } from "./docker.ts";

describe("quoteInstruction", () => {
	it("is taken back by the rules of a Dockerfile, for any text", () => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme" }), (text) => {
				const quoted = quoteInstruction(text);
				expect(quoted).toMatch(/^"(?:[^"\\$]|\\["\\$])*"$/s);
				expect(quoted.slice(1, -1).replace(/\\(["\\$])/g, "$1")).toBe(text);
			}),
		);
	});
});

describe("imageId", () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "docker-"));
		const script = `#!/bin/sh
			echo "$*" >>${folder}/calls
			shift 4
			for name; do
				case $name in
				lost*) failed=1 && echo "Error response from daemon: No such image: $name" >&2 ;;
				odd*) failed=1 && echo "Error response from daemon: $name" >&2 ;;
				*) echo "sha256:$name" ;;
				esac
			done
			exit \${failed:-0}
		`;
		writeFileSync(join(folder, "docker"), script, { mode: 0o755 });
		vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
	});
	afterEach(() => {
		vi.unstubAllEnvs();
		rmSync(folder, { recursive: true });
	});

	const ask = (...names: string[]) => Promise.allSettled(names.map(imageId));
	const found = (value: string | undefined) => ({ status: "fulfilled", value });
	const calls = () => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");

	it("is asked once of images that are all there, and again of those of later", async () => {
		expect(await ask("b", "a", "b")).toEqual(["sha256:b", "sha256:a", "sha256:b"].map(found));
		expect(await ask("c")).toEqual([found("sha256:c")]);
		expect(calls()).toEqual(
			["b a b", "c"].map((names) => `image inspect --format {{.Id}} ${names}`),
		);
	});

	it("is each image's own where one is lost or cannot be asked of", async () => {
		const [a, lost, odd, b] = await ask("a", "lost", "odd", "b");
		expect([a, lost, b]).toEqual([found("sha256:a"), found(undefined), found("sha256:b")]);
		expect(odd).toMatchObject({
			status: "rejected",
			reason: { message: "docker image inspect: odd" },
		});
	});
});

describe("dockerError", () => {
	it.each([
		[
			{ code: "ENOENT" },
			"docker: command not found; install Docker (Debian: apt-get install docker.io)",
		],
		[
			{ stderr: "write /x: no space left on device" },
			/^the disk of the Docker daemon is full .*; free some: docker system df/,
		],
		[
			{ stderr: "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?" },
			/cannot be reached, or went away; start it/,
		],
		[
			{ stderr: 'Get "http://localhost/v2/": dial tcp 127.0.0.1:80: connect: connection refused' },
			/^an image of a stack without a registry is not in the Docker daemon.*; run again: npm start/,
		],
		[
			{ stderr: "a\nError response from daemon: no such container: x" },
			"docker rm x: no such container: x",
		],
	])("%o is one line with the remedy", (result, message) => {
		const error = dockerError(["rm", "x"], result).message;
		expect(error).not.toContain("\n");
		expect(error).toMatch(message);
	});

	it.each([
		[
			{},
			"Cannot connect to the Docker daemon at tcp://127.0.0.1:9. Is the docker daemon running?",
			/^the Docker daemon at tcp:\/\/127\.0\.0\.1:9 cannot be reached/,
		],
		[
			{ DOCKER_CONTEXT: "far" },
			'error during connect: Get "http://x/v1.50/info": command [ssh -- far] has exited',
			/^the Docker daemon at the endpoint of the context far cannot be reached/,
		],
		[
			{ DOCKER_CONTENT_TRUST: "1" },
			"error during connect: Post: invalid reference format",
			/^DOCKER_CONTENT_TRUST=1 .*; unset DOCKER_CONTENT_TRUST/,
		],
		[
			{ DOCKER_CONTENT_TRUST: "1" },
			"Error: error contacting notary server: dial tcp 127.0.0.1:443: connect: connection refused",
			/^DOCKER_CONTENT_TRUST=1 .*; unset DOCKER_CONTENT_TRUST/,
		],
		[
			{},
			"ERROR: BuildKit is enabled but the buildx component is missing or broken.\n  https://docs.docker.com/go/buildx/",
			/^DOCKER_BUILDKIT=1 is set.*no buildx; unset DOCKER_BUILDKIT, or install/,
		],
		[
			{},
			'error getting credentials - err: exec: "docker-credential-absent": executable file not found in $PATH, out: ``',
			/^docker-credential-absent, .* is not on PATH; install it/,
		],
		[
			{},
			'unable to resolve docker endpoint: context "gone": context not found: open /root/x',
			/^the Docker context gone does not exist; docker context ls/,
		],
	])("with %o, %s: says what it is", (environment, text, message) => {
		vi.stubEnv("DOCKER_HOST", undefined);
		for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
		expect(dockerError(["ps"], { stderr: text }).message).toMatch(message);
		vi.unstubAllEnvs();
	});

	it("explains nothing that it does not know", () => {
		expect(explainDocker("conflict: unable to delete")).toBeUndefined();
	});
});
