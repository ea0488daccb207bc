import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "node-"));
	writeFileSync(join(folder, "node"), "#!/bin/sh\necho v20.19.2\n");
	chmodSync(join(folder, "node"), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What local/node says in a checkout whose Node is too old. */
function run(): string {
	const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
	const args = [resolve("local/node"), "program.ts"];
	const { status, stderr } = spawnSync("sh", args, { cwd: folder, env, encoding: "utf8" });
	expect(status).toBe(1);
	return stderr;
}

it("says in one line that Node is too old", () => {
	expect(run()).toMatch(
		/^error: Node 24 is needed, and this one is v20\.19\.2; run npm ci, or .*\n$/,
	);
});

it("names the setting that keeps the package node without its program", () => {
	mkdirSync(join(folder, "node_modules/node"), { recursive: true });
	expect(run()).toMatch(/^error: .*ignore-scripts.*npm rebuild node --ignore-scripts=false.*\n$/);
});
