import { describe, expect, it } from "vitest";
import { type ChooseOptions, chooseFiles, chooseOwnBuild } from "./choose.ts";
import type { Choice, LockedDistribution } from "./lock.ts";
import { LockFile } from "./lock-file.ts";
import { parsePylock } from "./pylock.ts";
import type { Lock } from "./read-lock.ts";
import type { Target } from "./target.ts";

const target: Target = { python: "3.13.5", debian: "bookworm", glibc: "2.36", machine: "x86_64" };
const sum = (name: string) => Buffer.from(name).toString("hex").padEnd(64, "0").slice(0, 64);

const pure = "py3-none-any";
const old = "cp312-cp312-manylinux_2_17_x86_64";
const fits = "cp313-cp313-manylinux_2_28_x86_64";

/** A distribution with a source distribution, unless `sdist` is false, and wheels of these tags. */
function distribution(name: string, tags: string[], sdist = true): LockedDistribution {
	const names = [
		...(sdist ? [`${name}-1.tar.gz`] : []),
		...tags.map((tag) => `${name}-1-${tag}.whl`),
	];
	return { name, version: "1", files: names.map((file) => ({ name: file, sha256: sum(file) })) };
}

function lockOf(...distributions: LockedDistribution[]): Lock {
	const names = new Set([...distributions.map(({ name }) => name), "pywin32"]);
	return { folder: "orders", name: "uv.lock", distributions, folders: [], names };
}

/** A build lock: by group, the tags of each requirement's wheel; none: it has an sdist alone. */
function buildLock(
	groups: Record<string, Record<string, string>>,
	requires: Record<string, string> = {},
) {
	const packages = Object.entries(groups).flatMap(([group, names]) =>
		Object.entries(names).map(
			([name, tag]) => `[[packages]]
name = "${name}"
version = "1"
marker = "'${group}' in dependency_groups"
sdist = { name = "${name}-1.tar.gz", hashes = { sha256 = "${sum(`${name}-1.tar.gz`)}" } }
wheels = [${tag && `{ name = "${name}-1-${tag}.whl", hashes = { sha256 = "${sum(tag)}" } }`}]`,
		),
	);
	const own = Object.fromEntries(
		Object.keys(groups).map((name) => [name, sum(`${name}-1.tar.gz`)]),
	);
	const digests = Object.entries({ ...own, ...requires }).map(
		([name, sha]) => `${name} = "${sha}"`,
	);
	const text = `lock-version = "1.0"
dependency-groups = ${JSON.stringify(Object.keys(groups))}
${packages.join("\n")}
[tool.debian-python]
requires = { ${digests.join(", ")} }`;
	const file = new LockFile("orders", "pylock.build.toml");
	const pylock = parsePylock(file, text);
	file.finish();
	return { folder: "orders", pylock };
}

const options: ChooseOptions = { fromSource: [], buildPackages: {} };

/** `compiled lxml (setuptools)`, for each choice. */
const shown = (choices: readonly Choice[]): string[] =>
	choices.map((choice) =>
		choice.kind === "downloaded"
			? choice.file.name
			: `${choice.name} compiled (${shown(choice.buildRequirements).join(", ")})`,
	);

describe("chooseFiles", () => {
	it("takes the best wheel that fits", () => {
		const lock = lockOf(distribution("a", [pure, old, fits]), distribution("b", [pure], false));
		expect(shown(chooseFiles(lock, target, options))).toEqual([
			`a-1-${fits}.whl`,
			`b-1-${pure}.whl`,
		]);
	});

	it("compiles where no wheel fits, or from-source names it, and says why", () => {
		const lock = lockOf(
			distribution("a", [old]),
			distribution("b-c", [fits]),
			distribution("d", []),
		);
		const choices = chooseFiles(lock, target, {
			fromSource: ["B_C"],
			buildLock: buildLock({
				a: { setuptools: pure },
				"b-c": {},
				d: { cython: fits, setuptools: pure },
			}),
			buildPackages: { A: ["libpq-dev"], pywin32: ["x"], cython: ["y"] },
		});
		expect(shown(choices)).toEqual([
			`a compiled (setuptools-1-${pure}.whl)`,
			"b-c compiled ()",
			`d compiled (cython-1-${fits}.whl, setuptools-1-${pure}.whl)`,
		]);
		expect(choices).toMatchObject([
			{
				why: "no wheel of the lock fits",
				buildPackages: ["libpq-dev"],
				sdist: { name: "a-1.tar.gz" },
			},
			{ why: "from-source names it", buildPackages: [] },
			{},
		]);
	});

	it("compiles a build tool that has no wheel which fits", () => {
		const lock = lockOf(distribution("a", []));
		const build = buildLock({ a: { tool: old, other: pure }, tool: { setuptools: pure } });
		expect(shown(chooseFiles(lock, target, { ...options, buildLock: build }))).toEqual([
			`a compiled (other-1-${pure}.whl, tool compiled (setuptools-1-${pure}.whl))`,
		]);
	});

	it("compiles build tools too with :all:, and those that build themselves with nothing", () => {
		const lock = lockOf(distribution("a", [pure]), distribution("b", [fits]));
		const build = buildLock({ a: { setuptools: pure }, b: {}, setuptools: {} });
		const all = chooseFiles(lock, target, { ...options, fromSource: ":all:", buildLock: build });
		expect(shown(all)).toEqual(["a compiled (setuptools compiled ())", "b compiled ()"]);
		const some = chooseFiles(lock, target, { ...options, fromSource: ["a"], buildLock: build });
		expect(shown(some)).toEqual([`a compiled (setuptools-1-${pure}.whl)`, `b-1-${fits}.whl`]);
	});

	const remedy = "run npm run lock -- orders";
	it.each<[string, Lock, Partial<ChooseOptions>, string]>([
		[
			"what has no file for the target",
			lockOf(distribution("a", [old], false), distribution("b", ["cp313-cp313-win32"], false)),
			{},
			`orders/uv.lock: packages.a: "1" has no wheel for Python 3.13.5 on bookworm (x86_64), and no source distribution; lock a version that has one
orders/uv.lock: packages.b: "1" has no wheel for Python 3.13.5 on bookworm (x86_64), and no source distribution; lock a version that has one`,
		],
		[
			"from-source of what has no source",
			lockOf(distribution("a", [pure], false)),
			{ fromSource: ":all:" },
			'orders/uv.lock: packages.a: "1" is to be compiled, and has no source distribution; leave it out of tool.debian-python.from-source in pyproject.toml',
		],
		[
			"names that are in no lock",
			lockOf(distribution("a", [pure])),
			{ fromSource: ["lmxl"], buildPackages: { pscopg2: ["libpq-dev"] } },
			`orders/pyproject.toml: tool.debian-python.build-packages: "pscopg2" is no distribution of uv.lock; write the name of one, or leave it out
orders/pyproject.toml: tool.debian-python.from-source: "lmxl" is no distribution of uv.lock; write the name of one, or leave it out`,
		],
		[
			"a compile without a build lock",
			lockOf(distribution("a", [])),
			{},
			`orders/pylock.build.toml: dependency-groups: "a" is compiled here, and what builds it is not locked; ${remedy}`,
		],
		[
			"a compile without a group",
			lockOf(distribution("a", [])),
			{ buildLock: buildLock({ b: {} }) },
			`orders/pylock.build.toml: dependency-groups: "a" is compiled here, and what builds it is not locked; ${remedy}`,
		],
		[
			"a group of another source distribution",
			lockOf(distribution("a", [])),
			{ buildLock: buildLock({ a: {} }, { a: "0" }) },
			`orders/pylock.build.toml: tool.debian-python.requires.a: "0" is not of a-1.tar.gz: the lock is stale; ${remedy}`,
		],
		[
			"a build tool whose own build is not locked, once",
			lockOf(distribution("a", []), distribution("b", [])),
			{ fromSource: ":all:", buildLock: buildLock({ a: { tool: pure }, b: { tool: pure } }) },
			`orders/pylock.build.toml: dependency-groups: "tool" is compiled here, and what builds it is not locked; ${remedy}`,
		],
		[
			"a circle",
			lockOf(distribution("a", [])),
			{
				fromSource: ":all:",
				buildLock: buildLock({ a: { b: pure }, b: { c: pure }, c: { b: pure } }),
			},
			'orders/pylock.build.toml: dependency-groups: "b" must be there before it is built: b needs c needs b; let one of them be downloaded: name what is compiled in from-source, without it',
		],
		[
			"what builds itself",
			lockOf(distribution("a", [])),
			{ fromSource: ":all:", buildLock: buildLock({ a: { a: pure } }) },
			'orders/pylock.build.toml: dependency-groups: "a" must be there before it is built: a needs a; let one of them be downloaded: name what is compiled in from-source, without it',
		],
	])("refuses %s", (_, lock, rest, message) =>
		expect(() => chooseFiles(lock, target, { ...options, ...rest })).toThrow(
			expect.objectContaining({ name: "LockError", message }),
		),
	);
});

describe("chooseOwnBuild", () => {
	const lock = lockOf();
	const build = {
		...options,
		buildLock: buildLock({ orders: { hatchling: pure } }, { orders: "d" }),
	};

	it("takes the group of the app's name", () => {
		const choices = chooseOwnBuild(lock, { name: "orders", digest: "d" }, target, build);
		expect(shown(choices)).toEqual([`hatchling-1-${pure}.whl`]);
	});

	it("refuses a group of another build system", () =>
		expect(() => chooseOwnBuild(lock, { name: "orders", digest: "e" }, target, build)).toThrow(
			'tool.debian-python.requires.orders: "d" is not of build-system of pyproject.toml: the lock is stale',
		));
});
