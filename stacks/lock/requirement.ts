import { validRange } from "@renovatebot/pep440";
import { Refusal } from "../config-values.ts";
import { parseMarker } from "./markers.ts";
import { normalizeName } from "./names.ts";

/** A dependency specifier (PEP 508). */
export interface Requirement {
	/** Normalised (PEP 503). */
	readonly name: string;
	/** Normalised, sorted. */
	readonly extras: readonly string[];
	/** Version specifiers (PEP 440), as they stand there; empty: any version. */
	readonly specifier: string;
	/** Where it comes from, of a direct reference. */
	readonly url?: string;
	/** On what condition it applies; a valid one. */
	readonly marker?: string;
}

const requirement =
	/^\s*(?<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[(?<extras>[^\]]*)\])?\s*(?:@\s*(?<url>\S+)\s*(?:\s;(?<urlMarker>.*))?|\(?(?<specifier>[<>=!~][^;()@]*)?\)?\s*(?:;(?<marker>.*))?)$/s;

/** Parses a dependency specifier; throws a Refusal if it is none. */
export function parseRequirement(text: string): Requirement {
	const parts = requirement.exec(text)?.groups;
	if (parts === undefined) throw new Refusal("is no dependency specifier (PEP 508)");
	const { name = "", extras = "", url, specifier = "" } = parts;
	const marker = parts.urlMarker ?? parts.marker;
	if (specifier.trim() !== "" && !validRange(specifier.trim()))
		throw new Refusal("has no valid version specifier (PEP 440)");
	if (marker !== undefined) parseMarker(marker);
	return {
		name: normalizeName(name),
		extras: extras
			.split(",")
			.map((extra) => normalizeName(extra.trim()))
			.filter((extra) => extra !== "")
			.sort(),
		specifier: specifier.trim(),
		...(url !== undefined && { url }),
		...(marker !== undefined && { marker: marker.trim() }),
	};
}
