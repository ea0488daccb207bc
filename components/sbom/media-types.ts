/** Of an SBOM in CycloneDX's JSON (IANA media types). */
export const BOM_TYPE = "application/vnd.cyclonedx+json";

/** Of an in-toto statement (in-toto attestation specification, "Statement"). */
export const PROVENANCE_TYPE = "application/vnd.in-toto+json";
