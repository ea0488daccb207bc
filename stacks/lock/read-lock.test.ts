import { describe, expect, it } from "vitest";
import { LockFile } from "./lock-file.ts";
import { buildSystemDigest, localDigest, parseProject, projectDigest } from "./project.ts";
import { readBuildLock, readLock } from "./read-lock.ts";
import { requirementsDigest } from "./requirements.ts";
import type { Target } from "./target.ts";

const target: Target = { python: "3.13.5", debian: "bookworm", glibc: "2.36", machine: "x86_64" };
const hash = "1".repeat(64);

const pyproject = (...dependencies: string[]) => `[project]
name = "Orders"
dependencies = ${JSON.stringify(dependencies)}
requires-python = ">=3.11"
`;

const digestOf = (text: string) => projectDigest(parseProject(new LockFile("x", "y"), text));

const pylock = (rest = "") => `lock-version = "1.0"
[[packages]]
name = "flask"
version = "3.0"
wheels = [{ name = "flask-3.0-py3-none-any.whl", hashes = { sha256 = "${hash}" } }]
${rest}`;

const lockedFrom = (file: string, sha256: string) =>
	pylock(`[tool.debian-python]\nlocked-from = { file = "${file}", sha256 = "${sha256}" }`);

const uvLock = `version = 1
[[package]]
name = "orders"
source = { virtual = "." }
`;

const digestOfText = (text: string) => requirementsDigest("requirements.txt", () => text);

type Files = Readonly<Record<string, string>>;
const read = (files: Files) => readLock("../orders", (name) => files[name], target);
const requirements = `flask==3.0 --hash=sha256:${hash}\n`;

describe("readLock", () => {
	it("takes the first of pylock.toml and uv.lock", () => {
		const files = { "pyproject.toml": pyproject(), "uv.lock": uvLock, "requirements.txt": "" };
		expect(read({ ...files, "pylock.toml": pylock() })).toEqual({
			folder: "../orders",
			name: "pylock.toml",
			distributions: [
				{
					name: "flask",
					version: "3.0",
					files: [{ name: "flask-3.0-py3-none-any.whl", sha256: hash }],
				},
			],
			folders: [],
			names: new Set(["flask"]),
		});
		expect(read(files)).toMatchObject({ name: "uv.lock", distributions: [] });
	});

	it("takes a lock as fresh as what it was made from", () => {
		const text = pyproject("flask>=3", "six");
		const same = `${pyproject("six", "flask>=3")}version = "2"\n`;
		const digest = digestOf(text);
		const fresh = lockedFrom("pyproject.toml", digest);
		expect(read({ "pyproject.toml": same, "pylock.toml": fresh })).toMatchObject({
			names: new Set(["flask"]),
		});
		const of = lockedFrom("requirements.txt", digestOfText(requirements));
		expect(read({ "pylock.toml": of, "requirements.txt": requirements })).toMatchObject({
			name: "pylock.toml",
		});
	});

	const remedy = "run npm run lock -- ../orders";
	const key = "../orders/pylock.toml: tool.debian-python.locked-from";
	it.each<[string, Files, string]>([
		[
			"no lock",
			{ "pyproject.toml": pyproject() },
			`../orders/pylock.toml: the file: nothing is there, nor is a uv.lock or a requirements.txt; ${remedy}`,
		],
		[
			"requirements alone",
			{ "requirements.txt": requirements },
			`../orders/requirements.txt: --hash: nothing tells which files the hashes are of; ${remedy}, which writes pylock.toml from it`,
		],
		[
			"requirements without hashes",
			{ "requirements.txt": "flask==3.0" },
			`../orders/requirements.txt: line 1: "flask==3.0" has no hash; ${remedy}`,
		],
		[
			"a lock of other requirements",
			{
				"requirements.txt": `${requirements}#`,
				"pylock.toml": lockedFrom("requirements.txt", digestOfText(requirements)),
			},
			`${key}: "requirements.txt" has changed since, or what it includes: the lock is stale; ${remedy}`,
		],
		[
			"a lock of requirements that are gone",
			{ "pylock.toml": lockedFrom("requirements.txt", hash) },
			`${key}: "requirements.txt" is no file of the folder; ${remedy}`,
		],
		[
			"a lock of a file out of the folder",
			{ "../x": "", "pylock.toml": lockedFrom("../x", digestOfText("")) },
			`${key}: "../x" is no file of the folder; ${remedy}`,
		],
		[
			"a lock of other dependencies",
			{
				"pyproject.toml": pyproject("flask>=3.1"),
				"pylock.toml": lockedFrom("pyproject.toml", digestOf(pyproject("flask>=3"))),
			},
			`${key}: "pyproject.toml" has other dependencies since: the lock is stale; ${remedy}`,
		],
		[
			"a lock of others that lacks a dependency",
			{ "pyproject.toml": pyproject("six", "a; os_name == 'nt'"), "pylock.toml": pylock() },
			`../orders/pylock.toml: packages: "six" of pyproject.toml is not in it: the lock is stale; ${remedy}`,
		],
		[
			"a lock of others with an older version",
			{ "pyproject.toml": pyproject("Flask>=3.1"), "pylock.toml": pylock() },
			`../orders/pylock.toml: packages.flask.version: "3.0" is not >=3.1, as pyproject.toml wants it: the lock is stale; ${remedy}`,
		],
		[
			"a pyproject.toml that is none",
			{ "pyproject.toml": "[project]\ndependencies = 3", "pylock.toml": pylock() },
			`../orders/pyproject.toml: project.dependencies: "3" is not a list of texts; mend it`,
		],
		[
			"a dependency that is none",
			{ "pyproject.toml": pyproject("flask 3"), "pylock.toml": pylock() },
			`../orders/pyproject.toml: project.dependencies: "flask 3" is no dependency specifier (PEP 508); mend it`,
		],
		[
			"a dependency of some kernels",
			{ "pyproject.toml": pyproject("six; platform_release > '5'"), "pylock.toml": pylock() },
			`../orders/pylock.toml: dependencies of pyproject.toml: "platform_release > '5'" depends on the kernel, which differs by machine; ${remedy}`,
		],
	])("refuses %s", (_, files, message) => {
		expect(() => read(files)).toThrow(expect.objectContaining({ name: "LockError", message }));
	});
});

describe("a lock with a folder", () => {
	const core = '[project]\nname = "core"\ndependencies = ["six"]\n';
	const locked = (tool = "") =>
		`${pylock()}\n[[packages]]\nname = "core"\ndirectory = { path = "../orders/../core/", editable = true }\n${tool}`;
	const files = { "pyproject.toml": pyproject("core>=2"), "../core/pyproject.toml": core };

	it("of another tool has what that needs in it", () => {
		expect(() => read({ ...files, "pylock.toml": locked() })).toThrow(
			'packages: "six" of pyproject.toml is not in it: the lock is stale',
		);
		const flask = { ...files, "../core/pyproject.toml": core.replace("six", "flask") };
		expect(read({ ...flask, "pylock.toml": locked() }).folders).toEqual([
			{ name: "core", path: "../core", key: "packages.core.directory.path" },
		]);
	});

	it("is stale with other dependencies of that", () => {
		const digests = (text: string) =>
			`[tool.debian-python]
locked-from = { file = "pyproject.toml", sha256 = "${digestOf(pyproject("core>=2"))}" }
directories = { core = "${digestOf(text)}" }`;
		const fresh = locked(digests(`${core}version = "3"\n`));
		expect(read({ ...files, "pylock.toml": fresh }).folders).toHaveLength(1);
		expect(() => read({ ...files, "pylock.toml": locked(digests("")) })).toThrow(
			'tool.debian-python.directories.core: "../core" has other dependencies since: the lock is stale; run npm run lock -- ../orders',
		);
	});

	it("is that of the workspace where the app has none, and is told by its place", () => {
		const root =
			'[tool.uv.workspace]\nmembers = ["*"]\n[tool.uv.sources]\ncore = { workspace = true }\n';
		const workspace = {
			...files,
			"../pyproject.toml": root,
			"../uv.lock": `version = 1
[[package]]
name = "orders"
source = { virtual = "orders" }
dependencies = [{ name = "core" }]
[package.metadata]
requires-dist = [{ name = "core", editable = "core" }]
[[package]]
name = "core"
source = { editable = "core" }
`,
		};
		expect(() => read(workspace)).toThrow(
			'../uv.lock: package.core.metadata.requires-dist: "six" of pyproject.toml is not in it',
		);
		const bare = { ...workspace, "../core/pyproject.toml": '[project]\nname = "core"\n' };
		expect(read(bare)).toMatchObject({
			name: "../uv.lock",
			folders: [{ name: "core", path: "../core" }],
		});
		const excluded = root.replace("[tool.uv.sources]", 'exclude = ["orders"]\n[tool.uv.sources]');
		expect(() => read({ ...bare, "../pyproject.toml": excluded })).toThrow(
			"../orders/pylock.toml: the file: nothing is there",
		);
	});
});

it("reads a build lock, if there is one", () => {
	expect(readBuildLock("../orders", () => undefined)).toBeUndefined();
	expect(readBuildLock("../orders", () => pylock())?.pylock.packages).toHaveLength(1);
	expect(() => readBuildLock("../orders", () => "x")).toThrow(
		"../orders/pylock.build.toml: the file",
	);
});

describe("digests", () => {
	it("change with what a requirements file includes", () => {
		const files: Record<string, string | undefined> = {
			"requirements.txt": "-r more/base.txt\nsix",
			"more/base.txt": "\ufeff--constraint=c.txt # why\r\n-r ../requirements.txt",
			"more/c.txt": "a<2",
		};
		const digest = () => requirementsDigest("requirements.txt", (name) => files[name]);
		const seen = [digest()];
		for (const name of ["more/c.txt", "more/base.txt"]) {
			files[name] += "\nb";
			seen.push(digest());
		}
		expect(new Set(seen).size).toBe(3);
		files["more/other.txt"] = "c";
		expect(digest()).toBe(seen.at(-1));
	});
	const project = (rest: string) => parseProject(new LockFile("x", "y"), rest);
	it("change with dependencies and requires-python alone", () => {
		const one = digestOf(pyproject("a"));
		expect(digestOf(`${pyproject("a")}version = "3"`)).toBe(one);
		expect(digestOf(pyproject("a").replace("3.11", "3.12"))).not.toBe(one);
		expect(digestOf(pyproject("b"))).not.toBe(one);
		expect(digestOf("[project]")).toBe(digestOf(""));
		const ofPoetry = project("[tool.poetry.dependencies]\nflask = '^3'");
		expect(ofPoetry.dependencies).toBeUndefined();
	});
	it("change with where a dependency is", () => {
		const at = (path: string, name = "a") =>
			digestOf(`${pyproject("a")}[tool.uv.sources]\n${name} = { path = "${path}" }`);
		expect(new Set([digestOf(pyproject("a")), at("../a"), at("../b")]).size).toBe(3);
		expect(at("../x", "x")).toBe(digestOf(pyproject("a")));
	});
	it("change with all of a folder whose dependencies its build system alone knows", () => {
		const digest = (text: string) => localDigest(project(text), text);
		const dynamic = '[project]\nname = "a"\ndynamic = ["dependencies"]\n';
		expect(digest(dynamic)).not.toBe(digest(`${dynamic}#`));
		expect(digest(pyproject("a"))).toBe(digest(`${pyproject("a")}#`));
	});
	it("change with what builds the project", () => {
		const one = buildSystemDigest(project('[build-system]\nrequires = ["hatchling", "a"]'));
		expect(buildSystemDigest(project('[build-system]\nrequires = ["a", "hatchling"]'))).toBe(one);
		expect(buildSystemDigest(project('[build-system]\nrequires = ["hatchling"]'))).not.toBe(one);
	});
});
