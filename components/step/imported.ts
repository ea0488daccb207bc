import { docker, inspectImage, labelChanges, PROJECT_LABEL } from "./docker.ts";
import { askEngine } from "./engine-api.ts";
import { loadImage } from "./load-image.ts";
import { type TarEntry, tarOf } from "./tar.ts";

/** What {@link importFiles} needs. */
export interface ImportedFiles {
	readonly platform: string;
	/** Beside the project's own. */
	readonly labels: Readonly<Record<string, string>>;
	/** By path, in any order. */
	readonly files: ReadonlyMap<string, Buffer>;
}

/** Make an image from scratch of files: the same files give the same layer. */
export async function importFiles(
	image: string,
	{ platform, labels, files }: ImportedFiles,
): Promise<void> {
	const entries = [...files]
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([name, content]): TarEntry => [{ name, mode: 0o644, mtime: new Date(0) }, content]);
	const all = labelChanges({ ...labels, [PROJECT_LABEL]: "debian-python" });
	await docker(["import", `--platform=${platform}`, ...all, "-", image], {
		input: await tarOf(entries),
	});
	await setArchitecture(image, platform);
}

/**
 * Give an image that docker import made the architecture that it was to have: Docker 20.10 takes of
 * `--platform` the operating system alone, and the image is then for the daemon's own.
 *
 * @param platform such as `linux/arm64`.
 */
export async function setArchitecture(image: string, platform: string): Promise<void> {
	const [os, architecture] = platform.split("/");
	const imported = await inspectImage(image);
	if (imported === undefined || imported.Architecture === architecture) return;
	const { Id: committed, Created: created, Comment: comment, Config, RootFS } = imported;
	const layers = RootFS.Layers ?? [];
	const config = JSON.stringify({
		...{ architecture, os, created, config: Config },
		rootfs: { type: "layers", diff_ids: layers },
		history: [{ created, comment }],
	});
	await loadImage({ committed, name: image, config, layers, parent: undefined });
	// The name is the new one's now.
	await askEngine(`/images/${committed}?noprune=true`, { method: "DELETE" });
}
