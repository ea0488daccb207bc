import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Step } from "../step/step.ts";
import { fetchSource } from "./source.ts";

const SOURCE = "the source";
const SHA256 = createHash("sha256").update(SOURCE).digest("hex");

describe("fetchSource", () => {
	const server = createServer();
	let folder: string;
	let url: string;
	const abort = new AbortController();
	const step = {
		signal: abort.signal,
		progress: () => undefined,
		createFolder: () => folder,
	} as unknown as Step;

	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), "source-"));
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/3.6.15/Python-3.6.15.tar.xz`;
	});
	afterEach(async () => {
		server.removeAllListeners("request");
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
		rmSync(folder, { recursive: true });
	});

	/** The answers of the server, in order. */
	function answer(...answers: RequestListener[]): void {
		server.on("request", (request, response) => answers.shift()?.(request, response));
	}
	const good: RequestListener = (_, response) => response.end(SOURCE);

	it("has the file under the URL's name", async () => {
		answer(good);
		const file = await fetchSource(step, url, SHA256);
		expect(file).toBe(join(folder, "Python-3.6.15.tar.xz"));
		expect(readFileSync(file, "utf8")).toBe(SOURCE);
	});

	it("tries again where the server fails, or its answer is cut short", async () => {
		answer((_, response) => {
			response.setHeader("Content-Length", SOURCE.length);
			response.write("the");
			setTimeout(() => response.destroy(), 50);
		}, good);
		expect(readFileSync(await fetchSource(step, url, SHA256), "utf8")).toBe(SOURCE);
	});

	it.each([
		["another file", (_: unknown, response) => response.end("another"), /sha256 \w{64} instead of/],
		["no file", (_: unknown, response) => response.writeHead(404).end(), /HTTP status 404/],
	] as const satisfies [string, RequestListener, RegExp][])(
		"refuses %s at once",
		async (_, listener, message) => {
			answer(listener);
			await expect(fetchSource(step, url, SHA256)).rejects.toThrow(message);
		},
	);
});
