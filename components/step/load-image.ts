import { execa } from "execa";
import { daemonVariables } from "./daemon.ts";
import { answerError, dockerError } from "./docker-error.ts";
import { askEngine } from "./engine-api.ts";
import { StepError } from "./error.ts";
import { sha256 } from "./file.ts";
import { readDocuments } from "./saved-image.ts";
import { type TarEntry, tarOf } from "./tar.ts";

/*
 * An image whose layers the daemon has: docker load looks for a layer in an archive only where it lacks it.
 */

/** What {@link loadImage} loads. */
export interface LoadedImage {
	/** An image of the daemon that has the layers. */
	readonly committed: string;
	/** The name that it gets. */
	readonly name: string;
	/** Its configuration (OCI image specification). */
	readonly config: string;
	/** The sums of its layers' tars, the lowest first. */
	readonly layers: readonly string[];
	/** An image whose history, and a line more, and whose layers, and one more, it has: the daemon keeps that with it. */
	readonly parent: { readonly id: string; readonly config: string } | undefined;
}

/** Load an image whose layers the daemon has. */
export async function loadImage(image: LoadedImage): Promise<void> {
	const { name } = image;
	const body = await tarOf(await archive(image));
	const headers = { "content-type": "application/x-tar" };
	const answer = await askEngine("/images/load?quiet=1", { method: "POST", headers, body });
	if (answer.status !== 200) throw answerError(["load", name], answer.body);
	// What goes wrong later stands in the answer, a JSON value a line.
	const fault = answer.body.split("\n").find((line) => line.includes('"error"'));
	if (fault !== undefined) throw answerError(["load", name], fault);
}

/**
 * Load an archive whose files are in a folder.
 *
 * @param files their names, in the archive's order.
 */
export async function loadFiles(
	folder: string,
	files: readonly string[],
	signal?: AbortSignal,
): Promise<void> {
	const options = { cancelSignal: signal, env: daemonVariables(), reject: false } as const;
	const tar = execa("tar", ["--create", `--directory=${folder}`, ...files], {
		...options,
		buffer: { stdout: false },
	});
	const args = ["load", "--quiet"];
	const loaded = await tar.pipe("docker", args, options);
	const packed = await tar;
	if (loaded.isCanceled) throw new StepError("stopped");
	if (loaded.failed) throw dockerError(args, loaded);
	if (packed.failed) throw new StepError(`${folder} cannot be read: ${packed.stderr}`);
}

/** As the daemon wants it: containerd's store knows a layer by its compressed bytes. */
async function archive(image: LoadedImage): Promise<TarEntry[]> {
	const { body, isPodman } = await askEngine("/info");
	// Podman reads nothing of a layer that it has, its size neither.
	if (isPodman)
		return layout(image, manifestOf(image.layers.map((digest) => ({ digest, size: 0 }))));
	const { DriverStatus } = JSON.parse(body) as { DriverStatus?: [string, string][] | null };
	const isContainerd = (DriverStatus ?? []).some(([, value]) =>
		value.startsWith("io.containerd.snapshotter."),
	);
	return isContainerd ? layout(image, await readManifest(image.committed)) : saved(image);
}

/** An archive of docker save. A parent counts where it is in the same archive. */
function saved({ name, config, layers, parent }: LoadedImage): TarEntry[] {
	const file = (content: string) => `${sha256(content)}.json`;
	const below = parent && { Config: file(parent.config), Layers: layers.slice(0, -1) };
	const image = { Config: file(config), RepoTags: [name], Layers: layers, Parent: parent?.id };
	const manifest = [...(below ? [below] : []), image];
	const configs = [config, ...(parent === undefined ? [] : [parent.config])];
	return [
		[{ name: "manifest.json" }, JSON.stringify(manifest)],
		...configs.map((content): TarEntry => [{ name: file(content) }, content]),
	];
}

/** An image's manifest, or an index of them, as far as it is read here. */
export interface Manifest {
	readonly mediaType: string;
	readonly config: object;
	readonly layers?: readonly LayerFile[];
	readonly manifests?: readonly { readonly digest: string }[];
}

/** The manifest of an image in containerd's store. */
async function readManifest(committed: string): Promise<Manifest> {
	const documents = await readDocuments(committed);
	const read = (path: string) => JSON.parse(documents.get(path) ?? "{}") as Manifest;
	let manifest = read("index.json");
	while (manifest.manifests !== undefined)
		manifest = read(`blobs/sha256/${manifest.manifests[0]?.digest.replace("sha256:", "")}`);
	return manifest;
}

/** What a manifest has of a layer: the sum of its tar, and its size in bytes. */
export interface LayerFile {
	readonly digest: string;
	readonly size: number;
}

/** The manifest of an image of such layers. */
export function manifestOf(layers: readonly LayerFile[]): Manifest {
	return {
		...{ schemaVersion: 2 },
		// Docker's: one of OCI has no HEALTHCHECK.
		mediaType: "application/vnd.docker.distribution.manifest.v2+json",
		config: { mediaType: "application/vnd.docker.container.image.v1+json" },
		layers: layers.map((layer) => ({
			...{ mediaType: "application/vnd.docker.image.rootfs.diff.tar", ...layer },
		})),
	};
}

/**
 * An OCI layout (OCI image specification, "Image Layout") without its layers.
 *
 * @param manifest of an image with the same layers.
 */
export function layout(
	{ name, config }: Pick<LoadedImage, "name" | "config">,
	manifest: Manifest,
): TarEntry[] {
	const changed = JSON.stringify({
		...manifest,
		config: { ...manifest.config, ...descriptor(config) },
	});
	const annotations = { "io.containerd.image.name": name };
	const entry = { mediaType: manifest.mediaType, ...descriptor(changed), annotations };
	return [
		[{ name: "oci-layout" }, '{"imageLayoutVersion":"1.0.0"}'],
		[{ name: "index.json" }, JSON.stringify({ schemaVersion: 2, manifests: [entry] })],
		...[changed, config].map((blob): TarEntry => [{ name: `blobs/sha256/${sha256(blob)}` }, blob]),
	];
}

function descriptor(content: string) {
	return { digest: `sha256:${sha256(content)}`, size: Buffer.byteLength(content) };
}
