import type { Component } from "@cyclonedx/cyclonedx-library/Models";
import type { AppliedPatch, CPythonSource } from "./facts.ts";

/** What is read of a serialized SBOM. */
interface Serialized {
	readonly components: { readonly "bom-ref": string; pedigree?: object }[];
}

/**
 * A serialized SBOM in which a patched CPython has its pedigree (CycloneDX 1.6, "pedigree"), of which the
 * library knows nothing. That of an unpatched one stays as it is.
 */
export function withPedigree(
	text: string,
	{ bomRef }: Pick<Component, "bomRef">,
	{ patches }: Pick<CPythonSource, "patches">,
): string {
	if (patches === undefined) return text;
	const bom = JSON.parse(text) as Serialized;
	const cpython = bom.components.find((each) => each["bom-ref"] === bomRef.value);
	if (cpython !== undefined) cpython.pedigree = { patches: patches.map(patchEntry) };
	return JSON.stringify(bom, null, 2);
}

function patchEntry({ type, url, diff, cves }: AppliedPatch): object {
	return {
		type,
		diff: {
			...(url !== undefined && { url }),
			...(diff !== undefined && { text: { contentType: "text/x-diff", content: diff } }),
		},
		...(cves.length > 0 && {
			resolves: cves.map((id) => ({
				...{ type: "security", id },
				source: { name: "CVE", url: `https://www.cve.org/CVERecord?id=${id}` },
			})),
		}),
	};
}
