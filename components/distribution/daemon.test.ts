import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { sha256 } from "../step/file.ts";
import { isNotFound, registryError, remoteDigest } from "./daemon.ts";

describe("a tag", () => {
	it.each([
		[404, "manifest unknown: manifest unknown"],
		[404, "name unknown: The repository with name 'x' does not exist in the registry"],
		[404, "errors:\nmanifest unknown: a\nname unknown: b\n"],
	])("is not there where the registry says so: %i %s", (status, message) => {
		expect(isNotFound(status, message)).toBe(true);
	});

	it.each([
		[500, "error parsing HTTP 404 response body: invalid character '<': \"manifest unknown\""],
		[404, "page not found"],
		[404, undefined],
		[401, "unauthorized: authentication required"],
		[403, "denied: requested access to the resource is denied"],
		[429, "toomanyrequests: rate exceeded"],
		[500, "received unexpected HTTP status: 503 Service Unavailable"],
		[500, 'Get "https://vm:5071/v2/": http: server gave HTTP response to HTTPS client'],
	])("may be there after any other answer: %i %s", (status, message) => {
		expect(isNotFound(status, message)).toBe(false);
	});
});

describe("registryError", () => {
	it.each([
		["unsupported: The operation is unsupported.", true, /does not allow that: it is read-only/],
		["received unexpected HTTP status: 405 Method Not Allowed", true, /does not allow that/],
		[
			"name unknown: The repository with name 'x' does not exist",
			true,
			/no such repository; create/,
		],
		[
			"tag invalid: The image tag 'x' already exists and is immutable",
			true,
			/raise packageRelease/,
		],
		["no basic auth credentials", true, /refuses the credentials .*; log in$/],
		["received unexpected HTTP status: 503 Service Unavailable", false, /failed .*; run again/],
	])("%s: final %s", (stderr, final, message) => {
		const error = registryError("push", "vm:5071/team/x:1", stderr, "log in");
		expect(error.final).toBe(final);
		expect(error.message).toMatch(message);
	});
});

it("an engine without the call (Podman): this machine asks the registry, and believes no less", async () => {
	const folder = mkdtempSync(join(tmpdir(), "podman-"));
	const answer = "HTTP/1.1 404 Not Found\\r\\nContent-Length: 19\\r\\n\\r\\n404 page not found\\n";
	// It answers each request of a connection, as a daemon does.
	const script = `#!/bin/sh\nwhile read -r line; do case $line in GET*) printf '${answer}' ;; esac; done\n`;
	writeFileSync(join(folder, "docker"), script, { mode: 0o755 });
	vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
	vi.stubEnv("DOCKER_CONFIG", folder);
	const server = createServer(({ url }, response) => {
		const digest = `sha256:${sha256(Buffer.from("{}"))}`;
		if (url?.endsWith("/here"))
			response.writeHead(200, { "docker-content-digest": digest }).end("{}");
		else if (url?.endsWith("/absent"))
			response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
		else response.writeHead(404).end("<html>manifest unknown</html>");
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const repository = `127.0.0.1:${(server.address() as AddressInfo).port}/team/x`;
	expect(await remoteDigest(`${repository}:here`)).toMatch(/^sha256:44136fa355b3/);
	expect(await remoteDigest(`${repository}:absent`)).toBeUndefined();
	await expect(remoteDigest(`${repository}:proxy`)).rejects.toThrow(/answers 404/);
	server.close();
	vi.unstubAllEnvs();
	rmSync(folder, { recursive: true });
});
