import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderOnDisk, listFiles } from "./folder.ts";

let folder = "";
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "app-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(...files: readonly string[]): void {
	for (const file of files) {
		mkdirSync(dirname(join(folder, file)), { recursive: true });
		writeFileSync(join(folder, file), "");
	}
}

function list(rules?: string) {
	if (rules !== undefined) writeFileSync(join(folder, ".dockerignore"), rules);
	return listFiles(folderOnDisk(folder), "../app");
}

it("has all files in byte order, whatever the language", () => {
	write("b", "B", "a b/c", "a-b", "a/b", "\u{1f600}", "\uff01", ".hidden");
	expect(list().files).toEqual([".hidden", "B", "a b/c", "a-b", "a/b", "b", "\uff01", "\u{1f600}"]);
});

it("leaves out what is no app's, and the lock", () => {
	write("app.py", "pylock.toml", "pylock.build.toml", "uv.lock", ".git/config", "sub/.git");
	write(".venv/pyvenv.cfg", "sub/__pycache__/a.pyc", "sub/app.pyc", ".pytest_cache/a", "a~");
	write("src/app.egg-info/SOURCES.txt");
	expect(list("!.git\n!uv.lock\n").files).toEqual(["app.py"]);
});

it("leaves out requirements.txt where that is the lock", () => {
	write("requirements.txt", "sub/requirements.txt");
	expect(list().files).toEqual(["sub/requirements.txt"]);
	write("uv.lock");
	expect(list().files).toEqual(["requirements.txt", "sub/requirements.txt"]);
});

describe("a file that may have passwords", () => {
	it("is refused", () => {
		write(".env", "sub/.env.local", ".env.example", "environment", ".envrc");
		const { files, problems } = list();
		expect(files).toEqual([".env.example", ".envrc", "environment"]);
		expect(problems).toEqual(
			['".env"', '"sub/.env.local"'].map((value) => ({
				key: "../app",
				value,
				reason: "would be in the image, where passwords that it may have are for everybody to read",
				remedy: "name it in .dockerignore, or there with a ! before it, if it has none",
			})),
		);
	});

	it.each([
		["that .dockerignore leaves out is no matter", ".env", []],
		["that it wants is the app's", "!.env", [".env"]],
	])("%s", (_, rules, files) => {
		write(".env");
		expect(list(rules)).toEqual({ files, problems: [] });
	});
});

describe("honours .dockerignore as Docker does", () => {
	const cases: readonly [rules: string, files: readonly string[]][] = [
		["docs", ["a.md", "c++/a.md", "sub/a.md", "sub/docs/b.md", "x(1).md", "y.txt"]],
		["**/docs\n", ["a.md", "c++/a.md", "sub/a.md", "x(1).md", "y.txt"]],
		["*.md\r\n", ["c++/a.md", "docs/a.md", "docs/keep.md", "sub/a.md", "sub/docs/b.md", "y.txt"]],
		["**/*.md\n!docs/keep.md", ["docs/keep.md", "y.txt"]],
		["*\n!docs/keep.md", ["docs/keep.md"]],
		["# a.md\n\n  /sub/  \nc++\n?(1).md\nDOCS", ["a.md", "docs/a.md", "docs/keep.md", "y.txt"]],
		["[a-c]*\n[^a-c]*.txt\nx*", ["docs/a.md", "docs/keep.md", "sub/a.md", "sub/docs/b.md"]],
	];
	it.each(cases)("%j", (rules, files) => {
		write("a.md", "docs/a.md", "docs/keep.md", "sub/a.md", "sub/docs/b.md", "y.txt");
		write("c++/a.md", "x(1).md");
		expect(list(rules).files).toEqual(files);
	});
});

it("keeps links within the folder, and refuses those that lead out", () => {
	write("sub/a");
	const links = {
		inner: "sub/a",
		"sub/up": "../inner",
		"sub/dots": "./..//sub/./a",
		"sub/out": "../../x",
		absolute: join(folder, "sub/a"),
		through: "sub/../../x",
		later: "later",
		sly: "sub/..",
	};
	for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name));
	const { files, problems } = list();
	expect(files).toEqual(["inner", "later", "sub/a", "sub/dots", "sub/up"]);
	expect(problems.map(({ key, value }) => `${key} ${value}`).sort()).toEqual([
		'../app "absolute"',
		'../app "sly"',
		'../app "sub/out"',
		'../app "through"',
	]);
	expect(problems[0]).toMatchObject({
		reason: expect.stringMatching(/^is a symbolic link that leads out of the app's folder, to "/),
		remedy: "put a copy in its place, or name it in .dockerignore",
	});
	expect(list("absolute\nsly\nsub/out\nthrough").problems).toEqual([]);
});

it("does not walk through a link to a folder", () => {
	write("sub/a");
	symlinkSync("sub", join(folder, "again"));
	expect(list().files).toEqual(["again", "sub/a"]);
});

it("refuses names that are no line of text, and what is no file", () => {
	write("a\nb", "c\td", "e f", "o'k\"$");
	execFileSync("mkfifo", [join(folder, "pipe")]);
	writeFileSync(Buffer.from(`${folder}/g\xff`, "latin1"), "");
	const { files, problems } = list();
	expect(files).toEqual(["e f", "o'k\"$"]);
	expect(problems.map(({ value, reason }) => `${value} ${reason}`).sort()).toEqual([
		'"a\\nb" is a file name with a line break',
		'"c\\td" is a file name with a control character',
		'"g\\u{FFFD}" is a file name that is not UTF-8',
		'"pipe" is neither a file nor a folder nor a symbolic link',
	]);
});

it("refuses what its user may not read, where it is the app's", () => {
	const disk = folderOnDisk(folder);
	write("a", "secret/b", "b");
	// Root may read all.
	const locked = (path: string) =>
		disk
			.list(path)
			.map((entry) =>
				["a", "secret"].includes(entry.name) ? { ...entry, kind: "unreadable" as const } : entry,
			);
	const listed = listFiles({ ...disk, list: locked }, "app");
	expect(listed.files).toEqual(["b"]);
	expect(listed.problems.map(({ value, reason }) => `${value} ${reason}`).sort()).toEqual([
		'"a" cannot be read by you',
		'"secret" cannot be read by you',
	]);
	writeFileSync(join(folder, ".dockerignore"), "a\nsecret\n");
	expect(listFiles({ ...disk, list: locked }, "app").problems).toEqual([]);
});
