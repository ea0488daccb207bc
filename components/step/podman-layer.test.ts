import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { sha256 } from "./file.ts";
import { EMPTY_LAYER } from "./podman-image.ts";
import { dockerLayer } from "./podman-layer.ts";
import { eachEntry } from "./saved-image.ts";
import { type TarEntry, tarOf } from "./tar.ts";

const folder = (name: string): TarEntry => [{ name, type: "directory" }];
/** A file of Podman's. */
const empty = (name: string): TarEntry => [{ name, mode: 0o755 }, ""];
const PLACEHOLDERS = [
	folder("etc/"),
	empty("etc/hostname"),
	empty("etc/hosts"),
	[{ name: "etc/mtab", type: "symlink", linkname: "/proc/mounts" }],
	empty("etc/resolv.conf"),
	folder("run/"),
	empty("run/.containerenv"),
] as const satisfies readonly TarEntry[];

/** A layer as it becomes, which comes in pieces of some size. */
async function layer(entries: readonly TarEntry[], size = 100_000): Promise<Buffer> {
	return changed(await tarOf(entries), size);
}

async function changed(tar: Buffer, size = 100_000): Promise<Buffer> {
	const pieces = Array.from({ length: Math.ceil(tar.length / size) }, (_, index) =>
		tar.subarray(index * size, (index + 1) * size),
	);
	return Buffer.concat(await Array.fromAsync(dockerLayer(Readable.from(pieces))));
}

/** What is in a tar. */
async function read(tar: Buffer): Promise<Record<string, string>> {
	const found: Record<string, string> = {};
	await eachEntry(Readable.from([tar]), async ({ name, uname, gname }, content) => {
		const text = Buffer.concat(await Array.fromAsync(content)).toString();
		found[name] = [uname, gname, text].join(":");
	});
	return found;
}

describe("a layer of Podman's", () => {
	const entries: TarEntry[] = [
		...PLACEHOLDERS.slice(0, 4),
		[{ name: "etc/passwd", uid: 0, gid: 42 }, "x".repeat(1000)],
		...PLACEHOLDERS.slice(4),
		[{ name: `usr/${"long/".repeat(40)}file`, uid: 1000, gid: 1000 }, "y"],
	];

	it.each([100_000, 512, 700, 7])("is Docker's, in pieces of %d bytes", async (size) => {
		expect(await read(await layer(entries, size))).toEqual({
			"etc/": "root:root:",
			"etc/passwd": `root::${"x".repeat(1000)}`,
			[`usr/${"long/".repeat(40)}file`]: "::y",
		});
	});

	it("keeps what has one of those names and content", async () => {
		const own: TarEntry[] = [[{ name: "etc/hosts" }, "127.0.0.1 localhost"]];
		expect(Object.keys(await read(await layer(own)))).toEqual(["etc/hosts"]);
	});

	it("has types in the modes, but for whiteouts", async () => {
		const entries: TarEntry[] = [
			folder("opt/"),
			[{ name: "opt/x", mode: 0o4755 }, "x"],
			[{ name: "opt/.wh.y", mode: 0o600 }, ""],
			[{ name: "opt/link", type: "symlink", linkname: "x" }],
		];
		const modes: (number | undefined)[] = [];
		await eachEntry(Readable.from([await layer(entries)]), ({ mode }) => void modes.push(mode));
		expect(modes).toEqual([0o40755, 0o104755, 0o600, 0o120644]);
	});

	it.each([100_000, 512, 7])(
		"has no attributes of overlayfs's, in pieces of %d bytes",
		async (size) => {
			// With each of these the tar has a record of the path.
			const entries = (pax: object): TarEntry[] => [
				[{ name: "opt/", type: "directory", pax: { ...pax, own: "c" } }],
			];
			const origin = { "SCHILY.xattr.user.overlay.origin": "a\nb" };
			expect(await layer(entries(origin), size)).toEqual(await layer(entries({})));
			const tar = await tarOf([
				[{ name: "x" }, "40 SCHILY.xattr.user.overlay.origin=\n=a\n"],
				folder("opt/"),
			]);
			tar.write("x", 156);
			expect(await changed(tar, size)).toEqual(await layer([folder("opt/")]));
		},
	);

	it("in which nothing else is, is empty", async () => {
		expect(`sha256:${sha256(await layer(PLACEHOLDERS))}`).toBe(EMPTY_LAYER);
	});
});
