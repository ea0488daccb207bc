import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker } from "./checkout.ts";

/**
 * The paths in every layer of an image, the layers that were there before it included: what a later
 * layer deletes is still in the image.
 *
 * @returns one list of paths without a leading slash for each layer, the base first.
 */
export function layerPaths(image: string): string[][] {
	return listLayers(image).map((lines) => lines.map((path) => path.replace(/^\.\//, "")));
}

/** The bytes of all files in each layer of an image, the base first, as GNU tar counts them. */
export function layerBytes(image: string): number[] {
	return listLayers(image, "--verbose").map((lines) =>
		lines
			.filter((line) => line.startsWith("-"))
			.reduce((sum, line) => sum + Number(line.split(/ +/)[2]), 0),
	);
}

/** What tar lists of each layer. */
function listLayers(image: string, ...options: string[]): string[][] {
	const folder = mkdtempSync(join(tmpdir(), "layers-"));
	try {
		const tar = join(folder, "image.tar");
		docker("save", "--output", tar, image);
		execFileSync("tar", ["--extract", `--file=${tar}`, `--directory=${folder}`]);
		const [manifest] = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as [
			{ Layers: string[] },
		];
		return manifest.Layers.map((layer) =>
			execFileSync("tar", ["--list", ...options, `--file=${join(folder, layer)}`], {
				encoding: "utf8",
				maxBuffer: 1e9,
			})
				.split("\n")
				.filter((line) => line !== ""),
		);
	} finally {
		rmSync(folder, { recursive: true });
	}
}
