import { describe, expect, it, vi } from "vitest";
import { answerError, causeIn, dockerError, explainDocker } from "./docker-error.ts";

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
			/cannot be reached, or went away \(Cannot connect .*\?\); start it/,
		],
		[
			{ stderr: 'Get "http://localhost/v2/": dial tcp 127.0.0.1:80: connect: connection refused' },
			/^an image of a stack without a registry is not in the Docker daemon.*; run again: npm start/,
		],
		[
			{ stderr: "a\nError response from daemon: no such container: x" },
			"docker rm x: no such container: x",
		],
		[
			{ stderr: "Error response from daemon: dial tcp 192.0.2.1:443: connection refused" },
			"docker rm x: dial tcp 192.0.2.1:443: connection refused",
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

describe("answerError", () => {
	it.each([
		['{"message":"write: broken pipe"}', "docker load x: write: broken pipe"],
		['{"errorDetail":{},"error":"unexpected EOF"}', "docker load x: unexpected EOF"],
		['{"message":"no space left on device"}', /^the disk of the Docker daemon is full/],
	])("of %s does not say that the daemon is gone", (body, message) => {
		expect(answerError(["load", "x"], body).message).toMatch(message);
	});
});

describe("causeIn", () => {
	it.each([
		[
			["Reading", "\u001b[91mE: Failed to fetch x", "\u001b[0mE: Some index"],
			"E: Failed to fetch x",
		],
		[["#7 0.31 E: Unable to locate x", "ERROR: failed to solve"], "#7 0.31 E: Unable to locate x"],
		[["a", "b"], "b"],
		[[], ""],
	])("of %j is what tells most", (lines, line) => {
		expect(causeIn(lines)).toBe(line);
	});
});
