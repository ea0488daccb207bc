import cvss from "ae-cvss-calculator";
import type { Affected, OsvRecord } from "./osv.ts";

/** From the least to the most; `unknown` is what no database has judged. */
export const severities = ["unknown", "low", "medium", "high", "critical"] as const;

/** The qualitative severity of CVSS ("Qualitative Severity Rating Scale"). */
export type Severity = (typeof severities)[number];

/** A severity, and the CVSS score that it is of, from 0 to 10. */
export interface Rating {
	readonly severity: Severity;
	readonly score?: number;
}

/**
 * What a record says of its severity: the score of its newest CVSS, else the word of its database, else
 * Debian's urgency.
 *
 * @param entries what it says of the package.
 */
export function ratingOf(record: OsvRecord, entries: readonly Affected[]): Rating {
	const vectors = [record, ...entries].flatMap(({ severity = [] }) => severity);
	const newest = vectors
		.filter(({ type }) => type.startsWith("CVSS_V"))
		.sort((a, b) => b.type.localeCompare(a.type));
	for (const { score: vector } of newest) {
		const score = scoreOf(vector);
		if (score !== undefined) return { severity: severityOf(score), score };
	}
	const words = [
		record.database_specific?.severity,
		...entries.map((entry) => entry.ecosystem_specific?.urgency),
	];
	return { severity: words.map(severityOfWord).find((each) => each !== "unknown") ?? "unknown" };
}

/** The worst of several. */
export function worst(ratings: readonly Rating[]): Rating {
	const rank = ({ severity, score = 0 }: Rating) => severities.indexOf(severity) * 100 + score;
	return ratings.reduce((most, each) => (rank(each) > rank(most) ? each : most), UNKNOWN);
}

const UNKNOWN: Rating = { severity: "unknown" };

function scoreOf(vector: string): number | undefined {
	try {
		const score = cvss.fromVector(vector)?.calculateScores().overall;
		return typeof score === "number" && Number.isFinite(score) ? score : undefined;
	} catch {
		// Not one: what is wrong in a database must not hide the vulnerability.
		return undefined;
	}
}

function severityOf(score: number): Severity {
	if (score >= 9) return "critical";
	if (score >= 7) return "high";
	return score >= 4 ? "medium" : "low";
}

/** GitHub's words, and those of Debian's urgency, which may have a mark (`low*`). */
function severityOfWord(word = ""): Severity {
	const plain = word.toLowerCase().replace("*", "").replace("moderate", "medium");
	return severities.find((each) => each === plain) ?? "unknown";
}
