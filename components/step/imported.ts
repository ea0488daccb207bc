import { docker, inspectImage, PROJECT_LABEL, tagImage } from "./docker.ts";
import { engine } from "./engine.ts";
import { changeOptions, labelInstructions } from "./instructions.ts";
import { loadImage } from "./load-image.ts";
import { withUnfinishedName } from "./sweep.ts";
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
	const instructions = labelInstructions({ ...labels, [PROJECT_LABEL]: "debian-python" });
	const input = await tarOf(entries);
	await importImage(image, { platform, instructions }, (command) => docker(command, { input }));
}

/** What an image has that {@link importImage} makes. */
export interface Import {
	/** Such as `linux/arm64`. */
	readonly platform: string;
	/** Of a Dockerfile, for its config. */
	readonly instructions: readonly string[];
	/** For its history. */
	readonly message?: string;
}

/**
 * Make an image from scratch of a tar, which has its name once it is whole.
 *
 * @param give runs docker import, the command that it gets, with the tar as its standard input.
 */
export async function importImage(
	image: string,
	{ platform, instructions, message }: Import,
	give: (command: readonly string[]) => Promise<unknown>,
): Promise<void> {
	const options = [
		`--platform=${platform}`,
		...(message === undefined ? [] : [`--message=${message}`]),
		...changeOptions(instructions),
	];
	await withUnfinishedName(async (imported) => {
		await give(["import", ...options, "-", imported]);
		await correct(imported, image, { platform, instructions });
	});
}

/**
 * Name what docker import made, with the architecture and the config that it was to have: Docker 20.10 takes
 * of `--platform` the operating system alone, and the image is then for the daemon's own.
 */
async function correct(
	imported: string,
	image: string,
	{ platform, instructions }: Import,
): Promise<void> {
	const [os, architecture] = platform.split("/");
	const found = await inspectImage(imported);
	if (found === undefined) return;
	const own = (await engine()).importedConfig(found, instructions);
	if (own === found.Config && found.Architecture === architecture) return tagImage(imported, image);
	const { Created: created, Comment: comment, RootFS } = found;
	const layers = RootFS.Layers ?? [];
	const config = JSON.stringify({
		...{ architecture, os, created, config: own },
		rootfs: { type: "layers", diff_ids: layers },
		history: [{ created, comment }],
	});
	await loadImage({ committed: found.Id, name: image, config, layers, parent: undefined });
}
