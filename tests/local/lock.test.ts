import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Checkout, docker, type Ended, remains, removeImages } from "./checkout.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * `npm run lock` with the package index: an app with a distribution that its release has as a source
 * alone, and whose build wants a Debian package.
 */

const MINUTE = 60_000;
const PYPROJECT = `[project]
name = "orders"
version = "1.0"
dependencies = ["jinja2", "psycopg2"]

[tool.debian-python]
command = ["python", "-m", "orders"]
build-packages = { psycopg2 = ["libpq-dev"] }
`;
let checkout: Checkout;
let app: string;

beforeAll(async () => {
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	await checkout.build(["--target", "wheelbuild"]);
}, 20 * MINUTE);
afterAll(() => checkout.remove());

beforeEach(() => {
	app = join(checkout.folder, "orders");
	mkdirSync(app, { recursive: true });
	writeFileSync(join(app, "pyproject.toml"), PYPROJECT);
});

/** Run it; nothing of it may be left, however it ends. */
function lock(...options: readonly string[]): Promise<Ended> {
	return lockFolder("orders", ...options);
}

async function lockFolder(folder: string, ...options: readonly string[]): Promise<Ended> {
	const args = ["commands/lock/main.ts", folder, "-s", checkout.stack, ...options];
	const run = execa("node", args, { cwd: checkout.folder, reject: false });
	const { exitCode, stdout, stderr } = await run;
	expect(remains().filter((name) => name.includes(`-${run.pid}-`))).toEqual([]);
	return { exitCode, stdout, stderr };
}

const file = (name: string) => readFileSync(join(app, name), "utf8");
const versionOf = (name: string, text: string) =>
	new RegExp(`name = "${name}"\nversion = "(.*)"`).exec(text)?.[1];

it("locks what an app has and what builds it, and keeps that", {
	timeout: 5 * MINUTE,
}, async () => {
	const first = await lock("--no-urls");
	expect(first.stderr).not.toContain("error");
	expect(first.stdout).toMatch(
		/^orders: 3 distributions are locked, 1 of them compiled here\n {2}psycopg2 [\d.]+: no wheel of the lock fits$/,
	);
	const [runtime, build] = [file("pylock.toml"), file("pylock.build.toml")];
	for (const text of [runtime, build]) expect(text).not.toContain("://");
	expect(versionOf("markupsafe", runtime)).toBeDefined();
	expect(build).toContain(`marker = "'psycopg2' in dependency_groups"`);

	// An older version stays, of what runs and of what builds, until --upgrade.
	const [jinja2, setuptools] = [versionOf("jinja2", runtime), versionOf("setuptools", build)];
	const older = runtime.replace(`version = "${jinja2}"`, 'version = "3.1.4"');
	writeFileSync(join(app, "pylock.toml"), older);
	writeFileSync(join(app, "pylock.build.toml"), build.replaceAll(`"${setuptools}"`, '"80.9.0"'));
	expect((await lock("--no-urls")).exitCode).toBe(0);
	expect(versionOf("jinja2", file("pylock.toml"))).toBe("3.1.4");
	expect(versionOf("setuptools", file("pylock.build.toml"))).toBe("80.9.0");
	expect((await lock("--no-urls", "--upgrade")).exitCode).toBe(0);
	expect(file("pylock.toml")).toBe(runtime);
	expect(file("pylock.build.toml")).toBe(build);

	const preview = await checkout.run(["--preview", "-c", 'apps=["orders"]']);
	expect(preview.stderr + preview.stdout).toMatch(/wheel-psycopg2 +to build/);
});

it("writes nothing where it cannot lock, and says why in a line", {
	timeout: 2 * MINUTE,
}, async () => {
	const before = existsSync(join(app, "pylock.toml")) ? file("pylock.toml") : undefined;
	const none = PYPROJECT.replace('"jinja2"', '"jinja2>99"').replace(/^build-packages.*\n/m, "");
	writeFileSync(join(app, "pyproject.toml"), none);
	const { exitCode, stdout, stderr } = await lock();
	expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
	expect(stderr.split("\n").at(-1)).toMatch(
		/^error: uv cannot lock pyproject.toml: No solution found .*jinja2>99.*; change its dependencies$/,
	);
	expect(existsSync(join(app, "pylock.toml")) ? file("pylock.toml") : undefined).toBe(before);
});

it("says what an app writes whose version comes from git", { timeout: 2 * MINUTE }, async () => {
	const system = `
[build-system]
requires = ["setuptools", "setuptools-scm"]
build-backend = "setuptools.build_meta"

[tool.setuptools_scm]
`;
	const dynamic = PYPROJECT.replace(/^version.*\n/m, 'dynamic = ["version"]\n');
	const without = dynamic.replace(/^(dependencies) = .*/m, "$1 = []").replace(/^build-.*\n/m, "");
	writeFileSync(join(app, "pyproject.toml"), without + system);
	expect((await lock()).stderr.split("\n").at(-1)).toMatch(
		/^error: the build backend of orders does not say what it requires: its version is to come from git, whose history is in no build; write version in \[project\]; or, /,
	);
	writeFileSync(join(app, "pyproject.toml"), `${without}${system}fallback_version = "0"\n`);
	expect(await lock()).toMatchObject({ exitCode: 0 });
	// It locks nothing; as PEP 751 has that, and as uv and earlier releases of this wrote it.
	const nothing = file("pylock.toml");
	const one = PYPROJECT.replace(', "psycopg2"', "").replace(/^build-packages.*\n/m, "");
	expect(nothing).toContain("\npackages = []\n");
	for (const text of [nothing, nothing.replace("packages = []\n", "")]) {
		writeFileSync(join(app, "pyproject.toml"), one);
		writeFileSync(join(app, "pylock.toml"), text);
		expect(await lock()).toMatchObject({ exitCode: 0 });
		expect(versionOf("jinja2", file("pylock.toml"))).toBeDefined();
	}
});

it("locks for all platforms of the stack, and for one alone what it alone needs", {
	timeout: 5 * MINUTE,
}, async () => {
	const only = `"greenlet; platform_machine == 'aarch64'", "colorama; sys_platform == 'win32'"`;
	const project = PYPROJECT.replace('"psycopg2"', only).replace(/^build-packages.*\n/m, "");
	writeFileSync(join(app, "pyproject.toml"), project);
	const both = ["-c", "platform=", "-c", 'platforms=["linux/amd64", "linux/arm64"]'];
	const { exitCode, stderr } = await lock("--no-urls", ...both);
	expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining("error")]);
	const text = file("pylock.toml");
	expect(text).toMatch(/^environments = \[.*'x86_64'", ".*'aarch64'"\]$/m);
	const preview = await checkout.run(["--preview", "-c", 'apps=["orders"]', ...both]);
	expect([preview.exitCode, preview.stderr]).toEqual([
		0,
		expect.stringMatching(/app-orders-arm64 +to build/),
	]);
	// Locked for one, it is refused for the other, with the command.
	expect((await lock("--no-urls")).exitCode).toBe(0);
	const refused = await checkout.run(["--preview", "-c", 'apps=["orders"]', ...both]);
	expect(refused.exitCode).toBe(1);
	expect(refused.stderr).toMatch(/aarch64.*npm run lock -- orders -s/s);
});

it("locks a member of a workspace by that one's uv.lock, with the folders that it needs", {
	timeout: 5 * MINUTE,
}, async () => {
	const at = join(checkout.folder, "shop");
	const write = (path: string, text: string) => {
		mkdirSync(join(at, dirname(path)), { recursive: true });
		writeFileSync(join(at, path), text);
	};
	const member = (name: string, dependency: string, rest: string) =>
		`[project]\nname = "${name}"\nversion = "1"\nrequires-python = ">=3.13"\ndependencies = ["${dependency}"]\n${rest}`;
	const system =
		'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n';
	const image = '[tool.debian-python]\ncommand = ["python"]\n';
	write(
		"pyproject.toml",
		'[tool.uv.workspace]\nmembers = ["apps/*", "libs/*"]\n[tool.uv.sources]\ncore = { workspace = true }\n',
	);
	// Of which nothing is true any more.
	write("uv.lock", 'version = 1\nrequires-python = ">=3.13"\n');
	write("apps/api/pyproject.toml", member("api", "core>=1", image));
	write("apps/worker/pyproject.toml", member("worker", "core", image));
	write("libs/core/pyproject.toml", member("core", "jinja2", system));
	write("libs/core/core.py", "");
	const { stdout, stderr } = await lockFolder("shop/apps/api");
	expect([stdout, stderr]).toEqual([
		expect.stringMatching(
			/^shop\/apps\/api: 2 distributions .*\n {2}core: the folder \.\.\/\.\.\/libs\/core, built with the app$/,
		),
		expect.not.stringContaining("error"),
	]);
	expect(existsSync(join(at, "apps/api/pylock.toml"))).toBe(false);
	const read = (name: string) => readFileSync(join(at, name), "utf8");
	const uvLock = read("uv.lock");
	expect(uvLock).toContain('source = { editable = "libs/core" }');
	expect(read("apps/api/pylock.build.toml")).toContain('dependency-groups = ["core"]');
	expect((await lockFolder("shop/apps/worker")).exitCode).toBe(0);
	expect(read("uv.lock")).toBe(uvLock);
	const preview = await checkout.run([
		...["--preview", "-c", 'apps=["shop/apps/api", "shop/apps/worker"]'],
	]);
	expect([...preview.stderr.matchAll(/(\S+) +to build/g)].map(([, name]) => name)).toContain(
		"wheel-core",
	);
	// One that is gone is told before a container starts.
	rmSync(join(at, "libs"), { recursive: true });
	expect((await lockFolder("shop/apps/api")).stderr).toMatch(
		/^error: shop\/apps\/api\/pyproject\.toml: tool\.uv\.sources\.core: .* is no member of the workspace/,
	);
});

it("says how to get the image that it locks in", { timeout: MINUTE }, async () => {
	const names = docker("image", "ls", "--format", "{{.Tag}}", checkout.repository).split("\n");
	removeImages(checkout.repository);
	expect(names.join()).toContain("wheelbuild-");
	expect((await lock()).stderr).toMatch(
		new RegExp(
			`^error: the image .*:wheelbuild-\\S+ is not there; build it: npm start -- -s ${checkout.stack} -c apps=$`,
		),
	);
});
