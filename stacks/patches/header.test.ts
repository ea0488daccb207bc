import { describe, expect, it } from "vitest";
import { fileChanges } from "./changes.ts";
import { cvesIn, readHeader } from "./header.ts";

const DIFF = `diff --git a/Lib/html/parser.py b/Lib/html/parser.py
index 58f6bb3..73ec0dc 100644
--- a/Lib/html/parser.py
+++ b/Lib/html/parser.py
@@ -1,2 +1,3 @@ import re
 a
--- b CVE-1999-0001
+++ c
+d
diff --git a/Lib/test/test_htmlparser.py b/Lib/test/test_htmlparser.py
new file mode 100644
--- /dev/null
+++ b/Lib/test/test_htmlparser.py
@@ -0,0 +1 @@
+x
`;

const MAIL = `From f3c6f882cddc8dc30320d2e73edf019e201394fc Mon Sep 17 00:00:00 2001
From: Serhiy Storchaka <storchaka@gmail.com>
Date: Fri, 4 Jul 2025 00:00:00 +0300
Subject: [PATCH] [3.11] gh-135462: Fix quadratic complexity in processing
 special input in HTMLParser (GH-135464)

End-of-file errors are now handled, see cve-2025-6069.
---
 Lib/html/parser.py | 41 ++++-----

`;

describe("the header of a patch", () => {
	it("is that of git's mail", () => {
		expect(readHeader(MAIL + DIFF)).toEqual({
			subject:
				"[3.11] gh-135462: Fix quadratic complexity in processing special input in HTMLParser (GH-135464)",
			cves: ["CVE-2025-6069"],
			type: "unofficial",
		});
	});

	it("is that of DEP-3", () => {
		const header = `Description: Fix a crash
 It was long, CVE-2026-0001 and
 CVE-2026-0002, and CVE-2026-0001.
Origin: backport, https://example.org/commit/1, https://example.org/2
Forwarded: not-needed

`;
		expect(readHeader(header + DIFF)).toEqual({
			subject: "Fix a crash",
			cves: ["CVE-2026-0001", "CVE-2026-0002"],
			type: "backport",
			url: "https://example.org/commit/1",
		});
	});

	it.each([
		["Origin: upstream, https://example.org/1\n", "cherry-pick"],
		["Origin: vendor\n", "unofficial"],
		["x\n\n(cherry picked from commit 0123456)\n", "cherry-pick"],
		["", "unofficial"],
	])("%j is of the type %s", (header, type) => {
		expect(readHeader(header + DIFF).type).toBe(type);
	});

	it("has no CVE of the change itself", () => {
		expect(readHeader(DIFF)).toEqual({ subject: "", cves: [], type: "unofficial" });
		expect(cvesIn("xCVE-2026-0001 CVE-26-1")).toEqual([]);
	});
});

describe("the changes of a patch", () => {
	it("are there file by file, whatever the lines look like", () => {
		const changes = fileChanges(MAIL + DIFF);
		expect(changes.map(({ file }) => file)).toEqual([
			"Lib/html/parser.py",
			"Lib/test/test_htmlparser.py",
		]);
		expect(changes.map(({ text }) => text).join("")).toBe(DIFF);
	});

	it("are found without git's lines, in whichever folder", () => {
		const plain = DIFF.replace(/^(diff|index|new file).*\n/gm, "").replaceAll("b/Lib", "py-3/Lib");
		expect(fileChanges(plain).map(({ file }) => file)).toEqual([
			"Lib/html/parser.py",
			"Lib/test/test_htmlparser.py",
		]);
	});

	it("end with their last line of context, which may be blank", () => {
		const blank = "--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n a\n+b\n \n";
		const other = "--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n";
		expect(fileChanges(`${blank}${other}\n`).map(({ text }) => text)).toEqual([blank, other]);
	});

	it("have the name of a file that is taken away, and of one that is moved", () => {
		const gone = "--- a/Lib/old.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";
		const moved = "diff --git a/Lib/a.py b/Lib/b.py\nrename from Lib/a.py\nrename to Lib/b.py\n";
		expect(fileChanges(gone + moved).map(({ file }) => file)).toEqual(["Lib/old.py", "Lib/b.py"]);
	});
});
