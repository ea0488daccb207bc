/** The header of a patch that is brought in: DEP-3 (https://dep-team.pages.debian.net/deps/dep3/). */

import { type FileChange, fileChanges } from "../../stacks/patches/changes.ts";
import { cvesIn, field, headerText, readHeader } from "../../stacks/patches/header.ts";
import { COMMITS, type NewPatch } from "./source.ts";

/**
 * What of a commit is in no package, and differs most between branches: documentation, news and what is
 * for upstream's own repository, which releases lack.
 */
const LEFT_OUT = /^(Doc\/|Misc\/(ACKS$|NEWS$|NEWS\.d\/)|\.)/;

/** The changes of a patch that are applied. */
export function wantedChanges({ text }: Pick<NewPatch, "text">): FileChange[] {
	return fileChanges(text).filter(({ file }) => !LEFT_OUT.test(file));
}

/**
 * The header of a patch: its own, with the fields of DEP-3 that it lacks.
 *
 * @param isChanged whether it had to be changed to fit.
 */
export function dep3Header(patch: NewPatch, isChanged: boolean): string {
	const own = ownHeader(patch.text);
	const [first = "", ...others] = own.split("\n\n");
	const hasFields = /^[A-Za-z][\w-]*: ?\S/.test(first);
	const fields = hasFields ? [first] : [];
	if (readHeader(own).subject === "") fields.push(`Subject: ${patch.name}`);
	if (field(own, "Origin") === undefined) fields.push(`Origin: ${originOf(patch, own, isChanged)}`);
	for (const cve of missingCves(patch, own))
		fields.push(`Bug-CVE: https://www.cve.org/CVERecord?id=${cve}`);
	const rest = hasFields ? others.join("\n\n") : own;
	const header = rest === "" ? fields.join("\n") : `${fields.join("\n")}\n\n${rest}`;
	return isChanged ? header.replace(/^Origin: upstream\b/m, "Origin: backport") : header;
}

/** Without the line that starts a mailbox, and without git's statistics. */
function ownHeader(text: string): string {
	const lines = headerText(text).split("\n");
	const end = lines.indexOf("---");
	const own = lines.slice(0, end === -1 ? undefined : end);
	return own
		.filter((line) => !/^From [0-9a-f]{40} /.test(line))
		.join("\n")
		.trim();
}

function originOf({ commit }: NewPatch, own: string, isChanged: boolean): string {
	const [, picked] = /^\(cherry[- ]picked from commit ([0-9a-f]{7,40})\)/im.exec(own) ?? [];
	const known = commit ?? picked;
	if (known === undefined) return "other";
	return `${isChanged ? "backport" : "upstream"}, ${COMMITS}${known}`;
}

/** Those that its news or its file's name have, and not its header. */
function missingCves({ name, text }: NewPatch, own: string): string[] {
	const news = fileChanges(text).filter(({ file }) => file.startsWith("Misc/NEWS.d/"));
	const all = cvesIn([name, ...news.map((change) => change.text)].join("\n"));
	return all.filter((cve) => !cvesIn(own).includes(cve));
}
