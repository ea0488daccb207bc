import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dep3Header, wantedChanges } from "./dep3.ts";
import { COMMITS, newPatch } from "./source.ts";
import { isCompiled, testModules } from "./test.ts";

const HASH = "f3c6f882cddc8dc30320d2e73edf019e201394fc";

const MAIL = `From ${HASH} Mon Sep 17 00:00:00 2001
From: Somebody <somebody@example.org>
Subject: [PATCH] [3.13] gh-135462: Fix quadratic complexity in processing
 special input (GH-135464)

It took long.
---
 Lib/html/parser.py | 2 +-

`;

const change = (file: string, line = "new") =>
	`diff --git a/${file} b/${file}\n--- a/${file}\n+++ b/${file}\n@@ -1 +1 @@\n-old\n+${line}\n`;

const DIFF = [
	change(".github/CODEOWNERS"),
	change("Doc/library/html.parser.rst"),
	change("Lib/html/parser.py"),
	change("Misc/NEWS.d/next/Security/1.rst", "See CVE-2025-6069."),
].join("");

describe("a patch", () => {
	const server = createServer();
	let folder: string;
	let commits: string;
	let answer: { status: number; text: string };

	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), "patch-"));
		answer = { status: 200, text: MAIL + DIFF };
		server.on("request", ({ url }, response) => {
			const { status, text } =
				url === `/commit/${HASH.slice(0, 10)}.patch` ? answer : { status: 404, text: "" };
			response.writeHead(status).end(text);
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		commits = `http://127.0.0.1:${(server.address() as AddressInfo).port}/commit/`;
	});
	afterEach(async () => {
		server.removeAllListeners("request");
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
		rmSync(folder, { recursive: true });
	});

	it.each([HASH.slice(0, 10), `${COMMITS}${HASH.slice(0, 10)}`])(
		"is that of a commit, %s",
		async (commit) => {
			expect(await newPatch(commit, commits)).toEqual({
				name: "3.13-gh-135462-Fix-quadratic-complexity-in-processing-spe.patch",
				text: MAIL + DIFF,
				commit: HASH,
			});
		},
	);

	it("is not fetched where the server has none, or another one", async () => {
		await expect(newPatch("0123456", commits)).rejects.toThrow(
			/commit\/0123456\.patch could not be fetched \(HTTP status 404\); .* git format-patch -1/,
		);
		answer = { status: 200, text: "<html>" };
		await expect(newPatch(HASH.slice(0, 10), commits)).rejects.toThrow(
			/is no patch of that commit/,
		);
	});

	it("is a file, to its bytes", async () => {
		const file = join(folder, "0001-Fix it.diff");
		writeFileSync(file, Buffer.from([0x2d, 0xe4, 0xff]));
		const { name, text } = await newPatch(file);
		expect(name).toBe("0001-Fix-it.diff");
		expect(Buffer.from(text, "latin1")).toEqual(Buffer.from([0x2d, 0xe4, 0xff]));
	});

	it("is neither", async () => {
		await expect(newPatch(join(folder, "none"))).rejects.toThrow(
			/none" is no commit, and as a file it cannot be read: ENOENT; write the hash/,
		);
	});
});

describe("a header", () => {
	it("has what DEP-3 wants, with the CVEs of the news, and no statistics", () => {
		expect(dep3Header({ name: "x.patch", text: MAIL + DIFF, commit: HASH }, false)).toBe(
			`From: Somebody <somebody@example.org>
Subject: [PATCH] [3.13] gh-135462: Fix quadratic complexity in processing
 special input (GH-135464)
Origin: upstream, ${COMMITS}${HASH}
Bug-CVE: https://www.cve.org/CVERecord?id=CVE-2025-6069

It took long.`,
		);
	});

	it("keeps its own, but that what was changed to fit is a backport", () => {
		const own =
			"Description: Fix it\nOrigin: upstream, https://example.org/1\nBug-CVE: CVE-2025-6069";
		const patch = { name: "CVE-2025-6069.patch", text: `${own}\n\n${DIFF}` };
		expect(dep3Header(patch, false)).toBe(own);
		expect(dep3Header(patch, true)).toBe(own.replace("upstream", "backport"));
	});

	it("has the commit that it was picked from, and a title in any case", () => {
		const text = `(cherry picked from commit ${HASH})\n\n${change("Lib/os.py")}`;
		expect(dep3Header({ name: "x.patch", text }, true)).toBe(
			`Subject: x.patch\nOrigin: backport, ${COMMITS}${HASH}\n\n(cherry picked from commit ${HASH})`,
		);
		expect(dep3Header({ name: "CVE-2026-0001.patch", text: change("Lib/os.py") }, false)).toBe(
			"Subject: CVE-2026-0001.patch\nOrigin: other\nBug-CVE: https://www.cve.org/CVERecord?id=CVE-2026-0001",
		);
	});
});

it("what is in no package is left out", () => {
	expect(wantedChanges({ text: MAIL + DIFF }).map(({ file }) => file)).toEqual([
		"Lib/html/parser.py",
	]);
});

it("tests are the modules of test folders", () => {
	expect(
		testModules([
			"Lib/os.py",
			"Lib/test/test_os.py",
			"Lib/test/support/__init__.py",
			"Lib/test/test_email/test_policy.py",
			"Lib/test/test_asyncio/utils.py",
			"Lib/distutils/tests/test_core.py",
			"Lib/test/test_os.txt",
		]),
	).toEqual(["test.test_os", "test.test_email.test_policy", "distutils.tests.test_core"]);
});

it.each([
	["Lib/os.py", false],
	["Lib/importlib/_bootstrap_external.py", true],
	["Lib/importlib/abc.py", false],
	["Modules/_ssl.c", true],
	["configure", true],
])("a change of %s needs a compile: %s", (file, expected) => {
	expect(isCompiled({ content: Buffer.from(change("Lib/test/test_os.py") + change(file)) })).toBe(
		expected,
	);
});
