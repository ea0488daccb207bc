import { describe, expect, it } from "vitest";
import { LockFile } from "../../stacks/lock/lock-file.ts";
import { parsePylock, selectPackages } from "../../stacks/lock/pylock.ts";
import type { Target } from "../../stacks/lock/target.ts";
import { buildLockText, groupLocks } from "./build-lock.ts";
import { packagesOf, pylockText } from "./pylock-file.ts";

const target: Target = { python: "3.13.5", debian: "bookworm", glibc: "2.36", machine: "x86_64" };
const host = "https://example.org/files";

/** A lock as uv writes it, of names and versions. */
function uvLock(...versions: readonly [name: string, version: string][]): string {
	const packages = versions.map(([name, version]) => {
		const stem = `${name.replaceAll("-", "_")}-${version}`;
		const file = (end: string, digit: string) =>
			`{ url = "${host}/${stem}${end}", upload-time = 2026-01-02T03:04:05Z, size = 12, hashes = { sha256 = "${digit.repeat(64)}" } }`;
		const wheels = ["-py3-none-any.whl", "-cp313-cp313-linux_x86_64.whl"].map((end) =>
			file(end, "b"),
		);
		return `
[[packages]]
name = "${name}"
version = "${version}"
index = "https://example.org/simple"
sdist = ${file(".tar.gz", "a")}
wheels = [${wheels.join(", ")}]
`;
	});
	return `lock-version = "1.0"\ncreated-by = "uv"\nrequires-python = ">=3.13.5"\n${packages.join("")}`;
}

function parsed(text: string) {
	const file = new LockFile("app", "pylock.toml");
	const lock = parsePylock(file, text);
	file.finish();
	return { file, lock };
}

/** Names and versions that a lock has for a group, or without one. */
function versions(text: string, ...groups: readonly string[]): string[] {
	const { file, lock } = parsed(text);
	const selected = selectPackages(file, lock, target, groups);
	file.finish();
	return selected.map(({ name, version }) => `${name} ${version}`);
}

describe("pylock.toml", () => {
	const tool = { "locked-from": { file: "pyproject.toml", sha256: "c".repeat(64) } };
	const text = (urls: boolean) => {
		const packages = packagesOf(uvLock(["zope-a", "2"], ["jinja2", "3.1"]), urls);
		return pylockText({ targets: [target], packages, tool });
	};

	it("is read as it was written", () => {
		const { lock } = parsed(text(true));
		expect(lock).toMatchObject({
			requiresPython: "==3.13.*",
			environments: ["sys_platform == 'linux' and platform_machine == 'x86_64'"],
			lockedFrom: tool["locked-from"],
		});
		expect(versions(text(true))).toEqual(["jinja2 3.1", "zope-a 2"]);
		expect(lock.packages[1]?.files).toEqual(
			[".tar.gz", "-cp313-cp313-linux_x86_64.whl", "-py3-none-any.whl"].map((end) => ({
				name: `zope_a-2${end}`,
				url: `${host}/zope_a-2${end}`,
				size: 12,
				sha256: (end === ".tar.gz" ? "a" : "b").repeat(64),
			})),
		);
	});

	it("says that it locks nothing, as PEP 751 has it", () => {
		const none = pylockText({ targets: [target], packages: [], tool });
		expect(none).toMatch(/^packages = \[\]$/m);
		expect(parsed(none).lock).toMatchObject({ packages: [], lockedFrom: tool["locked-from"] });
	});

	it("is for this Python and this machine alone", () => {
		const { lock } = parsed(text(true));
		const problems = (other: Partial<Target>) => {
			const file = new LockFile("app", "pylock.toml");
			selectPackages(file, lock, { ...target, ...other });
			return file.problems.map(({ key }) => key);
		};
		expect(problems({ python: "3.13.15" })).toEqual([]);
		expect(problems({ python: "3.13.0rc1" })).toEqual([]);
		expect(problems({ python: "3.14.0" })).toEqual(["requires-python"]);
		expect(problems({ machine: "aarch64" })).toEqual(["environments"]);
	});

	it("has no password of the package index", () => {
		const lock = uvLock(["jinja2", "3.1"]).replaceAll("https://", "https://me:secret@");
		const written = pylockText({ targets: [target], packages: packagesOf(lock, true), tool });
		expect(written).toContain('"https://example.org/simple"');
		expect(written).not.toMatch(/me:|secret/);
	});

	it("names no host without urls, and the same files", () => {
		expect(text(false)).not.toContain("://");
		const { lock } = parsed(text(false));
		expect(lock.packages[0]?.files.map(({ name }) => name)).toEqual([
			"jinja2-3.1.tar.gz",
			"jinja2-3.1-cp313-cp313-linux_x86_64.whl",
			"jinja2-3.1-py3-none-any.whl",
		]);
	});
});

describe("pylock.build.toml", () => {
	const groups = {
		psycopg2: { sdists: ["1".repeat(64)], lock: uvLock(["setuptools", "80"], ["wheel", "1"]) },
		lxml: { sdists: ["2".repeat(64), "3".repeat(64)], lock: uvLock(["setuptools", "80"]) },
		old: { sdists: ["4".repeat(64)], lock: uvLock(["setuptools", "59"]) },
		flit: { sdists: ["5".repeat(64)], lock: "" },
	};
	const requires = Object.fromEntries(
		Object.entries(groups).map(([name, { sdists }]) => [name, sdists]),
	);
	const text = buildLockText({ targets: [target], groups, requires, urls: true });

	it("has a group for each distribution, several versions of a name among them", () => {
		expect(versions(text, "psycopg2")).toEqual(["setuptools 80", "wheel 1"]);
		expect(versions(text, "lxml")).toEqual(["setuptools 80"]);
		expect(versions(text, "old")).toEqual(["setuptools 59"]);
		expect(versions(text, "flit")).toEqual([]);
		expect(versions(text)).toEqual([]);
	});

	it("says what its groups are for, and has what several need once", () => {
		const { lock } = parsed(text);
		expect(lock.groups).toEqual(["flit", "lxml", "old", "psycopg2"]);
		expect(lock.requires).toEqual(requires);
		expect(lock.packages).toHaveLength(3);
	});

	it("is the same whatever the order", () => {
		const turned = Object.fromEntries(Object.entries(groups).toReversed());
		expect(buildLockText({ targets: [target], groups: turned, requires, urls: true })).toBe(text);
	});

	it("gives each group's versions to uv again", () => {
		const locks = groupLocks(text);
		expect(Object.keys(locks)).toEqual(["flit", "lxml", "old", "psycopg2"]);
		expect(versions(locks.psycopg2 ?? "")).toEqual(["setuptools 80", "wheel 1"]);
		expect(versions(locks.old ?? "")).toEqual(["setuptools 59"]);
		expect(groupLocks(undefined)).toEqual({});
		expect(groupLocks("[[")).toEqual({});
	});
});
