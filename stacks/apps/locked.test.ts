import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type CPythonSeries, findSeries } from "../cpython.ts";
import { buildSystemDigest } from "../lock/project.ts";
import type { Target } from "../lock/target.ts";
import type { AppSource } from "./app.ts";
import type { AppFolder } from "./folder.ts";
import { lockDigests, lockedApp } from "./locked.ts";

const target: Target = { python: "3.13.5", debian: "bookworm", glibc: "2.36", machine: "x86_64" };
const app: AppSource = {
	name: "orders",
	folder: "../orders",
	python: { version: "3.13.5", series: findSeries("3.13") as CPythonSeries, suffix: "" },
	command: ["orders"],
	ports: [],
	environment: {},
	user: "app",
	packages: [],
	importExceptions: {},
	isPackage: false,
	fromSource: [],
	buildPackages: {},
	files: [],
};

const files: Readonly<Record<string, string>> = {
	"pyproject.toml": '[project]\nname = "orders"\ndependencies = ["jinja2"]\n',
	"pylock.toml": `lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "jinja2"
version = "3.1.6"
wheels = [{ name = "jinja2-3.1.6-py3-none-any.whl", hashes = { sha256 = "${"a".repeat(64)}" } }]
`,
};
const read = (name: string) => files[name];

it("has what the lock has", () => {
	expect(lockedApp(app, target, read).distributions).toMatchObject([
		{ kind: "downloaded", name: "jinja2", version: "3.1.6" },
	]);
});

describe("a distribution that is a folder", () => {
	const core = `[project]
name = "core"
version = "0.2"
[build-system]
requires = ["hatchling"]
`;
	const digest = buildSystemDigest({ buildRequires: ["hatchling"] });
	const build = (sum: string) => `lock-version = "1.0"
dependency-groups = ["core"]
[[packages]]
name = "hatchling"
version = "1.33"
marker = "'core' in dependency_groups"
wheels = [{ name = "hatchling-1.33-py3-none-any.whl", hashes = { sha256 = "${"b".repeat(64)}" } }]
[tool.debian-python.requires]
core = ["${sum}"]
`;
	const all = {
		...files,
		"pyproject.toml": files["pyproject.toml"]?.replace('"jinja2"', '"jinja2", "core>=9"') ?? "",
		"pylock.toml": `${files["pylock.toml"]}
[[packages]]
name = "core"
directory = { path = "../core" }
`,
		"../core/pyproject.toml": core,
	};
	const open = (folder: string): AppFolder => ({
		list: () => [
			{ name: "core.py", kind: "file" },
			{ name: "pyproject.toml", kind: "file" },
		],
		read: (path) => {
			if (folder === "../core" && path === "pyproject.toml") return core;
			throw Object.assign(new Error(), { code: "ENOENT" });
		},
		target: () => "",
	});
	const locked = (locks: Readonly<Record<string, string>>) =>
		lockedApp(app, target, (name) => ({ ...all, ...locks })[name], open);

	it("is built from its files by what its own pyproject.toml requires", () => {
		const { locals, distributions } = locked({ "pylock.build.toml": build(digest) });
		expect(distributions.map(({ name }) => name)).toEqual(["jinja2"]);
		expect(locals).toEqual([
			{
				...{ name: "core", version: "0.2", folder: "../core", path: "../core" },
				files: ["core.py", "pyproject.toml"],
				buildRequirements: [expect.objectContaining({ name: "hatchling", version: "1.33" })],
			},
		]);
	});

	it("makes the lock of what builds it stale", () => {
		expect(() => locked({ "pylock.build.toml": build("0".repeat(64)) })).toThrow(
			/tool\.debian-python\.requires\.core: .* is not of build-system of \.\.\/core\/pyproject\.toml: the lock is stale; run npm run lock/,
		);
		expect(() => locked({})).toThrow(/"core" is compiled here, and what builds it is not locked/);
	});

	it("is refused where it is not there", () => {
		const gone = all["pylock.toml"].replace("../core", "../gone");
		expect(() => locked({ "pylock.toml": gone, "pylock.build.toml": build(digest) })).toThrow(
			/^\.\.\/orders\/pylock\.toml: packages\.core\.directory\.path: "\.\.\/gone" has no pyproject\.toml/,
		);
	});
});

it("refuses an import exception that is of nothing", () => {
	const importExceptions = { jinja2: "a", orders: "b", jinja: "c" };
	expect(() => lockedApp({ ...app, importExceptions }, target, read)).toThrow(
		/^\.\.\/orders\/pyproject\.toml: tool\.debian-python\.import-exceptions: "jinja" is no distribution of pylock\.toml; write the name of one, or leave it out$/,
	);
});

it("tells the digests of the locks that are read, and of no other", () => {
	const digest = (text = "") => createHash("sha256").update(text).digest("hex");
	const all: Readonly<Record<string, string>> = {
		...files,
		"uv.lock": "version = 1",
		"pylock.build.toml": "# none",
	};
	expect(lockDigests(app, (name) => all[name])).toEqual([
		{ name: "pylock.toml", sha256: digest(files["pylock.toml"]) },
		{ name: "pylock.build.toml", sha256: digest("# none") },
	]);
	expect(lockDigests(app, (name) => (name === "uv.lock" ? all[name] : undefined))).toEqual([
		{ name: "uv.lock", sha256: digest("version = 1") },
	]);
});
