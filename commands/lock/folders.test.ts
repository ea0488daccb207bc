import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderOnDisk, readIfThere } from "../../stacks/apps/folder.ts";
import type { Target } from "../../stacks/lock/target.ts";
import type { LockSource } from "./container.ts";
import { foldersOf, type LockedWith } from "./folders.ts";

const target: Target = { python: "3.13.5", debian: "bookworm", glibc: "2.36", machine: "x86_64" };
const HATCH = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n';

/** A repository with an app in apps/orders. */
let root: string;
/** That app's folder. */
let folder: string;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "folders-"));
	folder = join(root, "apps/orders");
	mkdirSync(folder, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

/** Write files of the repository. */
function write(files: Readonly<Record<string, string>>): void {
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(dirname(join(root, name)), { recursive: true });
		writeFileSync(join(root, name), text);
	}
}

/** A pyproject.toml of a distribution. */
function project(name: string, dependencies: readonly string[] = [], rest = HATCH): string {
	return `[project]\nname = "${name}"\nversion = "1"\ndependencies = ${JSON.stringify(dependencies)}\n${rest}`;
}

function found(source: LockSource = "pyproject.toml"): LockedWith[] {
	const read = (name: string) => readIfThere(folderOnDisk(folder), name);
	return foldersOf({ folder, name: "orders" }, source, read, [target]).filter(
		({ path }) => path !== ".",
	);
}

/** What is refused, a line each, with names from the repository. */
function refused(source?: LockSource): string[] {
	try {
		found(source);
		return [];
	} catch (error) {
		return (error as Error).message.replaceAll(`${root}/`, "").split("\n");
	}
}

const why = "is not in a package index; publish it in one, and require its version";

it.each([
	["/srv/a-1.0.tar.gz", `line 1: "/srv/a-1.0.tar.gz" ${why}`],
	["./a-1.0.tar.gz", `line 1: "./a-1.0.tar.gz" ${why}`],
	["file:///srv/lib", `line 1: "file:///srv/lib" ${why}`],
	["-e /srv/lib", `line 1: "-e /srv/lib" ${why}`],
	["git+https://example.org/a.git#egg=a", `line 1: "git+https://example.org/a.git#egg=a" ${why}`],
	["lib[x] @ https://example.org/a.whl ; python_version > '3'", /^line 1: /],
])("refuses of a requirements file %j", (text, line) => {
	write({ "apps/orders/requirements.in": text });
	const [first = "", ...others] = refused("requirements.in");
	expect(others).toEqual([]);
	expect(first.replace("apps/orders/requirements.in: ", "")).toEqual(
		typeof line === "string" ? line : expect.stringMatching(line),
	);
});

it("refuses what is in an included file", () => {
	write({
		"apps/orders/requirements.txt": "-r more/base.txt",
		"apps/orders/more/base.txt": "git+https://example.org/a",
	});
	expect(refused("requirements.txt")).toEqual([
		`apps/orders/more/base.txt: line 1: "git+https://example.org/a" ${why}`,
	]);
});

it("refuses of a project what applies and is neither in an index nor a folder", () => {
	const sources = `[tool.uv.sources]
lib-a = { git = "https://example.org/a.git" }
lib_b = { path = "../b.whl" }
lib-c = { url = "https://example.org/c.whl" }
e = [{ index = "own" }, { path = "../e", marker = "sys_platform == 'win32'" }]
other = { git = "https://example.org/other.git" }
[tool.poetry.dependencies]
f = { git = "https://example.org/f.git" }
`;
	const dependencies = [
		"Lib_A",
		"lib-b",
		"lib-c; os_name == 'nt'",
		"d @ https://example.org/d.whl",
	];
	write({ "apps/orders/pyproject.toml": project("orders", [...dependencies, "e", "f"], sources) });
	const of = "apps/orders/pyproject.toml";
	for (const source of ["pyproject.toml", "uv.lock"] as const)
		expect(refused(source)).toEqual([
			`${of}: tool.uv.sources.lib-a: "{\\"git\\":\\"https://example.org/a.git\\"}" ${why}`,
			`${of}: tool.uv.sources.lib_b: "{\\"path\\":\\"../b.whl\\"}" ${why}`,
			`${of}: project.dependencies: "d @ https://example.org/d.whl" ${why}`,
			`${of}: tool.poetry.dependencies.f: "{\\"git\\":\\"https://example.org/f.git\\"}" ${why}`,
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
	write({ "apps/orders/requirements.txt": text, "apps/orders/pyproject.toml": project("orders") });
	expect(found("requirements.txt")).toEqual([]);
});

describe("a folder", () => {
	const libs = {
		"libs/core/pyproject.toml": project(
			"core",
			["util"],
			`${HATCH}[tool.uv.sources]\nutil = { path = "../util" }\n`,
		),
		"libs/core/core.py": "",
		"libs/core/.dockerignore": "secret*\n",
		"libs/core/secret.txt": "",
		"libs/util/pyproject.toml": project("util"),
	};

	it.each([
		["-e ../../libs/core", "requirements.in"],
		["core[x] @ ../../libs/core ; python_version > '3'", "requirements.txt"],
		["--editable=file:../../libs/core", "requirements.in"],
	] as const)("of the line %j is locked with, and what it needs", (line, source) => {
		write({
			...libs,
			[`apps/orders/${source}`]: line,
			"apps/orders/pyproject.toml": project("orders"),
		});
		expect(found(source)).toMatchObject([
			{ path: "../../libs/util", files: ["pyproject.toml"] },
			{ path: "../../libs/core", files: ["core.py", "pyproject.toml"] },
		]);
	});

	it.each([
		["uv's sources", "core", '[tool.uv.sources]\ncore = { path = "../../libs/core/" }\n', ""],
		[
			"Poetry's dependencies, which uv is told",
			"core",
			'[tool.poetry.dependencies]\ncore = { path = "../../libs/core", develop = true }\n',
			'\n[tool.uv.sources.core]\npath = "../../libs/core"\n',
		],
		["what PDM writes", `core @ file:///${"$"}{PROJECT_ROOT}/../../libs/core`, "", ""],
	])("of %s is locked with", (_, dependency, tables, told) => {
		write({ ...libs, "apps/orders/pyproject.toml": project("orders", [dependency], tables) });
		expect(found().map(({ path }) => path)).toEqual(["../../libs/util", "../../libs/core"]);
		const read = (name: string) => readIfThere(folderOnDisk(folder), name);
		const app = foldersOf({ folder, name: "orders" }, "pyproject.toml", read, [target]).find(
			({ path }) => path === ".",
		);
		expect(app?.sources).toBe(told);
	});

	it("of a workspace comes with all members, of which those are whole that are needed", () => {
		write({
			...libs,
			"pyproject.toml":
				'[tool.uv.workspace]\nmembers = ["apps/*", "libs/*"]\nexclude = ["libs/old"]\n',
			"libs/core/pyproject.toml": project("core"),
			"libs/util/util.py": "",
			"libs/old/pyproject.toml": project("old"),
			"apps/orders/pyproject.toml": project(
				"orders",
				["core"],
				"[tool.uv.sources]\ncore = { workspace = true }\n",
			),
		});
		const files = Object.fromEntries(found().map((each) => [each.path, each.files]));
		expect(files).toEqual({
			"../..": ["pyproject.toml"],
			"../../libs/core": ["core.py", "pyproject.toml"],
			"../../libs/util": ["pyproject.toml"],
		});
	});

	it("that an extra of another may ask for is whole too", () => {
		const sources = '[tool.uv.sources]\nutil = { path = "../util" }\n';
		write({
			...libs,
			"libs/core/pyproject.toml": project(
				"core",
				[],
				`optional-dependencies = { fast = ["util"] }\n${HATCH}${sources}`,
			),
			"libs/util/util.py": "",
			"apps/orders/pyproject.toml": ofUv("../../libs/core").replace('"core"]', '"core[fast]"]'),
		});
		expect(found().find(({ path }) => path.endsWith("util"))?.files).toEqual([
			...["pyproject.toml", "util.py"],
		]);
	});

	const ofUv = (path: string) =>
		project("orders", ["core"], `[tool.uv.sources]\ncore = { path = ${JSON.stringify(path)} }\n`);
	const of = "apps/orders/pyproject.toml: tool.uv.sources.core";
	it.each([
		["is not there", ofUv("../../libs/none"), {}, `${of}: "../../libs/none" is not there; `],
		[
			"is a file",
			ofUv("main.py"),
			{ "apps/orders/main.py": "" },
			`${of}: "main.py" is not a folder; `,
		],
		[
			"is one machine's",
			ofUv("/srv/core"),
			{},
			`${of}: "/srv/core" is the path of one machine; write it from the app's folder, such as core = { path = "../core" }`,
		],
		[
			"is one machine's, as Poetry writes it,",
			project("orders", ["core @ file:///srv/core"]),
			{},
			'apps/orders/pyproject.toml: project.dependencies: "/srv/core" is the path of one machine; write it',
		],
		[
			"has no pyproject.toml",
			ofUv("lib"),
			{ "apps/orders/lib/setup.py": "" },
			`${of}: "lib" has no pyproject.toml, and so no [build-system]; write one`,
		],
		[
			"has no build system",
			ofUv("lib"),
			{ "apps/orders/lib/pyproject.toml": project("core", [], "") },
			`${of}: "lib" has no [build-system] in its pyproject.toml, so that nothing can be installed of it; write one`,
		],
		[
			"is said to be no distribution",
			ofUv("lib"),
			{
				"apps/orders/lib/pyproject.toml": project(
					"core",
					[],
					`${HATCH}[tool.uv]\npackage = false\n`,
				),
			},
			`${of}: "lib" is said to be no distribution by its pyproject.toml`,
		],
		[
			"is another",
			ofUv("lib"),
			{ "apps/orders/lib/pyproject.toml": project("other") },
			`${of}: "lib" has other, and not core; run npm run lock -- `,
		],
		[
			"may not be read whole",
			ofUv("lib"),
			{ "apps/orders/lib/pyproject.toml": project("core"), "apps/orders/lib/.env": "" },
			/core: ".*lib.*\.env.*" would be in the image/,
		],
		[
			"is no member",
			project("orders", ["core"], "[tool.uv.sources]\ncore = { workspace = true }\n"),
			{},
			`${of}: "{\\"workspace\\":true}" is no member of the workspace, or there is none`,
		],
		[
			"needs itself",
			ofUv("../../libs/core"),
			{
				"libs/util/pyproject.toml": project(
					"util",
					["core"],
					`${HATCH}[tool.uv.sources]\ncore = { path = "../core" }\n`,
				),
			},
			'apps/orders/pyproject.toml: packages.core: "../../libs/core" needs itself: core needs util needs core; take one',
		],
		[
			"needs the app",
			ofUv("../../libs/util"),
			{
				"libs/util/pyproject.toml": project(
					"core",
					["orders"],
					`${HATCH}[tool.uv.sources]\norders = { path = "../../apps/orders" }\n`,
				),
			},
			'packages.core: "../../libs/util" needs itself: core needs orders needs core',
		],
		[
			"is built with another",
			ofUv("../../libs/core"),
			{
				"libs/util/pyproject.toml": project("util", [], HATCH.replace("hatchling", "core>=1")),
			},
			'build-system.requires of util: "core>=1" is a folder, and a build has only what is locked',
		],
	])("that %s is refused in a line", (_, text, files, line) => {
		write({ ...libs, "apps/orders/pyproject.toml": text, ...files });
		const [first, ...others] = refused();
		expect(first).toEqual(
			typeof line === "string" ? expect.stringContaining(line) : expect.stringMatching(line),
		);
		expect(others).toEqual([]);
	});
});
