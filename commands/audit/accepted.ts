import { existsSync, readFileSync } from "node:fs";
import { parse, TomlDate } from "smol-toml";
import { StepError } from "../../components/step/error.ts";
import type { Finding } from "./findings.ts";

/** The file of accepted findings where none is named: osv-scanner's own, in its form. */
export const ACCEPTED_FILE = "osv-scanner.toml";

/** A finding that somebody accepted (osv-scanner, "Configuration", `IgnoredVulns`). */
export interface Accepted {
	/** Of any of the databases. */
	readonly id: string;
	readonly reason: string;
	/** From then on it counts again. */
	readonly until: Date;
}

/**
 * The accepted findings of a file; none where there is no file and none was named.
 *
 * @throws StepError where the file is not in osv-scanner's form, or an entry lacks its reason or its end.
 */
export function readAccepted(file: string | undefined): Accepted[] {
	const path = file ?? ACCEPTED_FILE;
	if (file === undefined && !existsSync(path)) return [];
	const { IgnoredVulns: entries = [] } = parseFile(path) as { IgnoredVulns?: unknown };
	if (!Array.isArray(entries)) throw new StepError(`${path}: IgnoredVulns is no list`, FORM);
	return entries.map((entry: Record<string, unknown>, index) => accepted(path, entry, index));
}

const FORM =
	'write [[IgnoredVulns]] with id = "CVE-2026-1234", ignoreUntil = 2027-01-31, reason = "why"';

function parseFile(path: string): Record<string, unknown> {
	try {
		return parse(readFileSync(path, "utf8"));
	} catch (error) {
		const [line = ""] = (error as Error).message.split("\n");
		throw new StepError(`${path} cannot be read: ${line}`, FORM);
	}
}

function accepted(path: string, entry: Record<string, unknown>, index: number): Accepted {
	const { id, reason, ignoreUntil: until } = entry;
	const what = `${path}: IgnoredVulns[${index}]`;
	if (typeof id !== "string" || id === "") throw new StepError(`${what} has no id`, FORM);
	if (typeof reason !== "string" || reason.trim() === "")
		throw new StepError(`${what}, ${id}, has no reason`, FORM);
	if (!(until instanceof TomlDate) || Number.isNaN(until.getTime()))
		throw new StepError(
			`${what}, ${id}, has no ignoreUntil, the day from which it counts again`,
			FORM,
		);
	return { id, reason: reason.trim(), until };
}

/**
 * Findings with those that are accepted marked so, and what there is to say of the entries: one that has
 * expired counts no more, one that nothing has can go.
 */
export function accept(
	all: readonly Finding[],
	entries: readonly Accepted[],
	today: Date,
): { findings: Finding[]; notes: string[] } {
	const has = ({ id }: Accepted, { aliases }: Finding) => aliases.includes(id);
	const findings = all.map((finding): Finding => {
		const entry = entries.find((each) => has(each, finding) && each.until > today);
		if (entry === undefined || finding.state !== "open") return finding;
		return { ...finding, state: "accepted", reason: entry.reason };
	});
	const notes = entries.flatMap((entry) => {
		if (!all.some((finding) => has(entry, finding)))
			return [
				`${entry.id} is accepted, and no image has it: remove the entry, if no other stack needs it`,
			];
		const day = entry.until.toISOString().slice(0, 10);
		return entry.until > today ? [] : [`${entry.id} was accepted until ${day}, and counts again`];
	});
	return { findings, notes };
}
