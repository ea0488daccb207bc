import { expect, it } from "vitest";
import type { Target } from "../../stacks/lock/target.ts";
import type { LockSource } from "./container.ts";
import { refuseUnindexed } from "./unindexed.ts";

const target: Target = { python: "3.13.5", debian: "bookworm", glibc: "2.36", machine: "x86_64" };

/** What is refused, a line each. */
function linesOf(source: LockSource, files: Readonly<Record<string, string>>): string[] {
	try {
		refuseUnindexed("../orders", source, (name) => files[name], target);
		return [];
	} catch (error) {
		return (error as Error).message.split("\n");
	}
}

const why = "is not in a package index; publish it in one, and require its version";

it.each([
	["-e ../lib", `line 1: "-e ../lib" ${why}`],
	["--editable=./lib", `line 1: "--editable=./lib" ${why}`],
	["a\n./lib", `line 2: "./lib" ${why}`],
	["/srv/a-1.0.tar.gz", `line 1: "/srv/a-1.0.tar.gz" ${why}`],
	["file:///srv/lib", `line 1: "file:///srv/lib" ${why}`],
	["git+https://example.org/a.git#egg=a", `line 1: "git+https://example.org/a.git#egg=a" ${why}`],
	["lib[x] @ file:../lib ; python_version > '3'", /^line 1: /],
])("refuses of a requirements file %j", (text, line) => {
	const [first = "", ...others] = linesOf("requirements.in", { "requirements.in": text });
	expect(others).toEqual([]);
	expect(first.replace("../orders/requirements.in: ", "")).toEqual(
		typeof line === "string" ? line : expect.stringMatching(line),
	);
});

it("refuses what is in an included file", () => {
	const files = { "requirements.txt": "-r more/base.txt", "more/base.txt": "-e ../lib" };
	expect(linesOf("requirements.txt", files)).toEqual([
		`../orders/more/base.txt: line 1: "-e ../lib" ${why}`,
	]);
});

it("refuses of a project what applies and is not in an index", () => {
	const text = `[project]
name = "orders"
dependencies = ["Lib_A", "lib-b", "lib-c; os_name == 'nt'", "d @ https://example.org/d.whl", "e"]
[tool.uv.sources]
lib-a = { workspace = true }
lib_b = [{ path = "../b", editable = true }]
lib-c = { path = "../c" }
e = [{ index = "own" }, { path = "../e", marker = "sys_platform == 'win32'" }]
other = { git = "https://example.org/other.git" }
`;
	const of = "../orders/pyproject.toml";
	for (const source of ["pyproject.toml", "uv.lock"] as const)
		expect(linesOf(source, { "pyproject.toml": text })).toEqual([
			`${of}: tool.uv.sources.lib-a: "{\\"workspace\\":true}" ${why}`,
			`${of}: tool.uv.sources.lib_b: "[{\\"path\\":\\"../b\\",\\"editable\\":true}]" ${why}`,
			`${of}: project.dependencies: "d @ https://example.org/d.whl" ${why}`,
		]);
});

it("takes what an index has, and the app itself", () => {
	const text = `--index-url https://example.org/simple
-e .
.[prod]
-e file:.
a==1 --hash=sha256:0
b[c]>=2 ; python_version > "3"
c @ file:///srv/c ; sys_platform == "win32"
-c constraints.txt
no requirement
`;
	expect(linesOf("requirements.txt", { "requirements.txt": text })).toEqual([]);
});
