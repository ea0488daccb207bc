import { describe, expect, it } from "vitest";
import { LockFile } from "./lock-file.ts";
import type { Project } from "./project.ts";
import { parseRequirement } from "./requirement.ts";
import type { Target } from "./target.ts";
import { readUvLock } from "./uv-lock.ts";

const target: Target = { python: "3.13.5", debian: "bookworm", glibc: "2.36", machine: "x86_64" };
const hash = (digit: string) => digit.repeat(64);
const registry = 'source = { registry = "https://example.org/simple" }';

/** A package of an index, with a source distribution. */
const entry = (name: string, version: string, rest = "", source = registry) => `
[[package]]
name = "${name}"
version = "${version}"
${source}
sdist = { url = "https://example.org/${name}-${version}.tar.gz", hash = "sha256:${hash("a")}", size = 7, upload-time = "2026-11-01T11:20:07Z" }
${rest}`;

/** The project itself. */
const app = (dependencies: string, requires: string, source = 'virtual = "."') => `
[[package]]
name = "orders"
version = "0.1"
source = { ${source} }
dependencies = [${dependencies}]

[package.optional-dependencies]
x = [{ name = "six" }]

[package.dev-dependencies]
dev = [{ name = "pytest" }]

[package.metadata]
requires-dist = [${requires}]
provides-extras = ["x"]
`;

const head = 'version = 1\nrevision = 5\nrequires-python = ">=3.11"\n';

const uvicorn = `${head}
${app(
	`{ name = "uvicorn", extra = ["standard"], marker = "sys_platform == 'linux'" },
{ name = "colorama", marker = "sys_platform == 'win32'" }`,
	`{ name = "uvicorn", extras = ["standard"], marker = "sys_platform == 'linux'", specifier = ">=0.30,<1" },
{ name = "colorama", marker = "sys_platform == 'win32'" },
{ name = "six", marker = "extra == 'x'" },
{ name = "tomli", marker = "python_full_version < '3.11'" }`,
)}
${entry(
	"uvicorn",
	"0.54.0",
	`dependencies = [{ name = "h11" }, { name = "click", marker = "extra == 'extra-6-orders-y'" }]
[package.optional-dependencies]
standard = [{ name = "uvloop" }, { name = "colorama", marker = "sys_platform == 'win32'" }]
other = [{ name = "six" }]`,
)}
${entry("h11", "0.16.0", 'dependencies = [{ name = "uvicorn" }]')}
${entry(
	"uvloop",
	"0.23.0",
	`wheels = [{ url = "https://example.org/uvloop-0.23.0-cp313-cp313-manylinux_2_28_x86_64.whl", hash = "sha256:${hash("b")}" }]`,
)}
${entry("colorama", "0.4.6")}${entry("six", "1.17.0")}${entry("pytest", "9.0")}${entry("click", "8")}`;

/** A project of these dependencies. */
const projectOf = (...dependencies: string[]): Project => ({
	name: "orders",
	dependencies,
	requirements: dependencies.map(parseRequirement),
	sources: [],
});

const dependencies = [
	"Uvicorn[standard] <1, >= 0.30 ; sys_platform=='linux'",
	"colorama; sys_platform == 'win32'",
	"tomli; python_version < '3.11'",
];
const project = projectOf(...dependencies);

function read(
	text: string,
	of: Project = project,
	others: Readonly<Record<string, Project>> = {},
	root = "",
) {
	const file = new LockFile("orders", "uv.lock");
	const whose = { project: of, projectOf: (path: string) => others[path], root };
	const { distributions, folders, names } = readUvLock(file, text, whose, target);
	const lines = file.problems.map(
		({ key, value, reason, remedy }) => `${key}: ${value} ${reason}; ${remedy}`,
	);
	return { distributions, folders, names, lines };
}

it("has what the project needs, with the extras of dependencies, without its own and groups", () => {
	const { distributions, names, lines } = read(uvicorn);
	expect(lines).toEqual([]);
	expect(distributions.map(({ name, version }) => `${name} ${version}`)).toEqual([
		"h11 0.16.0",
		"uvicorn 0.54.0",
		"uvloop 0.23.0",
	]);
	expect(distributions[2]?.files).toEqual([
		{
			name: "uvloop-0.23.0.tar.gz",
			sha256: hash("a"),
			url: "https://example.org/uvloop-0.23.0.tar.gz",
			size: 7,
		},
		{
			name: "uvloop-0.23.0-cp313-cp313-manylinux_2_28_x86_64.whl",
			sha256: hash("b"),
			url: "https://example.org/uvloop-0.23.0-cp313-cp313-manylinux_2_28_x86_64.whl",
		},
	]);
	expect([...names].sort().slice(0, 3)).toEqual(["click", "colorama", "h11"]);
});

it("takes the version that a dependency names, where there are several", () => {
	const text = `${head}${app(
		`{ name = "numpy", version = "1.26.4", ${registry}, marker = "python_full_version < '3.12'" },
{ name = "numpy", version = "2.3.0", ${registry}, marker = "python_full_version >= '3.12'" }`,
		'{ name = "numpy" }',
		'editable = "."',
	)}${entry("numpy", "1.26.4")}${entry("numpy", "2.3.0")}`;
	const { distributions, lines } = read(text, projectOf("numpy"));
	expect(lines).toEqual([]);
	expect(distributions.map(({ version }) => version)).toEqual(["2.3.0"]);
});

it.each([
	["numpy >= 23.0-alpha.0, <99", ">=23.0a0,<99"],
	["numpy (>=v8.0,!=23.0.*)", ">=8.0,!=23.0.*"],
	["numpy>=1.0-1,~=1.10", ">=1.0.post1,~=1.10"],
	["numpy==3.0RC1+A.1", "==3.0rc1+a.1"],
])("takes %j for what uv writes as %j", (dependency, specifier) => {
	const requires = `{ name = "numpy", specifier = "${specifier}" }`;
	const text = `${head}${app(`{ name = "numpy", ${registry} }`, requires)}${entry("numpy", "2.3.0")}`;
	expect(read(text, projectOf(dependency)).lines).toEqual([]);
});

/** A project that has `a` as a folder. */
const withFolder = (path: string): Project => ({
	...projectOf("a>=1"),
	sources: [{ name: "a", key: "tool.uv.sources.a", value: {}, place: { path } }],
});

describe("a folder", () => {
	const a = (requires = "") =>
		entry(
			"a",
			"1",
			`dependencies = [{ name = "six", ${registry} }]\n[package.metadata]\nrequires-dist = [${requires}]`,
			'source = { editable = "libs/a" }',
		);
	const ofMember = (requires?: string) =>
		`${head}${app('{ name = "a" }', '{ name = "a", editable = "libs/a" }', 'virtual = "apps/orders"')}${a(requires)}${entry("six", "1.17.0")}`;
	const orders = withFolder("../../libs/a");

	it("of a workspace is found from a member's folder, and what it needs", () => {
		const text = ofMember('{ name = "six" }').replaceAll("apps/orders", "orders");
		const others = { "../libs/a": projectOf("six") };
		const { distributions, folders, lines } = read(text, orders, others, "..");
		expect(lines).toEqual([]);
		expect(distributions.map(({ name }) => name)).toEqual(["six"]);
		expect(folders).toEqual([{ name: "a", path: "../libs/a", key: "package.a.source" }]);
	});

	it("makes the lock stale by its dependencies too", () => {
		const text = ofMember().replaceAll("apps/orders", "orders");
		expect(read(text, orders, { "../libs/a": projectOf("six") }, "..").lines).toEqual([
			'package.a.metadata.requires-dist: "six" of pyproject.toml is not in it: the lock is stale; run uv lock in its folder',
		]);
	});
});

it("compares no dependencies that are dynamic", () => {
	expect(read(uvicorn, { name: "orders", requirements: [], sources: [] }).lines).toEqual([]);
});

describe("refuses", () => {
	const needs = (name: string) => app(`{ name = "${name}" }`, `{ name = "${name}" }`);
	const stale = "the lock is stale; run uv lock in its folder";
	const publish = "publish a release of it in a package index, and lock that";
	const cases: [string, string, Project, string][] = [
		["no TOML", "x", project, "the file: nothing is read, since it is no TOML"],
		["another form", "version = 2", project, 'version: "2" is not 1, the version of uv.lock'],
		[
			"another Python",
			uvicorn.replace(">=3.11", ">=3.14"),
			project,
			'requires-python: ">=3.14" is not for Python 3.13.5 on bookworm (x86_64); run npm run lock -- orders',
		],
		[
			"another platform",
			`supported-markers = ["sys_platform == 'win32'"]\n${uvicorn}`,
			project,
			`supported-markers: "sys_platform == 'win32'" is not for Python 3.13.5 on bookworm (x86_64)`,
		],
		[
			"another project",
			uvicorn,
			{ ...project, name: "others" },
			'package: "others" of pyproject.toml is no package of it; run uv lock in its folder',
		],
		[
			"another dependency",
			uvicorn,
			projectOf(...dependencies, "Flask[async]>=3"),
			`package.orders.metadata.requires-dist: "flask[async]>=3" of pyproject.toml is not in it: ${stale}`,
		],
		[
			"one dependency less",
			uvicorn,
			projectOf(),
			`"uvicorn[standard]<1,>=0.30" is not in pyproject.toml any more: ${stale}`,
		],
		[
			"git",
			head + needs("a") + entry("a", "1", "", 'source = { git = "https://example.org/a?rev=1#2" }'),
			projectOf("a"),
			`package.a.source.git: "a" is not locked as files of a package index; ${publish}`,
		],
		[
			"an archive",
			head + needs("a") + entry("a", "1", "", 'source = { path = "libs/a.whl" }'),
			projectOf("a"),
			'package.a.source.path: "a" is not locked as files of a package index',
		],
		[
			"a folder in the place of what an index has",
			head + app('{ name = "a" }', "") + entry("a", "1"),
			withFolder("../a"),
			`package.orders.metadata.requires-dist: "a (a folder)" of pyproject.toml is not in it: ${stale}`,
		],
		[
			"no hash",
			head + needs("a") + entry("a", "1").replace(/hash = "[^"]*", /, ""),
			projectOf("a"),
			"package.a.sdist.sha256: nothing is given, but a hash is required; run npm run lock -- orders",
		],
		[
			"a hash of another kind",
			head + needs("a") + entry("a", "1").replace("sha256:", "sha512:"),
			projectOf("a"),
			'package.a.sdist.sha256: "sha512:aaa',
		],
		[
			"two versions",
			head +
				app('{ name = "a", version = "1" }, { name = "a", version = "2" }', '{ name = "a" }') +
				entry("a", "1") +
				entry("a", "2"),
			projectOf("a"),
			'packages.a: "2, 1" is locked 2 times for Python 3.13.5',
		],
		[
			"a missing one",
			head + needs("a"),
			projectOf("a"),
			'package.orders.dependencies: "a" is locked 0 times',
		],
	];
	it.each(cases)("%s", (_, text, of, message) => {
		const { lines } = read(text, of);
		expect(lines.join("\n")).toContain(message);
		expect(lines).toHaveLength(1);
	});
});
