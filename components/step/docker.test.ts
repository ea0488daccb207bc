import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dockerError, explainDocker, quoteInstruction } from "./docker.ts";

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

	it("explains nothing that it does not know", () => {
		expect(explainDocker("conflict: unable to delete")).toBeUndefined();
	});
});
