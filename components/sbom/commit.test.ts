import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { withCommit } from "./commit.ts";
import { PREDICATE_TYPE, type Statement } from "./provenance.ts";

const STATEMENT: Statement = {
	_type: "https://in-toto.io/Statement/v1",
	subject: [],
	predicateType: PREDICATE_TYPE,
	predicate: {
		buildDefinition: { resolvedDependencies: [{ name: "base" }] },
		runDetails: { builder: {}, byproducts: [] },
	},
};

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "commit-"));
	vi.spyOn(process, "cwd").mockReturnValue(folder);
});
afterEach(() => {
	vi.restoreAllMocks();
	rmSync(folder, { recursive: true });
});

function git(...args: string[]): string {
	const identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"];
	return execFileSync("git", [...identity, ...args], { cwd: folder, encoding: "utf8" }).trim();
}

it("names the commit of a clean checkout, and where it came from, without who logs in", async () => {
	git("init", "--quiet");
	writeFileSync(join(folder, "a"), "1");
	git("add", "a");
	git("commit", "--quiet", "--message", "x");
	git("remote", "add", "origin", "https://me:secret@example.org/team/python");
	const { buildDefinition } = (await withCommit(STATEMENT)).predicate;
	expect(buildDefinition).toEqual({
		resolvedDependencies: [
			{ name: "base" },
			{
				uri: "git+https://example.org/team/python",
				digest: { gitCommit: git("rev-parse", "HEAD") },
			},
		],
	});
	// What no commit has made it.
	writeFileSync(join(folder, "a"), "2");
	expect(await withCommit(STATEMENT)).toBe(STATEMENT);
});

it("names none outside of a checkout", async () => {
	expect(await withCommit(STATEMENT)).toBe(STATEMENT);
});
