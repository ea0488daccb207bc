import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type TarEntry, tarOf } from "../../components/step/tar.ts";
import { type ComparedImage, imageDifference, readLayer } from "./compare.ts";

const file = (name: string, content = "x", header: Partial<TarEntry[0]> = {}): TarEntry => [
	{ name, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), ...header },
	content,
];

/** An image with a layer of each of these. */
async function image(...layers: readonly (readonly TarEntry[])[]): Promise<ComparedImage> {
	const read = await Promise.all(
		layers.map(async (entries) => readLayer(Readable.from([await tarOf(entries)]))),
	);
	const diff_ids = read.map(({ diffId }) => diffId);
	const config = {
		created: "2026-01-01T00:00:00Z",
		config: { Env: ["A=b"] },
		rootfs: { diff_ids },
	};
	return { config: JSON.stringify(config), layers: read };
}

const BASE = [file("etc/passwd"), file("etc/group")];
const OWN = [file("opt/a"), file("opt/b")];

describe("two images", () => {
	it("of the same bytes do not differ", async () => {
		expect(imageDifference(await image(BASE, OWN), await image(BASE, OWN))).toBeUndefined();
	});

	it.each<[string, readonly TarEntry[], string]>([
		["content", [file("opt/a"), file("opt/b", "y")], "/opt/b: its content differs"],
		[
			"a mode",
			[file("opt/a", "x", { mode: 0o600 }), OWN[1] as TarEntry],
			"/opt/a: mode 644, made again 600",
		],
		[
			"an owner",
			[file("opt/a", "x", { uid: 7 }), OWN[1] as TarEntry],
			"/opt/a: owner 0:0, made again 7:0",
		],
		[
			"a time",
			[OWN[0] as TarEntry, file("opt/b", "x", { mtime: new Date(5000) })],
			"/opt/b: time 1970-01-01T00:00:00.000Z, made again 1970-01-01T00:00:05.000Z",
		],
		[
			"what it is",
			[OWN[0] as TarEntry, [{ name: "opt/b", type: "symlink", linkname: "a" }]],
			"/opt/b: kind file, made again symlink to a",
		],
		["a file less", [OWN[0] as TarEntry], "/opt/b: only the published one has it"],
		["a file more", [...OWN, file("opt/c")], "/opt/c: only the one that was made again has it"],
		[
			"content and a time",
			[file("opt/a", "x", { mtime: new Date(5000) }), file("opt/b", "y")],
			"/opt/b: its content differs",
		],
		["the order", OWN.toReversed(), "the same files in another order"],
	])("that differ in %s are told by the first file", async (_, entries, told) => {
		const again = await image(BASE, entries);
		expect(imageDifference(await image(BASE, OWN), again)).toBe(`layer 2: ${told}`);
	});

	it("of other layers are told by them", async () => {
		const difference = imageDifference(await image(BASE, OWN), await image(BASE));
		expect(difference).toBe("layer 2: only the published one has it");
	});

	it("that differ in their config alone are told by the value", async () => {
		const published = await image(BASE);
		const change = (from: string, to: string) => ({
			...published,
			config: published.config.replace(from, to),
		});
		expect(imageDifference(published, change("A=b", "A=c"))).toBe(
			'config: .config.Env.0 "A=b", made again "A=c"',
		);
		expect(imageDifference(published, change('{"created"', '{ "created"'))).toBe(
			"config: the same in other bytes",
		);
	});

	it("whose published layer is another than the config says are not equal", async () => {
		const published = { ...(await image(BASE)), layers: (await image(OWN)).layers };
		expect(imageDifference(published, await image(BASE))).toMatch(/^layer 1: \/opt\/a: only the/);
	});
});
