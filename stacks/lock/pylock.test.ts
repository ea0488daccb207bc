import { describe, expect, it } from "vitest";
import { LockFile } from "./lock-file.ts";
import { parsePylock, selectPackages } from "./pylock.ts";
import type { Target } from "./target.ts";

const target: Target = { python: "3.13.5", debian: "bookworm", glibc: "2.36", machine: "x86_64" };
const hash = (digit: string) => digit.repeat(64);

/** As `uv export --format pylock.toml` writes it, and pip lock. */
const uvText = `
lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.11"

[[packages]]
name = "orders"
directory = { path = ".", editable = true }

[[packages]]
name = "MarkupSafe"
version = "3.0.4"
marker = "sys_platform == 'linux'"
index = "https://example.org/simple"
sdist = { url = "https://example.org/a1/markupsafe-3.0.4.tar.gz", upload-time = 2026-11-01T11:20:07Z, size = 310971, hashes = { sha256 = "${hash("a")}" } }
wheels = [
    { url = "https://example.org/b2/MarkupSafe-3.0.4-py3-none-any.whl#x", hashes = { md5 = "0", sha256 = "${hash("b")}" } },
    { name = "markupsafe-3.0.4-cp313-cp313-linux_x86_64.whl", hashes = { sha256 = "${hash("c")}" } },
]

[[packages]]
name = "colorama"
version = "0.4.6"
marker = "sys_platform == 'win32'"
wheels = [{ url = "https://example.org/colorama-0.4.6-py2.py3-none-any.whl", hashes = { sha256 = "${hash("d")}" } }]
`;

/** An entry with a wheel. */
const entry = (name: string, version: string, rest = "") => `
[[packages]]
name = "${name}"
version = "${version}"
wheels = [{ name = "${name}-${version}-py3-none-any.whl", hashes = { sha256 = "${hash("1")}" } }]
${rest}
`;

const head = 'lock-version = "1.0"\n';

function read(text: string, groups?: readonly string[], of = target) {
	const file = new LockFile("orders", "pylock.toml");
	const distributions = selectPackages(file, parsePylock(file, text), of, groups);
	return { distributions, problems: file.problems };
}

/** The messages of a lock that is refused. */
function refusal(text: string, of = target): string {
	const file = new LockFile("orders", "pylock.toml");
	selectPackages(file, parsePylock(file, text), of);
	try {
		file.finish();
	} catch (error) {
		return (error as Error).message;
	}
	return "not refused";
}

it("reads what the target is to have", () => {
	expect(read(uvText)).toEqual({
		problems: [],
		distributions: [
			{
				name: "markupsafe",
				version: "3.0.4",
				files: [
					{
						name: "markupsafe-3.0.4.tar.gz",
						sha256: hash("a"),
						url: "https://example.org/a1/markupsafe-3.0.4.tar.gz",
						size: 310971,
					},
					{
						name: "MarkupSafe-3.0.4-py3-none-any.whl",
						sha256: hash("b"),
						url: "https://example.org/b2/MarkupSafe-3.0.4-py3-none-any.whl#x",
					},
					{ name: "markupsafe-3.0.4-cp313-cp313-linux_x86_64.whl", sha256: hash("c") },
				],
			},
		],
	});
});

it("has the packages of the groups that are named, else of the default groups", () => {
	const text = `${head}dependency-groups = ["A_b", "c"]\ndefault-groups = ["c"]
${entry("setuptools", "75.0", "marker = \"'a-b' in dependency_groups\"")}
${entry("setuptools", "80.0", "marker = \"'c' in dependency_groups or 'd' in dependency_groups\"")}`;
	const versions = (groups?: string[]) =>
		read(text, groups).distributions.map(({ version }) => version);
	expect(versions()).toEqual(["80.0"]);
	expect(versions(["a-b"])).toEqual(["75.0"]);
	expect(versions(["other"])).toEqual([]);
});

it("reads what npm run lock writes beside", () => {
	const file = new LockFile("orders", "pylock.toml");
	const { lockedFrom, requires, groups } = parsePylock(
		file,
		`${head}dependency-groups = ["Foo_bar"]
[tool.debian-python]
locked-from = { file = "requirements.txt", sha256 = "${hash("e")}" }
requires = { Foo_bar = "${hash("f")}", b = ["1", "2"] }`,
	);
	expect(file.problems).toEqual([]);
	expect(lockedFrom).toEqual({ file: "requirements.txt", sha256: hash("e") });
	expect(requires).toEqual({ "foo-bar": [hash("f")], b: ["1", "2"] });
	expect(groups).toEqual(["foo-bar"]);
});

const remedy = "run npm run lock -- orders";
const publish = "publish it in a package index, and lock it from there";

describe("refuses", () => {
	it.each([
		["x = ", "the file: nothing is read, since it is no TOML (Invalid TOML document:"],
		["", `lock-version: nothing is given, but it is required; ${remedy}`],
		['lock-version = "2.0"', `lock-version: "2.0" is not 1.0, the version of PEP 751; ${remedy}`],
		["lock-version = 1.0", `lock-version: "1" is not a text; ${remedy}`],
		[`${head}packages = 3`, `packages: "3" is not a list of tables; ${remedy}`],
		[
			`${head}requires-python = ">=3.14"`,
			`requires-python: ">=3.14" is not for Python 3.13.5 on bookworm (x86_64); ${remedy}`,
		],
		[`${head}requires-python = "3"`, `requires-python: "3" is no version specifier (PEP 440)`],
		[
			`${head}environments = ["sys_platform == 'win32'", "platform_machine == 'arm64'"]`,
			`environments: "sys_platform == 'win32' | platform_machine == 'arm64'" is not for Python`,
		],
		[
			head + entry("a", "1", "requires-python = '<3.13'"),
			`packages.a.requires-python: "<3.13" is not for Python 3.13.5`,
		],
		[head + entry("a", "1", "marker = 'os'"), 'packages.a.marker: "os" is no environment marker'],
		[
			head + entry("a", "1") + entry("A", "2"),
			`packages.a: "1, 2" is locked 2 times for Python 3.13.5 on bookworm (x86_64); ${remedy}`,
		],
		[
			`${head}[[packages]]\nname = "a"\nvcs = { type = "git", url = "https://example.org/a", commit-id = "1" }`,
			'packages.a.vcs: "a" is not locked as files of a package index; publish a release of it',
		],
		[
			`${head}[[packages]]\nname = "a"\narchive = { path = "a.zip" }`,
			'packages.a.archive: "a" is not',
		],
		[
			`${head}[[packages]]\nname = "a"\ndirectory = { editable = true }`,
			"packages.a.directory.path: nothing is given, but it is required",
		],
		[`${head}[[packages]]\nversion = "1"`, "packages[0].name: nothing is given"],
		[`${head}[[packages]]\nname = "a"`, "packages.a.version: nothing is given"],
	])("%j", (text, message) => expect(refusal(text)).toContain(`orders/pylock.toml: ${message}`));

	const withWheel = (wheel: string) =>
		`${head}[[packages]]\nname = "a"\nversion = "1"\nwheels = [{ ${wheel} }]`;
	it.each([
		[
			'name = "a-1-py3-none-any.whl"',
			`sha256: nothing is given, but a hash is required; ${remedy}`,
		],
		[
			'name = "a-1-py3-none-any.whl", hashes = { sha512 = "1" }',
			"sha256: nothing is given, but a hash is required",
		],
		[
			'name = "a-1-py3-none-any.whl", hashes = { sha256 = "ABC" }',
			'sha256: "ABC" is no SHA-256, which has 64 lower case hexadecimal digits',
		],
		[
			`hashes = { sha256 = "${hash("1")}" }`,
			"name: nothing is given, and there is no url that would have it",
		],
		[
			`name = "b-1-py3-none-any.whl", hashes = { sha256 = "${hash("1")}" }`,
			'name: "b-1-py3-none-any.whl" is not of a',
		],
		[
			`name = "../a-1-py3-none-any.whl", hashes = { sha256 = "${hash("1")}" }`,
			'name: "../a-1-py3-none-any.whl" is no file name of a distribution',
		],
		[
			`url = "https://example.org/a-1%0a-py3-none-any.whl", hashes = { sha256 = "${hash("1")}" }`,
			'name: "a-1\\n-py3-none-any.whl" is no file name of a distribution',
		],
		[
			`name = "a-1.tar.gz", hashes = { sha256 = "${hash("1")}" }`,
			'name: "a-1.tar.gz" is no file name of a wheel (PEP 427)',
		],
		[
			`path = "dist/a-1-py3-none-any.whl", hashes = { sha256 = "${hash("1")}" }`,
			`path: "dist/a-1-py3-none-any.whl" is a file of this machine; ${publish}`,
		],
		[
			`url = "file:///tmp/a-1-py3-none-any.whl", hashes = { sha256 = "${hash("1")}" }`,
			`url: "file:///tmp/a-1-py3-none-any.whl" is no address of http or https; ${publish}`,
		],
	])("a wheel with %s", (wheel, message) =>
		expect(refusal(withWheel(wheel))).toContain(
			`orders/pylock.toml: packages.a.wheels[0].${message}`,
		),
	);

	it("everything at once, a line for each", () => {
		const text = head + entry("a", "1", "marker = 'x'") + entry("b", "1", "requires-python = '>4'");
		expect(refusal(text).split("\n")).toHaveLength(2);
	});
});
