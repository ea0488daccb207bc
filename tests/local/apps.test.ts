import { randomBytes } from "node:crypto";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Checkout, docker, type RunOutputs } from "./checkout.ts";
import { LOCK, PYPROJECT, SERVER, writeHello } from "./hello.ts";
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
