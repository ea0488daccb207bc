import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { type CPythonSeries, findSeries } from "../cpython.ts";
import type { Target } from "../lock/target.ts";
import type { AppSource } from "./app.ts";
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
