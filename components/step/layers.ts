import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { sha256 } from "./file.ts";
import { loadFiles } from "./load-image.ts";
import type { Step } from "./step.ts";

/** What {@link loadLayers} needs. */
export interface Layers {
	/** Where they are, and what is made of them goes. */
	readonly folder: string;
	/** Names of the layers' tars there, the lowest first. */
	readonly layers: readonly string[];
	/** Such as `linux/arm64`. */
	readonly platform: string;
	/** The moment that the image is of. */
	readonly created: Date;
	/** What the history says of each layer. */
	readonly comment: string;
	/** The image's `config` (OCI image specification, "Image Configuration"). */
	readonly config: object;
}

/**
 * Load tars as the layers of an image from scratch. docker load, not docker import: the image is then of the
 * moment and the architecture that is said here, the same layers give the same image anywhere, and the daemon
 * makes all of them at once. Its format: OCI image specification, "Image Configuration", in an archive of
 * docker save.
 */
export async function loadLayers(step: Step, image: string, args: Layers): Promise<void> {
	const { folder, layers } = args;
	const config = await imageConfig(args);
	const name = `${sha256(config)}.json`;
	const manifest = [{ Config: name, RepoTags: [image], Layers: layers }];
	await writeFile(join(folder, name), config);
	await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
	await loadFiles(folder, ["manifest.json", name, ...layers], step.signal);
}

async function imageConfig(args: Layers): Promise<string> {
	const { folder, layers, platform, comment, config } = args;
	const [os, architecture] = platform.split("/");
	const created = args.created.toISOString();
	const sums = await Promise.all(layers.map((layer) => fileSha256(join(folder, layer))));
	return JSON.stringify({
		architecture,
		...(architecture === "arm64" && { variant: "v8" }),
		os,
		created,
		config,
		rootfs: { type: "layers", diff_ids: sums.map((sum) => `sha256:${sum}`) },
		history: sums.map(() => ({ created, comment })),
	});
}

async function fileSha256(file: string): Promise<string> {
	const hash = createHash("sha256");
	await pipeline(createReadStream(file), hash);
	return hash.digest("hex");
}
