import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type ImageConfig, tagImage } from "./docker.ts";
import { type LayerFile, layout, loadFiles, manifestOf } from "./load-image.ts";
import { temporaryName } from "./owner.ts";
import { dockerLayer } from "./podman-layer.ts";
import { readImage } from "./saved-image.ts";

/** The sum of a tar in which nothing is. */
export const EMPTY_LAYER =
	"sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

/** What an image is made of. */
export interface Made {
	/** Its configuration (OCI image specification), as far as it is read or changed here. */
	readonly config: { readonly created: string; readonly config: ImageConfig };
	/** The lowest first. */
	readonly layers: readonly LayerFile[];
}

/** Where an OCI layout has its files (OCI image specification, "Image Layout"). */
const BLOBS = "blobs/sha256";

/**
 * Make of an image of Podman's one whose layers are as Docker's.
 *
 * @param names what it is called; the first counts.
 * @param below the sums of the layers that stay as they are.
 * @param change makes its config, which then gets the layers.
 */
export async function remake(
	image: string,
	names: readonly string[],
	below: readonly string[],
	change: (made: Made) => Made,
): Promise<void> {
	const folder = join(tmpdir(), temporaryName());
	try {
		await mkdir(join(folder, BLOBS), { recursive: true });
		const saved = await readImage(image, async (tar, path): Promise<LayerFile> => {
			const digest = `sha256:${basename(path, ".tar")}`;
			if (!below.includes(digest)) return writeLayer(dockerLayer(tar), folder);
			tar.resume();
			return { digest, size: 0 };
		});
		const { layers, config } = change({
			config: JSON.parse(saved.config) as Made["config"],
			layers: saved.layers,
		});
		const rootfs = { type: "layers", diff_ids: layers.map(({ digest }) => digest) };
		await load(folder, names, JSON.stringify({ ...config, rootfs }), layers);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/** Write a layer's tar where it is looked for by its sum. */
async function writeLayer(tar: AsyncIterable<Buffer>, folder: string): Promise<LayerFile> {
	const hash = createHash("sha256");
	let size = 0;
	const file = join(folder, "layer");
	await pipeline(
		tar,
		async function* (parts: AsyncIterable<Buffer>) {
			for await (const part of parts) {
				hash.update(part);
				size += part.length;
				yield part;
			}
		},
		createWriteStream(file),
	);
	const sum = hash.digest("hex");
	await rename(file, join(folder, BLOBS, sum));
	return { digest: `sha256:${sum}`, size };
}

async function load(
	folder: string,
	[name = "", ...others]: readonly string[],
	config: string,
	layers: readonly LayerFile[],
): Promise<void> {
	for (const [header, content = ""] of layout({ name, config }, manifestOf(layers)))
		await writeFile(join(folder, header.name), content);
	await loadFiles(folder, ["."]);
	for (const other of others) await tagImage(name, other);
}
