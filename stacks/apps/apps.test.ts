import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CPythonSeries, seriesOf } from "../cpython.ts";
import { readApps } from "./apps.ts";
import { type AppFolder, folderOnDisk } from "./folder.ts";
import schema from "./schema.json" with { type: "json" };
import { checkTable, exampleOf, tableKeys } from "./table.ts";

type Files = Readonly<Record<string, string>>;

const command = 'command = ["orders"]';
const good = project("Orders.API");

function project(name: string, table = command, rest = ""): string {
	return `[project]\nname = "${name}"\n${rest}\n[tool.debian-python]\n${table}\n`;
}

/** Reads apps whose files are in one flat folder each; an empty object stands for a file. */
function read(folders: Readonly<Record<string, Files | undefined>>) {
	const open = (name: string): AppFolder => {
		const files = folders[name];
		const fail = (code: string) => Object.assign(new Error(code), { code });
		return {
			list: () => {
				if (files === undefined) throw fail(name === "file" ? "ENOTDIR" : "ENOENT");
				return Object.keys(files).map((file) => ({ name: file, kind: "file" }));
			},
			read: (path) => {
				if (files?.[path] === undefined) throw fail("ENOENT");
				return files[path];
			},
			target: () => "",
		};
	};
	return readApps(Object.keys(folders), { pythons: PYTHONS, open });
}

const python = (version: string) => ({
	version,
	series: seriesOf(version) as CPythonSeries,
	suffix: "",
});
const FREE = { ...python("3.13.5"), variant: "free-threaded", suffix: "-3.13t" } as const;
const PYTHONS = [python("3.13.5"), python("3.12.14"), FREE] as const;

/** What is said of one app, a line for each problem. */
function linesOf(pyproject: string, files: Files = {}): string[] {
	const { problems } = read({ app: { "pyproject.toml": pyproject, ...files } });
	return problems.map(({ key, value, reason, remedy }) => `${key}: ${value} ${reason}; ${remedy}`);
}

it("has all that the folder says, names normalised", () => {
	const table = `
command = ["uvicorn", "orders:app"]
python = "3.12"
ports = [8000]
healthcheck = ["python", "-m", "orders.health"]
environment = { A = "b c" }
user = "orders"
from-source = ["Psycopg2"]
build-packages = { "zope.interface" = ["libpq-dev", "g++"] }
packages = ["tzdata"]
smoke = ["true"]
import-exceptions = { A_B = "why" }`;
	const rest = 'version = "1.0"\nrequires-python = ">=3.12"';
	const pyproject = `${project("Orders.API", table, rest)}[build-system]\nrequires = []\n`;
	const files = { "uv.lock": "", "a b.py": "", Z: "", é: "", "pyproject.toml": pyproject };
	const { apps, problems } = read({ "../orders": files });
	expect(problems).toEqual([]);
	expect(apps).toEqual([
		{
			name: "orders-api",
			folder: "../orders",
			version: "1.0",
			python: PYTHONS[1],
			command: ["uvicorn", "orders:app"],
			ports: [8000],
			healthcheck: ["python", "-m", "orders.health"],
			environment: { A: "b c" },
			user: "orders",
			fromSource: ["psycopg2"],
			buildPackages: { "zope-interface": ["libpq-dev", "g++"] },
			packages: ["tzdata"],
			smoke: ["true"],
			importExceptions: { "a-b": "why" },
			isPackage: true,
			files: ["Z", "a b.py", "pyproject.toml", "é"],
		},
	]);
});

it("is the same in whichever order ports and Debian packages are written", () => {
	const lists = 'ports = [9000, 80, 8000]\npackages = ["tzdata", "libpq5", "tzdata"]';
	const { apps } = read({ app: { "pyproject.toml": project("a", `${command}\n${lists}`) } });
	expect(apps).toMatchObject([{ ports: [80, 8000, 9000], packages: ["libpq5", "tzdata"] }]);
});

it("has a variant of its series where it names that", () => {
	const { apps } = read({
		app: { "pyproject.toml": project("a", `${command}\npython = "3.13t"`) },
	});
	expect(apps[0]?.python).toBe(FREE);
});

it("stands on the image that it names, and on the first where it names none", () => {
	const common = python("3.13.5");
	const of = (images: readonly ("python" | "minimal")[], table = "") => {
		const open = () => ({
			...folderOnDisk("."),
			list: () => [],
			read: () => project("a", `${command}\n${table}`),
		});
		const { apps, problems } = readApps(["a"], { pythons: [{ ...common, images }], open });
		return apps[0]?.python.image ?? problems[0]?.remedy;
	};
	const both = ["python", "minimal"] as const;
	expect(of(both)).toBeUndefined();
	expect(of(both, 'python = "3.13-minimal"')).toBe("minimal");
	expect(of(both.toReversed())).toBe("minimal");
	expect(of(both.toReversed(), 'python = "3.13"')).toBeUndefined();
	expect(of(["minimal"], 'python = "3.13"')).toBe("minimal");
	expect(of(["minimal"], 'python = "3.12"')).toMatch(/^write "3\.13-minimal", or add/);
});

it.each([
	["", true],
	["[tool.poetry]\npackage-mode = false", false],
	["[tool.uv]\npackage = false", false],
	["[tool.pdm]\ndistribution = false", false],
	["[tool.uv]\npackage = true", true],
])("with [build-system] is a distribution, unless its tool says no: %j", (tool, isPackage) => {
	const pyproject = `${good}[build-system]\nrequires = []\n${tool}\n`;
	expect(read({ app: { "pyproject.toml": pyproject } }).apps).toMatchObject([{ isPackage }]);
});

it("needs a name and a command alone", () => {
	const { apps } = read({ app: { "pyproject.toml": good } });
	expect(apps[0]).toMatchObject({ name: "orders-api", user: "app", ports: [], fromSource: [] });
	expect(apps[0]?.python).toBe(PYTHONS[0]);
	expect(apps[0]?.user).toBe(schema.properties.user.default);
});

describe("what is wrong is told in one line with file, key, value, reason and remedy", () => {
	const table = (text: string) => project("orders", `${command}\n${text}`);
	const of = "app/pyproject.toml: tool.debian-python";
	const cases: readonly [pyproject: string, line: string | RegExp][] = [
		[
			project("orders", 'command = "orders --all"'),
			`${of}.command: "orders --all" is not a command: a list of strings, the program first; write command = ["uvicorn", "orders:app", "--host", "0.0.0.0"]`,
		],
		[project("orders", "command = []"), /\.command: "\[\]" is not a command/],
		[project("orders", 'command = ["a", 1]'), /\.command\[1\]: 1 is not a string/],
		[project("orders", 'command = ["a\\u0000"]'), /\.command\[0\]: "a.*" is not a string without/],
		[
			project("orders", ""),
			`${of}.command: no value is given, but one is required; write ${exampleOf("command")}`,
		],
		[table("ports = [0]"), /\.ports\[0\]: 0 is not a TCP port: .* 65535; write ports = \[8000\]$/],
		[table("ports = [65536]"), /\.ports\[0\]: 65536 is not a TCP port/],
		[table('ports = ["80"]'), /\.ports\[0\]: "80" is not a TCP port/],
		[table("ports = [80, 80]"), /\.ports: "\[80,80\]" is not a list of TCP ports, each once/],
		[table("ports = 80"), /\.ports: 80 is not a list of TCP ports/],
		[
			table('user = "root"'),
			/\.user: "root" is not the name of an unprivileged user.*; write user = "app"$/,
		],
		[table("user = 0"), /\.user: 0 is not the name of an unprivileged user/],
		[table('user = "0"'), /\.user: "0" is not the name of an unprivileged user/],
		[
			table('comand = ["a"]'),
			/\.comand: .* does not know; write command if you meant that \(known: command, python, ports,/,
		],
		[
			table('python = "3.14"'),
			/\.python: "3\.14" is the series of no Python that the stack has; write "3\.13" or "3\.12" or "3\.13t", or add/,
		],
		[
			table("python = 3.13"),
			/\.python: 3\.13 is not a series of CPython, such as "3\.13"; write python = "3/,
		],
		[table("build_packages = {}"), /; write build-packages if you meant that/],
		[table('"a b\\n" = 1'), /\."a b\\n": 1 is the value of a key that this table does not know/],
		[
			table('environment = { "A-B" = "c" }'),
			/\.environment\.A-B: "A-B" is not the name of an environment variable/,
		],
		[
			table("environment = { A = 1 }"),
			/\.environment\.A: 1 is not a string.*; write environment = \{ ORDERS_PAGE = "50" \}$/,
		],
		[
			table('environment = { A = "b\\nc" }'),
			/\.environment\.A: "b\\nc" is not a string of one line, .*; write environment/,
		],
		[
			table("environment = { MY_TOKEN = 12345 }"),
			/\.environment\.MY_TOKEN: a hidden value is not a string/,
		],
		[
			table('from-source = "psycopg2"'),
			/\.from-source: "psycopg2" is not a list of distributions, or ":all:"; write from-source = \["psycopg2"\]$/,
		],
		[table('from-source = ["a", "b c"]'), /\.from-source: .* is not a list of distributions/],
		[
			table('build-packages = { lxml = "libxml2-dev" }'),
			/\.build-packages\.lxml: "libxml2-dev" is not a list of Debian packages/,
		],
		[
			table('packages = ["Foo; id"]'),
			/\.packages\[0\]: "Foo; id" is not the name of a Debian package/,
		],
		[
			table('import-exceptions = { lxml = "" }'),
			/\.import-exceptions\.lxml: "" is not a reason in words/,
		],
		[table('healthcheck = "true"'), /\.healthcheck: "true" is not a command/],
		[table('smoke = ["a"'), /^app\/pyproject\.toml: line \d is not TOML: .*; mend it$/],
		[
			'[project]\nname = "a"',
			`${of}: no table is given, but one is required; write [tool.debian-python] with ${exampleOf("command")}`,
		],
		[
			'[project]\nname = "a"\n[tool.debian_python]',
			/write \[tool\.debian-python\] in place of \[tool\.debian_python\] with/,
		],
		[
			`[tool.debian-python]\n${command}`,
			/^app\/pyproject\.toml: project\.name: no value is given, but one is required; write a name of/,
		],
		[
			project("-a"),
			/project\.name: "-a" is not a name that a Python distribution or a repository may have/,
		],
		[project("a/b"), /project\.name: "a\/b" is not a name/],
		[project("a".repeat(61)), /has 61 characters, more than 60/],
		[
			project("a", command, 'version = "one"'),
			/project\.version: "one" is not a version; write a version/,
		],
		[
			project("a", command, 'requires-python = ">=3.14"'),
			/project\.requires-python: ">=3.14" does not allow the stack's Python 3\.13\.5; write/,
		],
		[
			project("a", command, 'requires-python = "new"'),
			/project\.requires-python: "new" is not a version specifier; write/,
		],
	];
	it.each(cases)("%j", (pyproject, line) => {
		const lines = linesOf(pyproject);
		expect(lines).toHaveLength(1);
		if (typeof line === "string") expect(lines[0]).toBe(line);
		else expect(lines[0]).toMatch(line);
		expect(lines[0]).not.toContain("\n");
	});

	it.each([
		["pyproject.toml", "EISDIR", "is not a file"],
		["uv.lock", "ELOOP", "cannot be read: ELOOP"],
	])("of a file %s that cannot be read (%s)", (name, code, reason) => {
		const file = Object.defineProperty({ "pyproject.toml": good }, name, {
			get: () => {
				throw Object.assign(new Error(code), { code });
			},
			enumerable: true,
		});
		const { problems } = read({ app: file });
		const remedy = "put the file there, or remove it";
		expect(problems).toEqual([{ key: "apps", value: `"app/${name}"`, reason, remedy }]);
	});

	it("all at once, of all apps", () => {
		const bad = project("-", 'command = 1\nports = ["a"]\nx = 1');
		const { problems, apps } = read({
			a: { "pyproject.toml": bad, "b\nc": "" },
			b: { "pyproject.toml": good },
			file: undefined,
			gone: undefined,
			none: {},
		});
		expect(apps.map(({ folder }) => folder)).toEqual(["b"]);
		expect(problems.map(({ key, value, reason }) => `${key}: ${value} ${reason}`)).toEqual([
			expect.stringMatching(/project\.name/),
			expect.stringMatching(/debian-python\.x: 1 is the value of a key/),
			expect.stringMatching(/debian-python\.command: 1 is not/),
			expect.stringMatching(/debian-python\.ports\[0\]: "a" is not/),
			'a: "b\\nc" is a file name with a line break',
			'apps: "file" is not a folder',
			'apps: "gone" is not there',
			'apps: "none/pyproject.toml" is not there',
		]);
	});

	it("of two apps of one name, however it is spelt", () => {
		const files = { "pyproject.toml": good };
		const { problems } = read({ a: files, b: { "pyproject.toml": project("orders_api") } });
		expect(problems).toEqual([
			{
				key: "b/pyproject.toml: project.name",
				value: '"orders-api"',
				reason: "is also the name of the app in a",
				remedy: "give one of the two another name",
			},
		]);
		const open = () => ({ ...folderOnDisk("."), list: () => [], read: () => good });
		const twice = readApps(["a", "a"], { pythons: PYTHONS, open });
		expect(twice.problems).toMatchObject([{ key: "apps", reason: "is there twice" }]);
	});
});

it("gives an example of each key that the schema takes", () => {
	const examples = tableKeys.map((key) => [key, schema.properties[key].examples[0]]);
	const table = Object.fromEntries(examples);
	expect(checkTable(table, "pyproject.toml")).toEqual(table);
});

it("is the table of docs/apps.md", () => {
	const text = readFileSync(join(import.meta.dirname, "../../docs/apps.md"), "utf8");
	const rows = (text.match(/^\| `.*\|$/gm) ?? []).map((line) =>
		line.split("|").map((cell) => cell.trim()),
	);
	const known = tableKeys.map((key) => [`\`${key}\``, schema.properties[key].description]);
	expect(rows.map(([, key, description]) => [key, description])).toEqual(known);
});
