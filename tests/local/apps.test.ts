import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildSystemDigest } from "../../stacks/lock/project.ts";
import { Checkout, docker, type RunOutputs } from "./checkout.ts";
import { LOCK, MARKUPSAFE_SDIST, PYPROJECT, SERVER, setuptoolsLock, writeHello } from "./hello.ts";
import { layerPaths } from "./layers.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * An app of a stack, from its lock to a container that answers: MarkupSafe is compiled here, and Jinja
 * downloaded by its hash.
 */

const MINUTE = 60_000;

/** The outputs of a run of a stack with an app. */
interface Outputs extends RunOutputs {
	readonly apps: Readonly<Record<"hello", { name: string; key: string }>>;
}

const APPS = ["-c", 'apps=["hello"]'];
let checkout: Checkout;
let first: Outputs;
/** The name of the dependencies' image. */
let dependencies: string;

beforeAll(async () => {
	checkout = new Checkout();
	writeHello(checkout);
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	first = await build();
	dependencies = imageOf(first, "dependencies-hello");
}, 20 * MINUTE);
afterAll(() => checkout.remove());

async function build(): Promise<Outputs> {
	return (await checkout.build(APPS)) as Outputs;
}

function imageOf(outputs: Outputs, artefact: string): string {
	return (outputs.images as Readonly<Record<string, { name: string }>>)[artefact]?.name ?? "";
}

/** The digests of an image's layers, the base's first. */
function layers(image: string): string[] {
	return JSON.parse(
		docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", image),
	) as string[];
}

/** Run the app as an orchestrator would, and remove it in the end. */
async function withApp<T>(
	options: readonly string[],
	work: (container: string) => Promise<T>,
): Promise<T> {
	const container = `app-${randomBytes(4).toString("hex")}`;
	docker("run", "--detach", "--name", container, "--read-only", ...options, first.apps.hello.name);
	try {
		return await work(container);
	} finally {
		docker("rm", "--force", container);
	}
}

/** What the app answers, asked from inside: nobody else listens there. */
async function answer(container: string): Promise<string> {
	const program =
		"import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000').read().decode())";
	for (let tries = 50; ; tries--) {
		const { exitCode, stdout, stderr } = await execa(
			"docker",
			["exec", container, "python", "-c", program],
			{ reject: false },
		);
		if (exitCode === 0) return stdout;
		if (tries === 0) throw new Error(stderr);
	}
}

describe("an app's image", () => {
	it(
		"answers, read-only, as any user, with the wheel that was compiled here",
		async () => {
			for (const options of [[], ["--user=54321:54321", "--cap-drop=ALL"]])
				await withApp(options, async (container) => {
					expect(await answer(container)).toBe("Hello a &#34;b&#34; $c of markupsafe._speedups");
				});
		},
		MINUTE,
	);

	it(
		"turns healthy, and ends within 2 seconds of SIGTERM with status 0",
		async () => {
			await withApp([], async (container) => {
				const health = () => docker("inspect", "--format", "{{.State.Health.Status}}", container);
				await expect.poll(health, { timeout: MINUTE, interval: 500 }).toBe("healthy");
				docker("stop", "--time=2", container);
				expect(docker("inspect", "--format", "{{.State.ExitCode}}", container)).toBe("0");
			});
		},
		2 * MINUTE,
	);

	it("is run by an unprivileged user with a name, and says what it is", () => {
		const image = first.apps.hello.name;
		const inspect = docker("image", "inspect", "--format", "{{json .Config}}", image);
		const config = JSON.parse(inspect) as Record<string, unknown>;
		expect(config).toMatchObject({
			User: "10001:10001",
			WorkingDir: "/app",
			ExposedPorts: { "8000/tcp": {} },
			StopSignal: "SIGTERM",
			Cmd: ["python", "server.py"],
			Healthcheck: { Test: ["CMD", "python", "-c", expect.stringContaining("urlopen")] },
			Labels: {
				"org.opencontainers.image.title": "hello",
				"org.opencontainers.image.version": "1.0",
			},
		});
		expect(config.Env).toContain('NAME=a "b" $c');
		expect(docker("run", "--rm", image, "sh", "-c", "id -un; touch /app/x || echo no")).toBe(
			"app\nno",
		);
		expect(docker("image", "inspect", "--format", "{{.Id}}", `${checkout.repository}/hello`)).toBe(
			docker("image", "inspect", "--format", "{{.Id}}", image),
		);
	});

	it(
		"has nothing that only builds, in any layer",
		() => {
			const paths = layerPaths(first.apps.hello.name).flat();
			expect(paths.filter((path) => /(\.whl|\.deb|\/gcc)$/.test(path))).toEqual([
				expect.stringMatching(/ensurepip\/_bundled\/pip-\S+\.whl$/),
			]);
			expect(paths).toContain("app/__pycache__/server.cpython-313.pyc");
		},
		MINUTE,
	);
});

describe("a wheelhouse", () => {
	it("is an index that pip and a Dockerfile can use, hashes checked", () => {
		const image = imageOf(first, "wheelhouse-hello");
		const volume = `wheelhouse-${randomBytes(4).toString("hex")}`;
		const holder = docker("create", `--volume=${volume}:/wheels`, image, "none");
		try {
			const script =
				"pip install -q --root-user-action=ignore --no-index --find-links /wheels --no-deps --require-hashes -r /wheels/requirements.txt && pip list --format=freeze";
			const mount = `--volume=${volume}:/wheels:ro`;
			const list = docker("run", "--rm", mount, first.images.python.name, "sh", "-c", script);
			expect(list).toMatch(/Jinja2==3\.1\.6\nMarkupSafe==3\.0\.2/i);
		} finally {
			docker("rm", holder);
			docker("volume", "rm", volume);
		}
		const folders = layerPaths(image)
			.flat()
			.filter((name) => name.endsWith("/"));
		expect([...new Set(folders)].sort()).toEqual([
			...["simple/", "simple/jinja2/", "simple/markupsafe/", "wheels/"],
		]);
	});
});

describe("a second run", () => {
	it(
		"after a change of the code makes one layer, and of a new version too",
		async () => {
			const before = layers(first.apps.hello.name);
			checkout.write("hello/server.py", SERVER.replace("Hello", "Good morning"));
			const second = await build();
			expect(imageOf(second, "dependencies-hello")).toBe(dependencies);
			expect(layers(second.apps.hello.name).slice(0, -1)).toEqual(before.slice(0, -1));
			expect(layers(second.apps.hello.name).at(-1)).not.toBe(before.at(-1));
			checkout.write("hello/pyproject.toml", PYPROJECT.replace('"1.0"', '"1.1"'));
			const third = await build();
			expect(imageOf(third, "dependencies-hello")).toBe(dependencies);
			expect(third.apps.hello.name).toContain("/hello:1.1-");
		},
		5 * MINUTE,
	);

	it(
		"after a change of a distribution makes its layer anew, and none below it",
		async () => {
			const history = (image: string) =>
				docker("history", "--no-trunc", "--format", "{{.ID}}", image).split("\n");
			const [own, below] = history(dependencies);
			const sum = "aba0f4dc9ed8013c424088f68a5c226f7d6097ed89b246d7749c2ec4175c6adb";
			const other = LOCK.replaceAll("3.1.6", "3.1.5").replace(
				/(jinja2-.*sha256 = ")\w+/,
				`$1${sum}`,
			);
			checkout.write("hello/pylock.toml", other);
			const outputs = await build();
			checkout.write("hello/pylock.toml", LOCK);
			const changed = imageOf(outputs, "dependencies-hello");
			expect(changed).not.toBe(dependencies);
			// The one below is the same image, and not only the same layer.
			expect(history(changed)[1]).toBe(below);
			expect(history(changed)[0]).not.toBe(own);
			// Of the wheelhouse its index is another one too.
			const kept = layers(imageOf(first, "wheelhouse-hello")).filter((layer) =>
				layers(imageOf(outputs, "wheelhouse-hello")).includes(layer),
			);
			expect(kept).toHaveLength(1);
		},
		5 * MINUTE,
	);

	it(
		"of all of it, on a machine that has nothing of it, makes the same layers",
		async () => {
			checkout.write("hello/pyproject.toml", PYPROJECT);
			checkout.write("hello/server.py", SERVER);
			const images = [imageOf(first, "wheelhouse-hello"), dependencies, first.apps.hello.name];
			const before = images.map(layers);
			docker("image", "rm", "--force", ...images, `${checkout.repository}/hello`);
			const again = await build();
			expect(again.apps).toEqual(first.apps);
			expect(images.map(layers)).toEqual(before);
		},
		5 * MINUTE,
	);
});

describe("a folder that two apps have as a distribution", () => {
	const APPS_OF_BOTH = ["-c", 'apps=["hello", "apps/hi"]'];
	const C = (word: string) => `#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_greeting", NULL, -1, NULL};
PyMODINIT_FUNC PyInit__greeting(void) {
    PyObject *made = PyModule_Create(&module);
    if (made) PyModule_AddStringConstant(made, "WORD", "${word}");
    return made;
}
`;
	const GREETING = `[project]
name = "greeting"
version = "0.1"
dependencies = ["jinja2"]

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
py-modules = ["greeting"]
ext-modules = [{ name = "_greeting", sources = ["_greeting.c"] }]
`;
	const names = ["hello", "hi"] as const;

	function writeApps(folder: string): void {
		const write = (path: string, text: string) => {
			mkdirSync(join(folder, dirname(path)), { recursive: true });
			writeFileSync(join(folder, path), text);
		};
		write("libs/greeting/pyproject.toml", GREETING);
		write("libs/greeting/_greeting.c", C("Good day"));
		write("libs/greeting/greeting.py", "from _greeting import WORD\n");
		const builds = setuptoolsLock({
			greeting: buildSystemDigest({ buildRequires: ["setuptools"] }),
			markupsafe: MARKUPSAFE_SDIST,
		});
		for (const [app, up] of [
			["hello", ".."],
			["apps/hi", "../.."],
		] as const) {
			const sources = `\n[tool.uv.sources]\ngreeting = { path = "${up}/libs/greeting", editable = true }\n`;
			const project = PYPROJECT.replace('"jinja2"', '"greeting>=0"').replace(
				"hello",
				basename(app),
			);
			write(`${app}/pyproject.toml`, project.replace("import server", "import greeting") + sources);
			write(`${app}/server.py`, SERVER.replace("import jinja2", "import greeting, jinja2"));
			const entry = `[[packages]]\nname = "greeting"\ndirectory = { path = "${up}/libs/greeting" }\n`;
			write(`${app}/pylock.toml`, `${LOCK}\n${entry}`);
			write(`${app}/pylock.build.toml`, builds);
		}
	}

	// The other tests have it alone.
	afterAll(() => {
		rmSync(join(checkout.folder, "hello"), { recursive: true });
		writeHello(checkout);
	});

	const nameOf = (outputs: RunOutputs, app: string) => outputs.apps[app]?.name ?? "";
	const wordIn = (outputs: RunOutputs, app: string) =>
		docker(
			...["run", "--rm", "--read-only", nameOf(outputs, app), "python", "-c"],
			"import greeting; print(greeting.WORD)",
		);

	it(
		"is built once, without a network, and a change of it makes one layer of each",
		async () => {
			writeApps(checkout.folder);
			const before = await checkout.build(APPS_OF_BOTH);
			for (const app of names) expect(wordIn(before, app)).toBe("Good day");
			checkout.write("libs/greeting/_greeting.c", C("Good night"));
			const { exitCode, stdout, stderr } = await checkout.run([...APPS_OF_BOTH, "--json"]);
			expect([exitCode, stderr]).toEqual([
				0,
				expect.stringMatching(/app-hi +build: local greeting/),
			]);
			const after = JSON.parse(stdout) as RunOutputs;
			for (const app of names) {
				expect(wordIn(after, app)).toBe("Good night");
				const [old, now] = [before, after].map((each) => layers(nameOf(each, app))) as [
					string[],
					string[],
				];
				expect(now.slice(0, -1)).toEqual(old.slice(0, -1));
				expect(now.at(-1)).not.toBe(old.at(-1));
			}
			const others = (outputs: RunOutputs) =>
				Object.entries(outputs.images as Record<string, { name: string }>)
					.filter(([artefact]) => !/greeting|^app-/.test(artefact))
					.map(([, { name }]) => name);
			expect(others(after)).toEqual(others(before));
			expect(stderr).not.toMatch(/wheel-markupsafe.* build/);
		},
		8 * MINUTE,
	);

	it(
		"has the same keys in another checkout, and counts for the gate agreement",
		async () => {
			const other = join(checkout.folder, "elsewhere/deeper");
			writeApps(other);
			const apps = ["hello", "apps/hi"].map((app) => join(other, app));
			const keys = async (...args: string[]) => {
				const { stdout } = await checkout.run([...args, "--preview", "--json"]);
				return (JSON.parse(stdout) as RunOutputs).apps;
			};
			writeApps(checkout.folder);
			expect(await keys("-c", `apps=${JSON.stringify(apps)}`)).toEqual(await keys(...APPS_OF_BOTH));
			// What its build alone says, no lock can be held against.
			const needy = GREETING.replace('dependencies = ["jinja2"]', 'dynamic = ["dependencies"]');
			const needs = '[tool.setuptools.dynamic]\ndependencies = { file = ["needs.txt"] }\n';
			checkout.write("libs/greeting/pyproject.toml", needy + needs);
			checkout.write("libs/greeting/needs.txt", "jinja2<3\n");
			const { exitCode, stderr } = await checkout.run(APPS_OF_BOTH);
			expect([exitCode, stderr]).toEqual([
				1,
				expect.stringMatching(/^error: gate agreement: greeting 0\.1 .*jinja2<3.*; lock again/m),
			]);
		},
		4 * MINUTE,
	);
});

it(
	"a distribution that python has is replaced",
	async () => {
		const pip = `
[[packages]]
name = "pip"
version = "25.0.1"
wheels = [{ name = "pip-25.0.1-py3-none-any.whl", hashes = { sha256 = "c46efd13b6aa8279f33f2864459c8ce587ea6a1a59ee20de055868d8f7688f7f" } }]
`;
		checkout.write("hello/pylock.toml", LOCK + pip);
		const { apps } = await build();
		checkout.write("hello/pylock.toml", LOCK);
		const command = ["sh", "-c", "pip list --format=freeze; ls /venv/lib/python3.13/site-packages"];
		const said = docker("run", "--rm", apps.hello.name, ...command).split("\n");
		expect(said.filter((line) => /^pip(?:==|-)/.test(line))).toEqual([
			...["pip==25.0.1", "pip-25.0.1.dist-info"],
		]);
	},
	5 * MINUTE,
);

describe("an app is refused, in one line, before its image has a name", () => {
	it(
		"whose smoke test fails",
		async () => {
			const smoke = 'smoke = ["python", "-c", "import none"]';
			checkout.write("hello/pyproject.toml", PYPROJECT.replace(/^smoke = .*$/m, smoke));
			expect(await refusal()).toEqual([
				expect.stringMatching(
					/^error: gate smoke: python -c import none: ModuleNotFoundError: No module named 'none'; /,
				),
			]);
		},
		2 * MINUTE,
	);

	it(
		"whose lock lacks what a distribution asks for",
		async () => {
			checkout.write("hello/pyproject.toml", PYPROJECT.replace(/^(from-source|smoke) = .*$/gm, ""));
			checkout.write("hello/pylock.toml", LOCK.slice(0, LOCK.lastIndexOf("[[packages]]")));
			expect(await refusal()).toEqual([
				expect.stringMatching(
					/^error: gate agreement: jinja2 3\.1\.6 requires markupsafe, .*; lock /,
				),
			]);
		},
		3 * MINUTE,
	);

	async function refusal(): Promise<string[]> {
		const { exitCode, stderr } = await checkout.run(APPS);
		expect(exitCode).toBe(1);
		return stderr.split("\n").filter((line) => line.startsWith("error: "));
	}
});
