import {
	ComponentType,
	Vulnerability as VulnerabilityEnums,
} from "@cyclonedx/cyclonedx-library/Enums";
import {
	Bom,
	BomLinkElement,
	Component,
	Tool,
	Vulnerability as VulnerabilityModels,
} from "@cyclonedx/cyclonedx-library/Models";
import { JSON as CycloneDxJson, JsonSerializer } from "@cyclonedx/cyclonedx-library/Serialize";
import { Spec1dot6 } from "@cyclonedx/cyclonedx-library/Spec";
import type { Finding } from "./findings.ts";
import type { Audit } from "./report.ts";
import type { Severity } from "./severity.ts";

const { AnalysisState, AnalysisResponse, Severity: Severities } = VulnerabilityEnums;
const { Affect, Analysis, Rating, Source, Vulnerability } = VulnerabilityModels;

/**
 * What an audit found as a document of CycloneDX's Vulnerability Exploitability eXchange, which names the
 * components by their places in the images' SBOMs (BOM-Links).
 */
export function auditVex({ stack, findings }: Audit): string {
	const bom = new Bom();
	bom.metadata.tools.tools.add(new Tool({ name: "debian-python" }));
	bom.metadata.component = new Component(ComponentType.Application, stack, { bomRef: stack });
	for (const finding of findings) bom.vulnerabilities.add(vulnerability(finding));
	const serializer = new JsonSerializer(new CycloneDxJson.Normalize.Factory(Spec1dot6));
	return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function vulnerability(finding: Finding) {
	const { id, summary, severity, score, component } = finding;
	const result = new Vulnerability({
		// The library's default is a random one.
		bomRef: [id, component.name, component.version, component.carrier?.name ?? []].flat().join("/"),
		id,
		source: new Source({ name: "OSV", url: `https://osv.dev/vulnerability/${id}` }),
		...(summary !== undefined && { description: summary }),
		analysis: analysis(finding),
	});
	const rating = { severity: RATED[severity], ...(score !== undefined && { score }) };
	result.ratings.add(new Rating(rating));
	for (const ref of component.refs) result.affects.add(new Affect(new BomLinkElement(ref)));
	return result;
}

const RATED: Readonly<Record<Severity, VulnerabilityEnums.Severity>> = {
	unknown: Severities.Unknown,
	low: Severities.Low,
	medium: Severities.Medium,
	high: Severities.High,
	critical: Severities.Critical,
};

/** Nothing is said here of what nobody looked into: that an accepted one cannot be used is not known. */
function analysis({ state, reason }: Finding) {
	if (state === "resolved") return new Analysis({ state: AnalysisState.ResolvedWithPedigree });
	const result = new Analysis({
		state: AnalysisState.InTriage,
		...(reason !== undefined && { detail: reason }),
	});
	if (state === "accepted") result.response.add(AnalysisResponse.WillNotFix);
	return result;
}
