import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accept, readAccepted } from "./accepted.ts";
import type { Finding } from "./findings.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "accepted-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
	const path = join(folder, "osv-scanner.toml");
	writeFileSync(path, text);
	return path;
}

const entry = (...lines: string[]) => `[[IgnoredVulns]]\n${lines.join("\n")}\n`;
const ID = 'id = "CVE-2026-1"';
const REASON = 'reason = "no such input reaches it"';
const UNTIL = "ignoreUntil = 2027-01-31";

describe("the file", () => {
	it("is osv-scanner's", () => {
		const text = `${entry(ID, UNTIL, REASON)}[[PackageOverrides]]\nname = "lib"\n`;
		expect(readAccepted(file(text))).toEqual([
			{ id: "CVE-2026-1", reason: "no such input reaches it", until: new Date("2027-01-31") },
		]);
	});

	it.each([
		["without id", entry(UNTIL, REASON), /IgnoredVulns\[0\] has no id; write \[\[/],
		["without reason", entry(ID, UNTIL), /IgnoredVulns\[0\], CVE-2026-1, has no reason; write/],
		["with an empty reason", entry(ID, UNTIL, 'reason = " "'), /has no reason/],
		["without end", entry(ID, REASON), /CVE-2026-1, has no ignoreUntil, the day from which/],
		["with a text as its end", entry(ID, REASON, 'ignoreUntil = "2027-01-31"'), /no ignoreUntil/],
		["that is no list", 'IgnoredVulns = "CVE-2026-1"', /IgnoredVulns is no list/],
		["that is no TOML", "IgnoredVulns = [", /osv-scanner\.toml cannot be read: /],
	])("%s is refused", (_, text, message) => {
		expect(() => readAccepted(file(text))).toThrow(message);
	});

	it("that is named must be there", () => {
		expect(() => readAccepted(join(folder, "none.toml"))).toThrow(/none\.toml cannot be read/);
	});
});

describe("an accepted finding", () => {
	const finding = (id: string, state: Finding["state"] = "open") =>
		({ id, aliases: [id, id.replace("CVE", "GHSA")], state }) as unknown as Finding;
	const until = new Date("2027-01-31");
	const accepted = (id: string) => ({ id, reason: "why", until });
	const today = new Date("2026-11-27");

	it("does not count, by any of its ids, and has the reason", () => {
		const { findings, notes } = accept(
			[finding("CVE-2026-1"), finding("CVE-2026-2")],
			[accepted("GHSA-2026-1")],
			today,
		);
		expect(findings.map(({ state, reason }) => [state, reason])).toEqual([
			["accepted", "why"],
			["open", undefined],
		]);
		expect(notes).toEqual([]);
	});

	it("counts again from its day on, which is told", () => {
		const { findings, notes } = accept([finding("CVE-2026-1")], [accepted("CVE-2026-1")], until);
		expect(findings[0]?.state).toBe("open");
		expect(notes).toEqual(["CVE-2026-1 was accepted until 2027-01-31, and counts again"]);
	});

	it("that nothing has is told", () => {
		const { notes } = accept([finding("CVE-2026-1")], [accepted("CVE-2026-9")], today);
		expect(notes).toEqual([
			"CVE-2026-9 is accepted, and no image has it: remove the entry, if no other stack needs it",
		]);
	});

	it("stays resolved where a patch has done so", () => {
		const { findings } = accept(
			[finding("CVE-2026-1", "resolved")],
			[accepted("CVE-2026-1")],
			today,
		);
		expect(findings[0]?.state).toBe("resolved");
	});
});
