import { describe, expect, it } from "vitest";
import { isNotFound, registryError } from "./registry.ts";

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
