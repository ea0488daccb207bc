import { needManifest, needWhole } from "../../components/distribution/client.ts";
import { readReferrers } from "../../components/distribution/referrers.ts";
import { repositoryOf } from "../../components/image-name.ts";
import { BUNDLE_TYPE } from "../../components/sbom/media-types.ts";
import type { Descriptor } from "../../components/sbom/provenance.ts";
import { BOM, PROVENANCE, SIGNATURE } from "../../components/signing/statements.ts";
import { type SignedStatement, type Trust, verifyBundle } from "../../components/signing/verify.ts";
import { StepError } from "../../components/step/error.ts";
import { sha256 } from "../../components/step/file.ts";

/** Of whatever is wrong with it. */
const REMEDY = "do not run it";

/** What is known of an image once its signatures are checked. */
export interface VerifiedImage {
	/** Of its manifest, `sha256:...`. */
	readonly digest: string;
	/** The provenance's commit of this project: its address, and its hash. */
	readonly commit: { readonly uri: string; readonly gitCommit: string } | undefined;
	/** What it was made from, by the provenance; undefined where none is signed. */
	readonly madeFrom: readonly string[] | undefined;
	/** The purls of what is in it, by the SBOM; undefined where none is signed. */
	readonly components: readonly string[] | undefined;
	/** Of an index: the images that it has, each by its digest, which are checked in the same way. */
	readonly images: readonly string[];
}

/**
 * Check who signed an image, or an index, and read what is signed of it. Of its registry alone.
 *
 * @param image its name, with its registry and a tag or a digest.
 * @throws StepError with the reason where it is not signed by whom is trusted.
 */
export async function verifyImage(image: string, trust: Trust): Promise<VerifiedImage> {
	const { digest, images } = await checkedManifest(image);
	const { contents, problems } = await readReferrers(image, digest, BUNDLE_TYPE);
	const good: SignedStatement[] = [];
	const reasons = new Set(problems);
	for (const bundle of contents) {
		try {
			good.push(verifyBundle(bundle, digest, trust));
		} catch (error) {
			reasons.add((error as Error).message);
		}
	}
	if (!good.some(({ predicateType }) => predicateType === SIGNATURE))
		throw new StepError(
			`${image} ${reasons.size === 0 ? "has no signature in its registry" : `is not signed by whom is trusted: ${[...reasons].join("; ")}`}`,
			REMEDY,
		);
	return { digest, images, ...provenanceOf(good), components: componentsOf(good) };
}

/**
 * The digest that an image has now, whose manifest and config have the bytes that it says, and the images of
 * an index. Docker checks the bytes of the layers when it pulls them.
 */
async function checkedManifest(image: string): Promise<Pick<VerifiedImage, "digest" | "images">> {
	const manifest = await needManifest(image, REMEDY);
	const { config, manifests = [] } = JSON.parse(manifest.toString()) as Manifest;
	if (config !== undefined) await needWhole(image, "blobs", config.digest, REMEDY);
	return {
		digest: `sha256:${sha256(manifest)}`,
		images: manifests.map(({ digest }) => `${repositoryOf(image)}@${digest}`),
	};
}

/** What is read of an image's manifest, and of an index (OCI image specification). */
interface Manifest {
	readonly config?: { readonly digest: string };
	readonly manifests?: readonly { readonly digest: string }[];
}

/** What is read of a provenance (SLSA v1). */
interface Provenance {
	readonly buildDefinition?: { readonly resolvedDependencies?: readonly Descriptor[] };
}

function provenanceOf(
	good: readonly SignedStatement[],
): Pick<VerifiedImage, "commit" | "madeFrom"> {
	const found = good.find(({ predicateType }) => predicateType === PROVENANCE);
	if (found === undefined) return { commit: undefined, madeFrom: undefined };
	const { buildDefinition = {} } = found.predicate as Provenance;
	const { resolvedDependencies: all = [] } = buildDefinition;
	const own = all.find(({ digest }) => digest?.gitCommit !== undefined);
	return {
		commit: own && { uri: own.uri ?? "", gitCommit: own.digest?.gitCommit ?? "" },
		madeFrom: all.filter((each) => each !== own).map(({ uri, name }) => uri ?? name ?? ""),
	};
}

function componentsOf(good: readonly SignedStatement[]): string[] | undefined {
	const found = good.find(({ predicateType }) => predicateType === BOM);
	const { components } = (found?.predicate ?? {}) as { components?: { purl?: string }[] };
	return components?.flatMap(({ purl }) => purl ?? []);
}
