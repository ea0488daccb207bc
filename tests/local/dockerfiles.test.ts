import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configDifference } from "../../components/commit/config.ts";
import { tagOf } from "../../components/image-name.ts";
import type { ComparedConfig } from "../../components/step/instructions.ts";
import { buildSystemDigest } from "../../stacks/lock/project.ts";
import { buildWithBuildKit } from "./buildkit.ts";
import { Checkout, docker, type RunOutputs } from "./checkout.ts";
import { LOCK, MARKUPSAFE_SDIST, setuptoolsLock } from "./hello.ts";
import { seedImages, upTo } from "./seed.ts";
import { fileTree } from "./tree.ts";

/*
 * The Dockerfiles of `npm run dockerfiles`, built with BuildKit: what they make is what the program
 * commits, of an app that is files and of one that is a distribution.
 */

const MINUTE = 60_000;

/** The app hello is files: of a checkout with odd modes, and with some that are none of its own. */
const HELLO = `
[project]
name = "hello"
version = "1.0"
dependencies = ["jinja2"]

[tool.debian-python]
command = ["python", "page.py"]
ports = [8000]
healthcheck = ["python", "-c", "import page"]
environment = { NAME = 'a "b" $c \\' }
packages = ["media-types", "libpq5"]
from-source = ["markupsafe"]
`;

const PAGE = `
import os, jinja2, markupsafe

assert markupsafe._escape_inner.__module__ == "markupsafe._speedups"
print(jinja2.Template("Hello {{ name }}", autoescape=True).render(name=os.environ["NAME"]))
`;

/** The app orders is a distribution, with a program of its own and a file that is no module. */
const ORDERS = `
[project]
name = "orders"
version = "2.0"
dependencies = ["jinja2"]
scripts = { orders = "orders:main" }

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
packages = ["orders"]
package-data = { orders = ["*.html"] }

[tool.debian-python]
command = ["orders"]
user = "shop"
from-source = ["markupsafe"]
`;

const MODULE = `
import jinja2

def main():
    templates = jinja2.Environment(loader=jinja2.PackageLoader("orders", "."))
    print(templates.get_template("page.html").render(number=7))
`;

const BUILD_LOCK = setuptoolsLock({
	markupsafe: MARKUPSAFE_SDIST,
	orders: buildSystemDigest({ buildRequires: ["setuptools"] }),
});

const APPS = ["-c", 'apps=["hello","orders"]'];
let checkout: Checkout;
let outputs: RunOutputs;
/** How each Dockerfile is built, as the command says it. */
let commands: string[];

beforeAll(async () => {
	checkout = new Checkout();
	for (const folder of ["hello", "hello/a b", "hello/empty", "hello/cache", "orders/orders"])
		mkdirSync(join(checkout.folder, folder), { recursive: true });
	for (const app of ["hello", "orders"]) {
		checkout.write(`${app}/pylock.toml`, LOCK);
		checkout.write(`${app}/pylock.build.toml`, BUILD_LOCK);
	}
	checkout.write("hello/pyproject.toml", HELLO);
	checkout.write("hello/page.py", PAGE);
	checkout.write("hello/a b/\u00fc.txt", "");
	checkout.write("hello/tool", "#!/bin/sh\n");
	checkout.write("hello/cache/x", "");
	checkout.write("hello/.dockerignore", "cache\n!pylock.toml\n");
	chmodSync(join(checkout.folder, "hello/page.py"), 0o600);
	chmodSync(join(checkout.folder, "hello/a b/\u00fc.txt"), 0o777);
	chmodSync(join(checkout.folder, "hello/a b"), 0o700);
	symlinkSync("page.py", join(checkout.folder, "hello/link.py"));
	checkout.write("orders/pyproject.toml", ORDERS);
	checkout.write("orders/orders/__init__.py", MODULE);
	checkout.write("orders/orders/page.html", "Order {{ number }}\n");
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	outputs = await checkout.build(APPS);
	commands = (await writeDockerfiles(...APPS)).stdout.split("\n");
}, 20 * MINUTE);
afterAll(() => checkout.remove());

function writeDockerfiles(...args: string[]) {
	const options = ["commands/dockerfiles/main.ts", "--stack", checkout.stack, ...args];
	return execa("node", options, { cwd: checkout.folder, reject: false });
}

/** Build a Dockerfile as the command says, by the name it has there; tells which of its steps ran. */
async function build(name: string, ...options: string[]) {
	const command = commands.find((line) => line.includes(` --tag=${name} `)) ?? "";
	const image = `${checkout.repository}:built-${name}`;
	const named = [`--tag=${image}`, ...options, ""].join(" ");
	const said = await buildWithBuildKit(command.replace(`--tag=${name} `, named), checkout.folder);
	const steps = [...said.matchAll(/^(#\d+) \[.*\] (RUN .*)$/gm)].map(([, number, step = ""]) => ({
		step,
		isCached: said.includes(`\n${number} CACHED`),
	}));
	return { image, ran: steps.flatMap(({ step, isCached }) => (isCached ? [] : [step])) };
}

const inspect = (image: string, format: string) =>
	JSON.parse(docker("image", "inspect", "--format", `{{json ${format}}}`, image)) as unknown;

type LabelledConfig = ComparedConfig & { readonly Labels?: Readonly<Record<string, string>> };

/** The label that names the base. */
const BASE_NAME = "org.opencontainers.image.base.name";

/**
 * Where the config of an image that was built differs from a committed one, but for the labels by which
 * the program knows its images.
 */
function difference(built: string, committed: string): string | undefined {
	const [own, wanted] = [built, committed].map((image) => {
		const config = inspect(image, ".Config") as LabelledConfig;
		const labels = Object.entries(config.Labels ?? {});
		const others = labels.filter(([name]) => !name.startsWith("debian-python."));
		// A stack with another repository may have made it (seed.ts).
		const base = tagOf(String(config.Labels?.[BASE_NAME]));
		return { ...config, Labels: { ...Object.fromEntries(others), [BASE_NAME]: base } };
	}) as [ComparedConfig, ComparedConfig];
	return configDifference(own, wanted);
}

/** What an image says when it is run as in production. */
const run = (image: string) => docker("run", "--rm", "--read-only", "--network=none", image);

it(
	"python has the tree and the config that the program commits",
	async () => {
		const { image: built, ran } = await build("python", "--no-cache");
		expect(ran).toHaveLength(2);
		expect(await fileTree(built)).toEqual(await fileTree(outputs.images.python.name));
		expect(difference(built, outputs.images.python.name)).toBeUndefined();
		expect(inspect(built, ".Config.Labels")).toMatchObject({
			"org.opencontainers.image.title": "Python 3.13.5",
		});
	},
	5 * MINUTE,
);

describe.each([
	["hello", "Hello a &#34;b&#34; $c \\"],
	["orders", "Order 7"],
])("the app %s", (app, says) => {
	const committed = () => outputs.apps[app]?.name ?? "";
	let built: string;

	it(
		"has the tree and the config that the program commits",
		async () => {
			({ image: built } = await build(app, "--no-cache"));
			const tree = await fileTree(built);
			expect(tree.has("venv/lib/python3.13/site-packages/markupsafe/_speedups.pyi")).toBe(true);
			expect(tree).toEqual(await fileTree(committed()));
			expect(difference(built, committed())).toBeUndefined();
			expect(inspect(built, ".Config.Labels")).toMatchObject({
				"org.opencontainers.image.title": app,
			});
		},
		5 * MINUTE,
	);

	it("says the same", () => {
		expect([run(built), run(committed())]).toEqual([says, says]);
	});
});

it(
	"a change of hello's code runs the last step alone",
	async () => {
		expect((await build("hello")).ran).toEqual([]);
		// Which nobody has built before: BuildKit keeps what it knows.
		checkout.write("hello/page.py", PAGE.replace("Hello", checkout.stack));
		const { image, ran } = await build("hello");
		expect(ran).toEqual([expect.stringContaining("sh /mnt/files")]);
		expect(run(image)).toContain(`${checkout.stack} a `);
	},
	2 * MINUTE,
);

it("an app whose images are not there is refused in one line", async () => {
	const { exitCode, stderr } = await writeDockerfiles(...APPS, "-c", "packageRelease=2");
	expect(exitCode).toBe(1);
	expect(stderr).toMatch(/^error: .*python-3\.13\.5-r2-.*; .*npm start.*$/);
});
