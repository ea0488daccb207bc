import {
	chmodSync,
	globSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IGNORED } from "../stacks/ignored.ts";
import { contentKey } from "./content-key.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "content-key-"));
	mkdirSync(join(folder, "sub"));
	writeFileSync(join(folder, "script"), "#!/bin/sh\n");
	writeFileSync(join(folder, "sub/file"), "text");
	chmodSync(join(folder, "script"), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

const keyOfFolder = () => contentKey({ folder: { context: folder } }).key;

describe("contentKey", () => {
	it("is 12 hexadecimal digits and keeps its inputs", () => {
		const { key, inputs } = contentKey({ release: 2, list: ["a", "b"], text: "t" });
		expect(key).toMatch(/^[0-9a-f]{12}$/);
		expect(inputs).toEqual({ list: "a b", release: "2", text: "t" });
	});

	it("does not depend on the order of inputs", () => {
		expect(contentKey({ a: "1", b: "2" })).toEqual(contentKey({ b: "2", a: "1" }));
	});

	it("differs wherever an input differs", () => {
		fc.assert(
			fc.property(
				fc.dictionary(fc.string(), fc.string()),
				fc.dictionary(fc.string(), fc.string()),
				(a, b) => {
					const same =
						JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
					expect(contentKey(a).key === contentKey(b).key).toBe(same);
				},
			),
		);
	});

	it("depends on a file's content, name and place, and on what a link leads to", () => {
		const keys = [keyOfFolder()];
		writeFileSync(join(folder, "sub/file"), "other");
		keys.push(keyOfFolder());
		writeFileSync(join(folder, "new"), "");
		keys.push(keyOfFolder());
		rmSync(join(folder, "new"));
		rmSync(join(folder, "script"));
		symlinkSync("sub/file", join(folder, "script"));
		keys.push(keyOfFolder());
		rmSync(join(folder, "script"));
		writeFileSync(join(folder, "script"), "sub/file");
		keys.push(keyOfFolder());
		expect(new Set(keys).size).toBe(keys.length);
	});

	it.each([
		["a file system without modes", 0o777],
		["a strict umask", 0o600],
	])("does not depend on modes or on times: %s", (_, mode) => {
		const before = keyOfFolder();
		for (const name of ["script", "sub/file"]) chmodSync(join(folder, name), mode);
		utimesSync(join(folder, "script"), 1, 1);
		expect(keyOfFolder()).toBe(before);
	});

	it.each([
		...[".DS_Store", "sub/._file", "Thumbs.db", "script~", ".script.swp", "#script#", ".#script"],
		...["script.orig", "sub/file.rej", "__pycache__/script.pyc", "sub/x.pyc", ".dockerignore"],
	])("does not depend on what systems, editors and Python leave: %s", (name) => {
		const before = keyOfFolder();
		mkdirSync(join(folder, dirname(name)), { recursive: true });
		writeFileSync(join(folder, name), "left");
		expect(keyOfFolder()).toBe(before);
	});

	it("refuses the line ends of Windows in one line", () => {
		writeFileSync(join(folder, "script"), "#!/bin/sh\r\nset -eu\r\n");
		expect(keyOfFolder).toThrow(
			/script has the line ends of Windows, .*; check it out again: git /,
		);
	});
});

describe("what no key has", () => {
	const lines = (file: string) =>
		readFileSync(file, "utf8")
			.split("\n")
			.filter((line) => line !== "" && !line.startsWith("#"));

	it("is copied into no image that Docker builds", () => {
		for (const dockerfile of globSync("components/*/context/Dockerfile")) {
			expect(lines(join(dirname(dockerfile), ".dockerignore"))).toEqual(
				IGNORED.map((pattern) => `**/${pattern}`),
			);
		}
	});

	it("is what git ignores: whatever else is new, git status tells", () => {
		expect(lines(".gitignore").map((line) => line.replace(/^\\/, ""))).toEqual(
			expect.arrayContaining(IGNORED.filter((pattern) => pattern !== ".dockerignore")),
		);
	});
});
