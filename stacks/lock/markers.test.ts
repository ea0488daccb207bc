import { array, assert, constantFrom, letrec, oneof, property, string, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../config-values.ts";
import { evaluateMarker, markerEnvironment, parseMarker } from "./markers.ts";
import type { Target } from "./target.ts";

const target: Target = { python: "3.13.5", debian: "bookworm", glibc: "2.36", machine: "x86_64" };
const environment = markerEnvironment(target, ["psycopg2", "Foo_Bar"]);

describe("evaluateMarker", () => {
	it.each([
		["python_version >= '3.9'", true],
		["python_version >= '3.100'", false], // as versions, not as texts
		["'3.9' <= python_version", true],
		['python_full_version < "3.13.5"', false],
		["python_full_version == '3.13.*'", true],
		["python_version ~= '3.8'", true],
		["python_version in '2.7 3.13'", true],
		["python_version not in '2.7, 3.8'", true],
		["implementation_version>='3'", true],
		["sys_platform == 'linux' and platform_machine != 'aarch64'", true],
		["platform_system == 'Windows' or os_name == 'posix'", true],
		["os.name == 'nt' or sys.platform == 'win32' or platform.machine == 'arm64'", false],
		["python_implementation == 'CPython'", true],
		["platform_python_implementation == 'PyPy'", false],
		["implementation_name == 'cpython'", true],
		["extra == 'test'", false],
		["extra != 'test'", true],
		["'test' in extras", false],
		["'test' not in extras", true],
		["'psycopg2' in dependency_groups", true],
		["'foo.bar' in dependency_groups", true],
		["'lxml' in dependency_groups or 'psycopg2' in dependency_groups", true],
		["'lxml' not in dependency_groups and 'psycopg2' in dependency_groups", true],
		["sys_platform < 'linuy' or sys_platform > 'a'", false], // texts have no order
		["sys_platform >= 'linux' and sys_platform <= 'linux'", true],
		["'posix' ~= python_full_version", false],
		// "and" binds closer than "or"
		["os_name == 'posix' or os_name == 'a' and os_name == 'b'", true],
		["(os_name == 'posix' or os_name == 'a') and os_name == 'b'", false],
		["os_name=='a'or(os_name=='posix')", true],
		// Nothing here knows the kernel, and need not where the rest decides
		["platform_release >= '22.0' and sys_platform == 'darwin'", false],
		["platform_version == '1' or sys_platform == 'linux'", true],
	])("%s", (marker, holds) => expect(evaluateMarker(marker, environment)).toBe(holds));

	it("knows the architecture and pre-releases", () => {
		const other = markerEnvironment({ ...target, python: "3.15.0rc1", machine: "aarch64" });
		expect(evaluateMarker("platform_machine == 'aarch64'", other)).toBe(true);
		expect(evaluateMarker("python_version == '3.15'", other)).toBe(true);
		expect(evaluateMarker("python_full_version < '3.15'", other)).toBe(false);
		expect(evaluateMarker("python_full_version >= '3.15'", other)).toBe(false);
	});

	it.each([
		["platform_release >= '5'", "depends on the kernel"],
		["extras == 'test'", '"name" in set'],
		["dependency_groups in 'test'", '"name" in set'],
		["os_name ~= 'posix'", "compares texts by ~="],
		["os_name === 'posix'", "compares texts by ==="],
	])("refuses %s", (marker, reason) =>
		expect(() => evaluateMarker(marker, environment)).toThrow(reason),
	);
});

describe("parseMarker", () => {
	it.each([
		["", "its end where a variable or a text in quotes must be"],
		["python_version", "its end where an operator must be"],
		["python_version >= 3", "character 19 fits nothing"],
		["python_version >= '3' and", "its end where a variable"],
		["python_version >= '3' os_name == 'a'", 'os_name where "and", "or" or the end must be'],
		["(os_name == 'a'", "its end where ) must be"],
		["os_name not 'a'", "'a' where in must be"],
		["os_nam == 'a'", "os_nam where a variable"],
		["constructor == 'a'", "constructor where a variable"],
		["'a' == 'a'", "not of a variable and a text"],
		["os_name == sys_platform", "not of a variable and a text"],
		["os_name == 'a", "character 12 fits nothing"],
		[`${"(".repeat(51)}os_name == 'a'${")".repeat(51)}`, "brackets in brackets"],
	])("refuses %j", (marker, reason) => expect(() => parseMarker(marker)).toThrow(reason));

	it("throws nothing but refusals, whatever the text", () => {
		const word = constantFrom(
			"(",
			")",
			" ",
			"and",
			"or",
			"not",
			"in",
			"==",
			"'3'",
			"os_name",
			"\n",
		);
		const text = oneof(
			string(),
			array(word).map((words) => words.join(" ")),
		);
		assert(
			property(text, (marker) => {
				try {
					parseMarker(marker);
				} catch (error) {
					expect(error).toBeInstanceOf(Refusal);
				}
			}),
		);
	});

	it("joins as Python does", () => {
		const leaf = constantFrom(
			{ text: "os_name == 'posix'", value: true },
			{ text: "'win' in sys_platform", value: false },
		);
		const { marker } = letrec<{ marker: { text: string; value: boolean } }>((tie) => ({
			marker: oneof(
				{ maxDepth: 4 },
				leaf,
				tie("marker").map(({ text, value }) => ({ text: `(${text})`, value })),
				tuple(tie("marker"), tie("marker")).map(([one, other]) => ({
					text: `(${one.text}) and (${other.text})`,
					value: one.value && other.value,
				})),
				tuple(tie("marker"), tie("marker")).map(([one, other]) => ({
					text: `${one.text} or ${other.text}`,
					value: one.value || other.value,
				})),
			),
		}));
		assert(
			property(marker, ({ text, value }) => {
				expect(evaluateMarker(text, environment)).toBe(value);
			}),
		);
	});
});
