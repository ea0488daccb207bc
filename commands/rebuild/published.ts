import { Readable } from "node:stream";
import { needManifest, needWhole } from "../../components/distribution/client.ts";
import { readReferrers } from "../../components/distribution/referrers.ts";
import { BUNDLE_TYPE, PROVENANCE_TYPE } from "../../components/sbom/media-types.ts";
import type { Descriptor, Statement } from "../../components/sbom/provenance.ts";
import { PROVENANCE } from "../../components/signing/statements.ts";
import { parseBundle } from "../../components/signing/verify.ts";
import type { ImageConfig } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import { sha256 } from "../../components/step/file.ts";
import { decompress } from "../../components/step/saved-image.ts";
import { INPUTS_LABEL, type Inputs, keyOfInputs } from "../../components/step/why.ts";
import { type ComparedLayer, readLayer } from "./compare.ts";

/** A published image, without its layers. */
export interface PublishedImage {
	/** Its name, with its registry. */
	readonly name: string;
	/** Of its manifest, `sha256:...`. */
	readonly digest: string;
	/** Its configuration, as text. */
	readonly config: string;
	/** Digests of its layers, compressed as they are in the registry. */
	readonly layers: readonly string[];
	/** Its content key. */
	readonly key: string;
	/** Such as `linux/amd64`. */
	readonly platform: string;
}

interface Manifest {
	readonly config: { readonly digest: string };
	readonly layers: readonly { readonly digest: string }[];
}

/** An index has one for each platform. */
interface Index {
	readonly manifests?: readonly {
		readonly digest: string;
		readonly platform?: { readonly os: string; readonly architecture: string };
	}[];
}

/**
 * Read an image from its registry; each content has the bytes that its digest says.
 *
 * @param image its name, with its registry and a tag or a digest.
 * @param architecture which one of an index.
 * @throws StepError where it is not there, or no image of this project.
 */
export async function readPublished(image: string, architecture: string): Promise<PublishedImage> {
	const top = await needManifest(image);
	const index = JSON.parse(top.toString()) as Index;
	const own = index.manifests?.find(({ platform }) => platform?.architecture === architecture);
	if (index.manifests !== undefined && own === undefined)
		throw new StepError(`${image} has no image for ${architecture}`);
	const manifest = own === undefined ? top : await needWhole(image, "manifests", own.digest);
	const { config: found, layers } = JSON.parse(manifest.toString()) as Manifest;
	const config = (await needWhole(image, "blobs", found.digest)).toString();
	const { os, architecture: of, config: container } = JSON.parse(config) as ConfigFile;
	const inputs = container?.Labels?.[INPUTS_LABEL];
	if (inputs === undefined)
		throw new StepError(`${image} has no label ${INPUTS_LABEL}: it is not of this project`);
	return {
		...{ name: image, digest: `sha256:${sha256(manifest)}`, config },
		layers: layers.map(({ digest }) => digest),
		...{ key: keyOfInputs(JSON.parse(inputs) as Inputs), platform: `${os}/${of}` },
	};
}

/** An image's configuration, as far as it is read here. */
interface ConfigFile {
	readonly os: string;
	readonly architecture: string;
	readonly config?: ImageConfig;
}

/** The layers of a published image, the lowest first. */
export async function readLayers(image: PublishedImage): Promise<ComparedLayer[]> {
	const read: ComparedLayer[] = [];
	for (const digest of image.layers) read.push(await readLayer(await readTar(image, digest)));
	return read;
}

/** The tar of a layer, by its digest in the registry. */
export async function readTar({ name }: PublishedImage, digest: string): Promise<Readable> {
	const content = await needWhole(name, "blobs", digest);
	return decompress(content, Readable.from([content]));
}

/** What is read of a provenance: of which form it is, signed or not, does not matter here. */
type Provenance = Statement["predicate"] & {
	readonly buildDefinition: { readonly resolvedDependencies?: readonly Descriptor[] };
};

/**
 * What an image was made of, by all provenances that are attached to it. Nobody's signature is checked:
 * what they say is tried, and `npm run verify` tells who says so.
 */
export async function readDependencies({
	name,
	digest,
}: Pick<PublishedImage, "name" | "digest">): Promise<Descriptor[]> {
	const [signed, plain] = await Promise.all(
		[BUNDLE_TYPE, PROVENANCE_TYPE].map((type) => readReferrers(name, digest, type)),
	);
	const statements = [
		...(signed?.contents ?? []).map((bundle) => parseBundle(bundle, digest).statement),
		...(plain?.contents ?? []).map((content) => JSON.parse(content.toString()) as Statement),
	];
	return statements
		.filter(({ predicateType }) => predicateType === PROVENANCE)
		.flatMap(
			({ predicate }) => (predicate as Provenance).buildDefinition.resolvedDependencies ?? [],
		);
}

/** The commit of this project that made an image, by its provenance. */
export function commitIn(dependencies: readonly Descriptor[]): string | undefined {
	return dependencies.find(({ digest }) => digest?.gitCommit !== undefined)?.digest?.gitCommit;
}
