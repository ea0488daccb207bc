import { Version } from "@cyclonedx/cyclonedx-library/Spec";
import { JsonStrictValidator } from "@cyclonedx/cyclonedx-library/Validation";
import { describe, expect, it } from "vitest";
import type { Finding } from "./findings.ts";
import { type Audit, auditJson, auditText, countLine, fails } from "./report.ts";
import type { Severity } from "./severity.ts";
import { auditVex } from "./vex.ts";

function finding(
	id: string,
	rest: Partial<Finding> & { name?: string; kind?: Finding["component"]["kind"] },
): Finding {
	const { name = "glibc", kind = "debian", ...given } = rest;
	const refs = [`urn:cdx:404db6c4-c27d-8de0-a53d-2fc90df5b9e4/1#${name}`];
	return {
		...{
			id,
			aliases: [id],
			severity: "high",
			images: ["python"],
			way: "none",
			commits: [],
			state: "open",
		},
		component: { kind, name, version: "1.0", packages: [], refs, resolved: [] },
		...given,
	};
}

const commit = `https://github.com/python/cpython/commit/${"0123456789".repeat(4)}`;
const python = { name: "CPython", kind: "cpython" } as const;
const audit: Audit = {
	stack: "bookworm",
	date: "2026-11-27",
	source: "api.osv.dev",
	images: ["python", "app-shop"],
	folders: { "app-shop": "../shop" },
	components: 75,
	notes: ["a note"],
	findings: [
		finding("CVE-1", {
			severity: "critical",
			score: 9.8,
			way: "base",
			fixed: "1.1",
			images: ["python", "app-shop"],
		}),
		finding("CVE-2", { way: "python", fixed: "3.13.99", ...python }),
		finding("CVE-3", {
			way: "lock",
			fixed: "3.1.7",
			name: "jinja2",
			kind: "locked",
			images: ["app-shop"],
		}),
		finding("CVE-4", { way: "pip", fixed: "26.1", name: "pip", kind: "pip" }),
		finding("CVE-5", { way: "patch", commits: [commit], ...python }),
		finding("CVE-6", { name: "bash", severity: "low" }),
		finding("CVE-7", { name: "bash", severity: "unknown" }),
		finding("CVE-8", { state: "unimportant" }),
		finding("CVE-9", { state: "resolved", ...python }),
		finding("CVE-10", { state: "accepted", reason: "no such input" }),
	],
};

it("is told by the way out, then what does not count", () => {
	expect(auditText(audit)).toBe(`\
bookworm, 2026-11-27, by api.osv.dev
  images      python, app-shop
  components  75
  vulnerable  1 critical, 4 high, 1 low, 1 unknown

rotate the base: npm run refresh -- -s bookworm
  critical 9.8  CVE-1  glibc 1.0  -> 1.1  python, app-shop

raise pythonVersion: npm run catalog:add -- 3.13.99, then npm run refresh -- -s bookworm
  high  CVE-2  CPython 1.0  -> 3.13.99  python

raise the lock: npm run lock -- ../shop -s bookworm --upgrade
  high  CVE-3  jinja2 1.0  -> 3.1.7  app-shop

raise pip in stacks/cpython.ts: npm run refresh -- -s bookworm --check tells the newest
  high  CVE-4  pip 1.0  -> 26.1  python

own patch, by the key patches: CPython has the fix, and no release of the series has it
  high  CVE-5  CPython 1.0  python/cpython@012345678901  python

nothing to do yet: no fix is known
  bash 1.0  1 low, 1 unknown

resolved by patches of its own (resolved_with_pedigree)
  high  CVE-9  CPython 1.0    python

accepted
  high  CVE-10  glibc 1.0  no such input  python

beside
  1 that Debian calls unimportant: see --json
  a note`);
});

it("is told of a stack without any in a few lines", () => {
	expect(
		auditText({ ...audit, findings: [], notes: [] })
			.split("\n")
			.at(-1),
	).toBe("  vulnerable  none known");
});

it("names the release that is in the catalog without adding it", () => {
	const known = [finding("CVE-2", { way: "python", fixed: "3.13.8", ...python })];
	expect(auditText({ ...audit, findings: known })).toContain(
		"raise pythonVersion: npm run refresh",
	);
});

describe("it fails", () => {
	it.each([
		["critical", "critical", true],
		["high", "critical", false],
		["low", "low", true],
		["unknown", "low", false],
		["unknown", "any", true],
	] as const)("with one that is %s, on %s: %s", (severity, level, is) => {
		expect(fails([finding("CVE-1", { severity })], level)).toBe(is);
	});

	it("never with what does not count", () => {
		const states = ["accepted", "resolved", "unimportant"] as const;
		const all = states.map((state) =>
			finding("CVE-1", { state, severity: "critical" as Severity }),
		);
		expect(fails(all, "any")).toBe(false);
		expect(countLine(all)).toBe("none known");
	});
});

it("is JSON with all of each finding", () => {
	const { findings } = JSON.parse(auditJson(audit)) as { findings: unknown[] };
	expect(findings).toHaveLength(audit.findings.length);
	expect(findings[0]).toEqual({
		...{
			id: "CVE-1",
			aliases: ["CVE-1"],
			severity: "critical",
			score: 9.8,
			way: "base",
			fixed: "1.1",
		},
		...{ images: ["python", "app-shop"], commits: [], state: "open" },
		component: { kind: "debian", name: "glibc", version: "1.0" },
	});
});

describe("as VEX", () => {
	const vex = JSON.parse(auditVex(audit)) as {
		vulnerabilities: { id: string; analysis: object; affects: { ref: string }[] }[];
	};
	const analysis = (id: string) => vex.vulnerabilities.find((each) => each.id === id)?.analysis;

	it("follows CycloneDX's schema, and is the same each time", async () => {
		expect(await new JsonStrictValidator(Version.v1dot6).validate(auditVex(audit))).toBeNull();
		expect(auditVex(audit)).toBe(auditVex(audit));
	});

	it("says what its own patches resolved, and of the rest no more than is known", () => {
		expect(analysis("CVE-9")).toEqual({ state: "resolved_with_pedigree" });
		expect(analysis("CVE-10")).toEqual({
			state: "in_triage",
			response: ["will_not_fix"],
			detail: "no such input",
		});
		expect(analysis("CVE-1")).toEqual({ state: "in_triage" });
	});

	it("names components by their places in the SBOMs", () => {
		expect(vex.vulnerabilities.find(({ id }) => id === "CVE-1")?.affects).toEqual([
			{ ref: "urn:cdx:404db6c4-c27d-8de0-a53d-2fc90df5b9e4/1#glibc" },
		]);
	});
});
