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
	const folder = mkdtempSync(join(tmpdir(), "layers-"));
	try {
		const tar = join(folder, "image.tar");
		docker("save", "--output", tar, image);
		execFileSync("tar", ["--extract", `--file=${tar}`, `--directory=${folder}`]);
		const [manifest] = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as [
			{ Layers: string[] },
		];
		return manifest.Layers.map((layer) =>
			execFileSync("tar", ["--list", `--file=${join(folder, layer)}`], {
				encoding: "utf8",
				maxBuffer: 1e9,
			})
				.split("\n")
				.map((path) => path.replace(/^\.\//, ""))
				.filter((path) => path !== ""),
		);
	} finally {
		rmSync(folder, { recursive: true });
	}
}
