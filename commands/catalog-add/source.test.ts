import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { fetchSource } from "./source.ts";

let server: Server | undefined;
afterEach(() => server?.close());

/** A place with these files; a number is the HTTP status of an answer without content. */
async function serve(files: Readonly<Record<string, string | number>>): Promise<string> {
	const started = createServer((request, response) => {
		const file = files[request.url ?? ""] ?? 404;
		response.writeHead(typeof file === "number" ? file : 200);
		response.end(typeof file === "number" ? "an error's page" : file);
	});
	server = started;
	await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
	return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}

it("the better signature is taken where there are two", async () => {
	const place = await serve({ "/a": "tarball", "/a.sigstore": "bundle", "/a.asc": "signature" });
	const found = await fetchSource([`${place}/a`], "tar.xz", ["sigstore", "gpg"]);
	expect(found).toMatchObject({ from: `${place}/a`, kind: "sigstore" });
	expect(found.tarball.toString()).toBe("tarball");
	expect(found.signature.toString()).toBe("bundle");
});

it("a place without signature, or that is broken or away, is passed over", async () => {
	const place = await serve({
		"/a": "x",
		"/b.asc": "s",
		"/b": 500,
		"/c": "tarball",
		"/c.asc": "s",
	});
	const urls = ["http://127.0.0.1:9/a", `${place}/a`, `${place}/b`, `${place}/c`];
	const found = await fetchSource(urls, "tar.xz", ["sigstore", "gpg"]);
	expect(found).toMatchObject({ from: `${place}/c`, kind: "gpg" });
});

it("where no place has both, the error says what each lacks", async () => {
	const place = await serve({ "/a": "tarball", "/a.asc": "signature", "/b.sigstore": 503 });
	await expect(fetchSource([`${place}/a`, `${place}/b`], "tar.xz", ["sigstore"])).rejects.toThrow(
		`${place}/a: is not there with a signature (.sigstore); ${place}/b: HTTP status 503; look at the network, or use --file`,
	);
});
