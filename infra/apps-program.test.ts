import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunError } from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { configuredSettings } from "../local/images.ts";
import { buildSystemDigest } from "../stacks/lock/project.ts";
import type { Settings } from "../stacks/settings.ts";
import { CONFIG, type Recorded, record } from "../tests/record.ts";
import { stackApps } from "./apps.ts";
import { stackImages } from "./images.ts";

/*
 * What the program registers for an app, and what a preview of a change of it shows.
 */

vi.spyOn(console, "warn").mockImplementation(() => {});

const SDIST = "e".repeat(64);
const PYPROJECT = `
[project]
name = "orders"
version = "1.0"
dependencies = ["jinja2"]

[tool.debian-python]
command = ["python", "main.py"]
ports = [8000]
`;
const LOCK = `
lock-version = "1.0"
created-by = "by hand"

[[packages]]
name = "jinja2"
version = "3.1.6"
wheels = [{ name = "jinja2-3.1.6-py3-none-any.whl", hashes = { sha256 = "${"a".repeat(64)}" } }]

[[packages]]
name = "markupsafe"
version = "3.0.2"
sdist = { name = "markupsafe-3.0.2.tar.gz", hashes = { sha256 = "${SDIST}" } }
`;
const BUILD_LOCK = `
lock-version = "1.0"
created-by = "by hand"
dependency-groups = ["markupsafe"]

[[packages]]
name = "setuptools"
version = "80.9.0"
marker = "'markupsafe' in dependency_groups"
wheels = [{ name = "setuptools-80.9.0-py3-none-any.whl", hashes = { sha256 = "${"b".repeat(64)}" } }]

[tool.debian-python.requires]
markupsafe = ["${SDIST}"]
`;

/** The app's folder. */
let folder: string;
/** The config of a stack that has the app. */
let config: Record<string, string>;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "orders-"));
	config = { ...CONFIG, apps: JSON.stringify([folder]) };
	write("pyproject.toml", PYPROJECT);
	write("pylock.toml", LOCK);
	write("pylock.build.toml", BUILD_LOCK);
	write("main.py", "print(1)\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): undefined {
	writeFileSync(join(folder, name), content);
}

/** The settings of the stack. */
function settings(): Settings {
	const values = Object.entries(config).map(([key, value]) => [`debian-python:${key}`, value]);
	return configuredSettings("test", {
		project: "debian-python",
		config: Object.fromEntries(values) as Record<string, string>,
	});
}

/** The resources that a stack has for its app alone. */
async function ofApp(change: Record<string, string> = {}): Promise<Map<string, Recorded>> {
	const resources = await record({ ...config, ...change });
	return new Map([...resources].filter(([name]) => /-(?:orders|shop)|^wheel-/.test(name)));
}

/** The names of the resources that a change makes anew or runs again. */
async function changed(change: () => Record<string, string> | undefined): Promise<string[]> {
	const before = await ofApp();
	const after = await ofApp(change() ?? {});
	return [...after.keys()].filter(
		(name) => JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)),
	);
}

const WHEEL = "wheel-markupsafe-3.0.2-build";
const WHEELHOUSE = "wheelhouse-orders-build";
const DEPENDENCIES = "dependencies-orders-commit";
/** The app, and what describes it. */
const APP = ["app-orders-commit", "app-orders-sbom"];

it("an app has one resource for each thing that is made, with the names that stackImages says", async () => {
	const resources = await ofApp();
	expect([...resources.keys()]).toEqual([WHEEL, WHEELHOUSE, DEPENDENCIES, ...APP]);
	const images = stackImages(settings(), "localhost/debian-python/test").slice(-4);
	expect(images.map(({ name }) => name)).toEqual(
		[...resources.values()].flatMap(({ name, inputs }) =>
			name.endsWith("-sbom") ? [] : inputs.environment.IMAGE,
		),
	);
	expect(images.map(({ compiles }) => compiles)).toEqual([
		"markupsafe 3.0.2: no wheel of the lock fits",
		...[undefined, undefined, undefined],
	]);
});

describe("a preview shows that", () => {
	it("a change of the code makes the app alone", async () => {
		expect(await changed(() => write("main.py", "print(2)\n"))).toEqual(APP);
	});

	it("a new version does too", async () => {
		const next = PYPROJECT.replace("1.0", "1.1");
		expect(await changed(() => write("pyproject.toml", next))).toEqual(APP);
	});

	it("a requirement that is downloaded compiles nothing", async () => {
		const next = LOCK.replace("a".repeat(64), "c".repeat(64));
		expect(await changed(() => write("pylock.toml", next))).toEqual([
			...[WHEELHOUSE, DEPENDENCIES, ...APP],
		]);
	});

	it("another tool compiles what it builds", async () => {
		const next = BUILD_LOCK.replace("b".repeat(64), "c".repeat(64));
		expect(await changed(() => write("pylock.build.toml", next))).toEqual([
			...[WHEEL, WHEELHOUSE, DEPENDENCIES, ...APP],
		]);
	});

	it("a new base compiles no wheel, and gathers none again", async () => {
		const base = `debian:bookworm-slim@sha256:${"0".repeat(64)}`;
		expect(await changed(() => ({ base }))).toEqual([DEPENDENCIES, ...APP]);
	});

	it("so does a new package release", async () => {
		expect(await changed(() => ({ packageRelease: "2" }))).toEqual([DEPENDENCIES, ...APP]);
	});
});

describe("a folder that two apps have as a distribution", () => {
	const CORE = `[project]
name = "core"
version = "0.1"
[build-system]
requires = ["setuptools"]
`;

	beforeEach(() => {
		const digest = buildSystemDigest({ buildRequires: ["setuptools"] });
		const groups = BUILD_LOCK.replace('["markupsafe"]', '["core", "markupsafe"]')
			.replace('marker = "', "marker = \"'core' in dependency_groups or ")
			.concat(`core = ["${digest}"]\n`);
		for (const app of ["orders", "shop"]) {
			for (const name of [app, "core"]) mkdirSync(join(folder, name), { recursive: true });
			write(`${app}/pyproject.toml`, PYPROJECT.replace("orders", app));
			const entry = '\n[[packages]]\nname = "core"\ndirectory = { path = "../core" }\n';
			write(`${app}/pylock.toml`, LOCK + entry);
			write(`${app}/pylock.build.toml`, groups);
		}
		write("core/pyproject.toml", CORE);
		write("core/core.py", "");
		config.apps = JSON.stringify([join(folder, "orders"), join(folder, "shop")]);
	});

	it("is one wheel, whose change makes both apps and nothing else", async () => {
		const resources = await ofApp();
		expect([...resources.keys()].filter((name) => name.startsWith("wheel-"))).toEqual([
			...[WHEEL, "wheel-core-build"],
		]);
		const wheel = resources.get("wheel-core-build")?.inputs.environment;
		expect(wheel).toMatchObject({ NAME: "core", PACKAGES: "[]" });
		for (const app of ["orders", "shop"])
			expect(JSON.parse(resources.get(`app-${app}-commit`)?.inputs.environment.LOCALS)).toEqual([
				{ name: "core", image: wheel.IMAGE },
			]);
		const made = await changed(() => write("core/core.py", "1"));
		const shop = APP.map((name) => name.replace("orders", "shop"));
		expect(made.sort()).toEqual(["wheel-core-build", ...APP, ...shop].sort());
	});

	it("does not count where its .dockerignore names it", async () => {
		write("core/.dockerignore", "tests\n");
		mkdirSync(join(folder, "core/tests"));
		expect(await changed(() => write("core/tests/test.py", ""))).toEqual([]);
	});

	it("is the same wherever the checkout is", async () => {
		const names = () => stackImages(settings(), "x").map(({ name }) => name);
		const before = names();
		const elsewhere = mkdtempSync(join(tmpdir(), "elsewhere-"));
		cpSync(folder, join(elsewhere, "deeper"), { recursive: true });
		const apps = ["orders", "shop"].map((app) => join(elsewhere, "deeper", app));
		config.apps = JSON.stringify(apps);
		expect(names()).toEqual(before);
		rmSync(elsewhere, { recursive: true });
	});
});

it("a lock that is refused is told in one line, without a stack trace", () => {
	write("pylock.build.toml", BUILD_LOCK.replace(`"${SDIST}"`, `"${"0".repeat(64)}"`));
	expect(() => stackApps(settings())).toThrow(
		/^\S+pylock\.build\.toml: .* the lock is stale; run npm run lock -- \S+ -s test$/,
	);
	expect(() => stackApps(settings())).toThrow(RunError);
});

it("each app has a repository of its own, and pushes go where their images are named", async () => {
	// Nothing listens there: whether it wants credentials cannot be seen.
	const resources = await ofApp({ registry: "127.0.0.1:9/team/python" });
	const pushes = [...resources.values()].filter(({ name }) => name.endsWith("-push"));
	const seen = pushes.map(({ inputs }) =>
		[inputs.environment.IMAGE, ...JSON.parse(inputs.environment.ALIASES)].map((name: string) =>
			name.replace(/[0-9a-f]{12}$/, ""),
		),
	);
	expect(seen).toEqual([
		["127.0.0.1:9/team/python:wheel-markupsafe-3.0.2-"],
		["127.0.0.1:9/team/python:wheelhouse-orders-"],
		["127.0.0.1:9/team/python:dependencies-orders-"],
		["127.0.0.1:9/team/python/orders:1.0-", "127.0.0.1:9/team/python/orders:latest"],
	]);
});
