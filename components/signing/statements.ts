import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { readProvenance } from "../sbom/attach.ts";
import { type Descriptor, PREDICATE_TYPE } from "../sbom/provenance.ts";

/** The predicate of an image's signature, which says nothing more (cosign, since version 3). */
export const SIGNATURE = "https://sigstore.dev/cosign/sign/v1";

/** The predicate of an SBOM in CycloneDX (in-toto attestation specification, "Predicates"). */
export const BOM = "https://cyclonedx.org/bom";

/** The predicate of a provenance. */
export const PROVENANCE = PREDICATE_TYPE;

/** What is signed: an in-toto statement. */
export interface SignableStatement {
	readonly predicateType: string;
	/** The rest of it: read and asked for only where it is to be signed. */
	content(): Promise<StatementContent>;
}

/** What a statement says, and of what. */
export interface StatementContent {
	readonly subject: readonly Descriptor[];
	readonly predicate: unknown;
}

/**
 * What is signed of an image: that it is ours, its SBOM, and its provenance.
 *
 * @param digest of its manifest in the registry, `sha256:...`.
 * @param files its SBOM and its provenance, as far as they are there.
 */
export function statementsOf(
	image: string,
	digest: string,
	files: readonly string[],
): SignableStatement[] {
	const sum = { sha256: digest.replace("sha256:", "") };
	const described = files
		.filter((file) => existsSync(file))
		.map((file): SignableStatement => {
			if (!file.endsWith(".intoto.json"))
				return {
					predicateType: BOM,
					content: async () => ({
						subject: [{ name: image, digest: sum }],
						predicate: JSON.parse(await readFile(file, "utf8")) as unknown,
					}),
				};
			return {
				predicateType: PROVENANCE,
				content: () => readProvenance(file, image, digest),
			};
		});
	const signature = async () => ({ subject: [{ digest: sum }], predicate: {} });
	return [{ predicateType: SIGNATURE, content: signature }, ...described];
}
