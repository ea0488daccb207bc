/** Of an SBOM in CycloneDX's JSON (IANA media types). */
export const BOM_TYPE = "application/vnd.cyclonedx+json";

/** Of a signature (sigstore bundle, version 0.3). */
export const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** Of an in-toto statement (in-toto attestation specification, "Statement"). */
export const PROVENANCE_TYPE = "application/vnd.in-toto+json";
