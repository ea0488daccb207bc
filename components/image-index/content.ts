import { readContent } from "../distribution/client.ts";
import { tagOf } from "../image-name.ts";
import { StepError } from "../step/error.ts";
import { sha256 } from "../step/file.ts";

/** Of an index (OCI image specification, "Image Index"). */
export const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";

/** What an image's manifest and config say of it. */
interface Manifest {
	readonly mediaType: string;
	readonly config: { readonly digest: string };
}

interface Config {
	readonly architecture: string;
	readonly os: string;
	readonly variant?: string;
}

/**
 * The index of images that are in one repository of a registry, as its bytes. The same images give the same.
 *
 * @throws StepError where one is not there.
 */
export async function imageIndex(images: readonly string[]): Promise<Buffer> {
	const manifests = await Promise.all(images.map(descriptor));
	return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests }));
}

/** What an index says of one of its images (OCI image specification, "Content Descriptors"). */
async function descriptor(image: string): Promise<object> {
	const manifest = await needContent(image, `manifests/${tagOf(image)}`);
	const { mediaType, config } = JSON.parse(manifest.toString()) as Manifest;
	const content = await needContent(image, `blobs/${config.digest}`);
	const { architecture, os, variant } = JSON.parse(content.toString()) as Config;
	return {
		mediaType,
		digest: `sha256:${sha256(manifest)}`,
		size: manifest.length,
		platform: { architecture, os, ...(variant && { variant }) },
	};
}

async function needContent(image: string, path: string): Promise<Buffer> {
	const content = await readContent(image, path);
	if (content !== undefined) return content;
	throw new StepError(
		`${image} is not whole in its registry, which has no ${path} of it`,
		"run npm start, or pulumi up --replace '**-push', to push it again",
	);
}
