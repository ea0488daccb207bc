import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { FROM_SCRATCH, readSizes } from "./layers.ts";

/** A tar of files by name; a string that starts with -> is a link. */
async function tar(files: Record<string, string | Buffer>): Promise<Buffer> {
	const made = pack();
	for (const [name, content] of Object.entries(files)) {
		if (typeof content === "string" && content.startsWith("->"))
			made.entry({ name, type: "symlink", linkname: content.slice(2) });
		else made.entry({ name }, content);
	}
	made.finalize();
	return buffer(Readable.from(made as AsyncIterable<Buffer>));
}

const base = await tar({ "usr/bin/sh": "1234", "./usr/bin/ls": "12", "top.txt": "1" });
const libraries = await tar({ "usr/lib/a.so": "x".repeat(100_000), "usr/lib/b.so": "->a.so" });
const config = JSON.stringify({
	history: [
		{ created_by: "import" },
		{ created_by: "USER root", empty_layer: true },
		{ created_by: '/bin/sh -c #(nop) CMD ["sh"]', empty_layer: true },
		{ created_by: "/bin/sh -c #(nop)  USER root", empty_layer: true },
		{ created_by: "COPY file" },
		{ created_by: "RUN install" },
	],
});
const sizes = [
	{
		sizes: new Map([
			["usr/bin", 6],
			[".", 1],
		]),
		own: false,
	},
	{ sizes: new Map([["usr/lib", 100_000]]), own: true },
	{
		sizes: new Map([
			["usr/bin", 6],
			[".", 1],
		]),
		own: true,
	},
];

describe("what docker save writes", () => {
	it("up to Docker 24: folders, and a link for a layer that is there already", async () => {
		const archive = await tar({
			"1/VERSION": "1.0",
			"1/layer.tar": base,
			"2/json": "{}",
			"2/layer.tar": libraries,
			"3/layer.tar": "->../1/layer.tar",
			"config.json": config,
			"manifest.json": JSON.stringify([
				{ Config: "config.json", Layers: ["1/layer.tar", "2/layer.tar", "3/layer.tar"] },
			]),
		});
		expect(await readSizes(Readable.from([archive]))).toEqual(sizes);
	});

	it.each([
		["as they are", (layer: Buffer) => layer],
		["compressed by gzip", gzipSync],
		["compressed by zstd", zstdCompressSync],
	])("since Docker 25: blobs in any order, %s", async (_, compress) => {
		const archive = await tar({
			"blobs/sha256/aa": compress(libraries),
			"blobs/sha256/bb": config,
			"blobs/sha256/cc": compress(base),
			"index.json": "{}",
			"manifest.json": JSON.stringify([
				{
					Config: "blobs/sha256/bb",
					Layers: ["blobs/sha256/cc", "blobs/sha256/aa", "blobs/sha256/cc"],
				},
			]),
			"oci-layout": "{}",
		});
		expect(await readSizes(Readable.from([archive]))).toEqual(sizes);
	});

	it("of an image without debbase is an error, and not one that adds nothing", async () => {
		const archive = await tar({
			"1/layer.tar": base,
			"config.json": "{}",
			"manifest.json": '[{"Config":"config.json","Layers":["1/layer.tar"]}]',
		});
		await expect(readSizes(Readable.from([archive]))).rejects.toThrow("no USER root");
	});

	it("of an image from scratch is all its own", async () => {
		const history = [{ comment: FROM_SCRATCH }, { created_by: "an app" }];
		const archive = await tar({
			"1/layer.tar": base,
			"2/layer.tar": libraries,
			"config.json": JSON.stringify({ history }),
			"manifest.json": '[{"Config":"config.json","Layers":["1/layer.tar","2/layer.tar"]}]',
		});
		const layers = await readSizes(Readable.from([archive]));
		expect(layers.map(({ own }) => own)).toEqual([true, true]);
	});

	it("cut short is an error", async () => {
		const archive = await tar({ "1/layer.tar": base, "manifest.json": "[]" });
		await expect(readSizes(Readable.from([archive.subarray(0, 2000)]))).rejects.toThrow();
		const without = await tar({
			"config.json": config,
			"manifest.json": '[{"Config":"config.json","Layers":["1/layer.tar"]}]',
		});
		await expect(readSizes(Readable.from([without]))).rejects.toThrow("1/layer.tar is missing");
	});
});
