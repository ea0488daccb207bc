import { existsSync } from "node:fs";
import { attachedTypes } from "../distribution/referrers.ts";
import { BOM_TYPE, PROVENANCE_TYPE } from "./media-types.ts";

/** Those of an image's files of which its registry has none of their type. */
export async function missingFiles(
	image: string,
	digest: string,
	files: readonly string[],
): Promise<string[]> {
	const present = files.filter((file) => existsSync(file));
	if (present.length === 0) return [];
	const types = await attachedTypes(image, digest);
	return present.filter((file) => !types.includes(mediaType(file)));
}

/** The type that a file has as an artefact. */
export function mediaType(file: string): string {
	return file.endsWith(".intoto.json") ? PROVENANCE_TYPE : BOM_TYPE;
}
