import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { execa } from "execa";
import { extract } from "tar-stream";
import { docker } from "./checkout.ts";

/** What Docker makes in each container: of these only the time is of no image. */
const OF_DOCKER = /^(\.dockerenv|dev\/.*|etc\/(|hostname|hosts|mtab|resolv\.conf)|proc\/|sys\/|)$/;

/**
 * All that a container of an image finds: each path with its kind, mode, owner, size, time, target and
 * SHA-256, as one line.
 */
export async function fileTree(image: string): Promise<Map<string, string>> {
	const container = docker("create", image, "none");
	try {
		const exported = execa("docker", ["export", container], { buffer: false });
		const entries = extract();
		const tree = new Map<string, string>();
		const read = (async () => {
			for await (const entry of entries) {
				const { name, type, mode = 0, uid, gid, size, mtime, linkname } = entry.header;
				const hash = createHash("sha256");
				for await (const chunk of entry as AsyncIterable<Buffer>) hash.update(chunk);
				const time = OF_DOCKER.test(name) ? "" : mtime?.toISOString();
				// Before 26 Docker adds the bits of the kind, which is told by itself.
				const facts = [type, (mode & 0o7777).toString(8), uid, gid, size, time, linkname];
				tree.set(name, [...facts, hash.digest("hex")].join(" "));
			}
		})();
		await Promise.all([pipeline(exported.stdout, entries), read, exported]);
		return tree;
	} finally {
		docker("rm", container);
	}
}
