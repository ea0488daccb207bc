import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PatchSet, patchSetVersion, readPatchSet } from "./patch-set.ts";

const change = (line: string) =>
	`--- a/Lib/this.py\n+++ b/Lib/this.py\n@@ -1,1 +1,1 @@\n-old\n+${line}\n`;

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "patches-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Readonly<Record<string, string | Buffer>>): void {
	for (const [name, content] of Object.entries(files)) {
		mkdirSync(join(folder, name, ".."), { recursive: true });
		writeFileSync(join(folder, name), content);
	}
}

function read(): PatchSet {
	const set = readPatchSet(folder);
	if (Array.isArray(set)) throw new Error(JSON.stringify(set));
	return set;
}

/** What is wrong, a line each, with the folder left out. */
function problems(): string[] {
	const found = readPatchSet(folder);
	if (!Array.isArray(found)) throw new Error("accepted");
	return found.map(({ key, value, reason, remedy }) =>
		`${key}: ${value} ${reason}; ${remedy}`.replaceAll(folder, "F"),
	);
}

describe("a folder of patches", () => {
	it("has those of its series, in that order, with what each says", () => {
		const subject = "Subject: [PATCH 2/3] Fix it\n";
		write({
			series: "# ours\nsub/b.patch -p1\n\na.patch # the other\n",
			"a.patch": change("a"),
			"sub/b.patch": `${subject}Bug: https://example.org/CVE-2026-0001\n\n${change("b")}`,
			"unused.patch": "anything",
		});
		expect(read().patches).toMatchObject([
			{ name: "sub/b.patch", subject: "Fix it", cves: ["CVE-2026-0001"], type: "unofficial" },
			{ name: "a.patch", subject: "a.patch", cves: [] },
		]);
	});

	it("has a hash of bytes and order, and of no names", () => {
		const files = { a: change("a"), b: change("b") };
		write({ series: "a\nb\n", ...files });
		const { hash } = read();
		write({ series: "# renamed\nc\nb -p1\n", c: files.a });
		expect(read().hash).toBe(hash);
		write({ series: "b\na\n" });
		expect(read().hash).not.toBe(hash);
		write({ series: "a\nb\n", b: `Subject: Another\n\n${files.b}` });
		expect(read().hash).not.toBe(hash);
	});

	it("has bytes that are not UTF-8 in its hash", () => {
		write({ series: "a\n", a: Buffer.from(change("\xe4"), "latin1") });
		const { hash } = read();
		write({ a: Buffer.from(change("\xf6"), "latin1") });
		expect(read().hash).not.toBe(hash);
	});

	it("is a part of the version that has only what Debian's may have", () => {
		write({ series: "a\nb\n", a: change("a"), b: change("b") });
		expect(patchSetVersion(read())).toMatch(/^p2\.[0-9a-f]{7}$/);
	});
});

describe("is refused", () => {
	it.each([
		["a folder without a series", {}, /F\/series" is not there; npm run patch -- add/],
		["an empty series", { series: "# none\n\n" }, /F\/series" names no patch; .* remove patches/],
		["a patch that is missing", { series: "a\n" }, /F\/a" is in series, and is not there; put/],
		["a folder as a patch", { series: "a\n", "a/b": "" }, /F\/a" is in series, and is not a file/],
		[
			"one that is no patch",
			{ series: "a\n", a: "Subject: x\n" },
			/F\/a" is no patch: .*; write a/,
		],
		[
			"a binary one",
			{ series: "a\n", a: "diff --git a/x b/x\nGIT binary patch\nliteral 1\n" },
			/F\/a" has a change of a binary file, which patch\(1\) cannot apply/,
		],
		[
			"one with the line ends of Windows",
			{ series: "a\n", a: change("a").replaceAll("\n", "\r\n") },
			/F\/a" has the line ends of Windows/,
		],
		[
			"another strip",
			{ series: "a -p0\n", a: change("a") },
			/F\/a" has the option "-p0" in series/,
		],
		["one twice", { series: "a\na\n", a: change("a") }, /F\/a" is twice in series; remove one/],
		["an odd name", { series: "a$b\n" }, /F\/a\$b" is in series, and has characters other/],
		["one elsewhere", { series: "../x\n" }, /F\/\.\.\/x" is in series, and .*; put the file/],
		["an absolute one", { series: "/etc/hostname\n" }, /is in series, and is not there/],
	] as const)("%s", (_, files, line) => {
		write(files as Record<string, string>);
		expect(problems()).toEqual([expect.stringMatching(line)]);
	});

	it("a link that leads out of the folder", () => {
		write({ series: "a\n" });
		symlinkSync("/etc/hostname", join(folder, "a"));
		expect(problems()).toEqual([expect.stringMatching(/F\/a" is in series, and leads out of/)]);
	});

	it("a file in the place of the folder, and none at all", () => {
		const found = (path: string) => (readPatchSet(path) as { reason: string }[])[0]?.reason;
		expect(found("/etc/hostname")).toBe("is not a folder");
		expect(found(join(folder, "none"))).toBe("is not there");
	});

	it("all of it at once", () => {
		write({ series: "a\nb -R\nc\nc\n", a: "text", c: change("c") });
		expect(problems()).toHaveLength(3);
	});
});
