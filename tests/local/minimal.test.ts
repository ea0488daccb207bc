import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tagOf } from "../../components/image-name.ts";
import { installedPackages } from "../../components/sbom/debian-packages.ts";
import { type TarEntry, tarOf } from "../../components/step/tar.ts";
import { seriesOf } from "../../stacks/cpython.ts";
import { buildSystemDigest } from "../../stacks/lock/project.ts";
import { buildWithBuildKit } from "./buildkit.ts";
import { Checkout, docker, type RunOutputs } from "./checkout.ts";
import { setuptoolsLock } from "./hello.ts";
import { layerPaths } from "./layers.ts";
import { seedImages, upTo } from "./seed.ts";
import { fileTree } from "./tree.ts";

/*
 * The image minimal: what is in it, and what is not; the example app on it, as it is; and an app that is a
 * distribution, with a program of Debian, a user of the base, and pip among its requirements.
 */

const MINUTE = 60_000;
let checkout: Checkout;
let outputs: RunOutputs & { readonly images: { readonly minimal: { name: string } } };
let image: string;

const ORDERS = `
[project]
name = "orders"
version = "2.0"
dependencies = ["pip"]
scripts = { orders = "orders:main" }

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
packages = ["orders"]

[tool.debian-python]
command = ["orders"]
user = "www-data"
packages = ["jq"]
`;

const MODULE = `
import pwd, os, subprocess, sys

def main():
    number = subprocess.check_output(["jq", "--null-input", "3 + 4"]).decode().strip()
    pip = subprocess.check_output([sys.executable, "-m", "pip", "--version"]).decode().split()[1]
    print(number, pip, pwd.getpwuid(os.getuid()).pw_name)
`;

const { pip } = seriesOf("3.13.5") ?? {};
const LOCK = `
lock-version = "1.0"
created-by = "by hand"

[[packages]]
name = "pip"
version = "${pip?.version}"
wheels = [{ name = "pip-${pip?.version}-py3-none-any.whl", hashes = { sha256 = "${pip?.sha256}" } }]
`;

const BUILD_LOCK = setuptoolsLock({
	orders: buildSystemDigest({ buildRequires: ["setuptools"] }),
});

beforeAll(async () => {
	checkout = new Checkout();
	mkdirSync(join(checkout.folder, "orders/orders"), { recursive: true });
	checkout.write("orders/pyproject.toml", ORDERS);
	checkout.write("orders/orders/__init__.py", MODULE);
	checkout.write("orders/pylock.toml", LOCK);
	checkout.write("orders/pylock.build.toml", BUILD_LOCK);
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	appendFileSync(
		join(checkout.folder, `Pulumi.${checkout.stack}.yaml`),
		"  debian-python:variant: minimal\n  debian-python:apps: [examples/guestbook, orders]\n",
	);
	outputs = (await checkout.build()) as typeof outputs;
	image = outputs.images.minimal.name;
}, 20 * MINUTE);
afterAll(() => checkout.remove());

/** What a program prints in a container of an image, as its user, read-only and without a network. */
function run(name: string, ...command: readonly string[]): string {
	return docker("run", "--rm", "--read-only", "--network=none", name, ...command);
}

/** A file of an image. */
function read(name: string, path: string): string {
	const container = docker("create", name, "none");
	try {
		return execFileSync("sh", ["-c", 'docker cp "$1" - | tar -xO', "sh", `${container}:${path}`], {
			encoding: "utf8",
		});
	} finally {
		docker("rm", container);
	}
}

/** Shells, package managers and pip, by their paths in a layer. */
const TOOLS =
	/^(usr\/)?s?bin\/(?!ldconfig$)|\/(\w*sh|busybox|apt[\w-]*|dpkg[\w-]*|perl|pip[\d.]*)$|site-packages\/pip|pip-[\d.]+.*\.whl$|ensurepip/;
/** Folders of these names, and what dpkg's records are. */
const FOLDERS = /\/$|^var\/lib\/dpkg\/|^etc\/dpkg\//;

describe("the image minimal", () => {
	it("has no shell, no package manager and no pip in any layer", () => {
		const layers = layerPaths(image);
		expect(layers).toHaveLength(1);
		const paths = layers.flat().filter((path) => !FOLDERS.test(path));
		expect(paths.length).toBeGreaterThan(2000);
		expect(paths.filter((path) => TOOLS.test(path))).toEqual([]);
		for (const program of ["sh", "/bin/sh", "bash", "dpkg", "apt-get", "pip"])
			expect(() => run(image, program), program).toThrow(/no such file|not found/);
		expect(() => run(image, "python", "-m", "pip")).toThrow("No module named pip");
	});

	it("has 60 MB at most, and is not root", () => {
		const [size, user] = docker(
			"image",
			"inspect",
			"--format",
			"{{.Size}} {{.Config.User}}",
			image,
		).split(" ");
		expect(Number(size)).toBeLessThan(60e6);
		expect(user).toBe("65534:65534");
		expect(run(image, "python", "-c", "import os; print(os.getuid())")).toBe("65534");
	});

	it("has what programs in Python need: TLS, SQLite, time zones, UTF-8, libraries by their names", () => {
		const code = `import ssl, sqlite3, zoneinfo, datetime, locale, ctypes.util, mimetypes, pwd, curses, readline
print(len(ssl.create_default_context().get_ca_certs()) > 100)
print(sqlite3.connect(":memory:").execute("select 'ä' || 1").fetchone()[0])
print(datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")).utcoffset())
print(locale.setlocale(locale.LC_ALL, ""), ctypes.util.find_library("ssl"), pwd.getpwuid(0).pw_name)
print(mimetypes.guess_type("a.epub")[0], curses.setupterm("xterm"))`;
		expect(run(image, "python", "-c", code).split("\n")).toEqual([
			...["True", "ä1", "2:00:00"],
			expect.stringMatching(/^C\.UTF-8 libssl\.so\.\d\S* root$/),
			"application/epub+zip None",
		]);
	});

	it("asks for the addresses of names", () => {
		const code =
			"import socket; print(socket.gethostbyname('other'), socket.getservbyname('https'))";
		const options = ["--add-host=other:192.0.2.7"];
		expect(docker("run", "--rm", ...options, image, "python", "-c", code)).toBe("192.0.2.7 443");
	});

	it("says to scanners what is in it, and no more: dpkg's status, lists and sums", () => {
		const packages = installedPackages(read(image, "/var/lib/dpkg/status"), () => []);
		const names = packages.map(({ name }) => name);
		expect(names).toEqual(expect.arrayContaining(["cpython3.13", "libc6", "libssl3", "tzdata"]));
		expect(
			names.filter((name) => /^(apt|bash|dash|dpkg|coreutils|perl|debconf)/.test(name)),
		).toEqual([]);
		const python = packages.find(({ name }) => name === "cpython3.13");
		expect(python).toMatchObject({ version: "3.13.5-1+deb12", architecture: "amd64" });
		// Debian's own tool, in an image that has it, finds nothing that is missing or changed.
		const container = docker("create", image, "none");
		try {
			const check = 'docker export "$1" | docker run --rm --interactive --user 0 "$2" sh -c "$3"';
			const inside = "mkdir /r && tar -xC /r && dpkg --root=/r --verify 2>&1 && echo good";
			const said = execFileSync("sh", [
				"-c",
				check,
				"sh",
				container,
				outputs.images.python.name,
				inside,
			]);
			expect(String(said).trim()).toBe("good");
		} finally {
			docker("rm", container);
		}
	});

	it.skipIf(spawnSync("syft", ["version"]).status !== 0)(
		"lets syft see the same packages of Debian",
		() => {
			const options = ["scan", `docker:${image}`, "--output", "json"];
			const { artifacts } = JSON.parse(
				execFileSync("syft", options, { encoding: "utf8", maxBuffer: 1e9 }),
			) as { artifacts: { name: string; type: string }[] };
			const seen = artifacts.filter(({ type }) => type === "deb").map(({ name }) => name);
			const status = installedPackages(read(image, "/var/lib/dpkg/status"), () => []);
			expect(seen.toSorted()).toEqual(status.map(({ name }) => name).toSorted());
		},
		MINUTE,
	);

	it("has an SBOM of that, in which there is no pip", () => {
		const file = `packages/${checkout.stack}/${tagOf(image)}.cdx.json`;
		const bom = JSON.parse(readFileSync(join(checkout.folder, file), "utf8"));
		const all = JSON.stringify(bom);
		const names = bom.components.map(({ name }: { name: string }) => name);
		const packages = installedPackages(read(image, "/var/lib/dpkg/status"), () => []);
		expect(names.toSorted()).toEqual(
			["CPython", "debian", ...packages.map(({ name }) => name)].toSorted(),
		);
		expect(all).not.toContain("pkg:pypi/pip");
		expect(all).toContain(outputs.package.sha256);
	});

	it(
		"is what its Dockerfile makes, and there is none of an app on it",
		async () => {
			const command = ["commands/dockerfiles/main.ts", "--stack", checkout.stack];
			const { stdout, stderr } = await execa("node", command, { cwd: checkout.folder });
			expect(stderr).toMatch(/^app guestbook: no Dockerfile, .*\napp orders: no Dockerfile, /m);
			const line = stdout.split("\n").find((each) => each.includes(" --tag=minimal ")) ?? "";
			const built = `${checkout.repository}:built-minimal`;
			await buildWithBuildKit(line.replace("--tag=minimal", `--tag=${built}`), checkout.folder);
			expect(await fileTree(built)).toEqual(await fileTree(image));
		},
		3 * MINUTE,
	);

	it(
		"has the same layer where it is made again",
		async () => {
			const layers = () => docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", image);
			const before = layers();
			docker("image", "rm", "--force", image);
			await checkout.build(["--target", "minimal"]);
			expect(layers()).toBe(before);
		},
		2 * MINUTE,
	);

	it.each<[string, TarEntry, string]>([
		["nothing else", [{ name: "tmp/", type: "directory", mode: 0o1777 }], ": no shell, no "],
		["a file of nobody", [{ name: "usr/lib/stray", mode: 0o644 }, ""], "/usr/lib/stray is of no "],
		["a shell", [{ name: "venv/bin/sh", mode: 0o755 }, ""], "/venv/bin/sh is a tool, "],
		[
			"a program that is root's",
			[{ name: "venv/x", mode: 0o4755 }, ""],
			"/venv/x is set-user-ID, ",
		],
		["a folder for all", [{ name: "opt/", type: "directory", mode: 0o777 }], "/opt is writable "],
	])("is told by its gate of content, with %s", async (_, entry, said) => {
		const container = docker("create", image, "none");
		const input = await tarOf([entry]);
		execFileSync("docker", ["cp", "-", `${container}:/`], { input });
		const changed = docker("commit", container);
		docker("rm", container);
		const code = `import sys
sys.path[:0] = ["/mnt/minimal/context/gates", "/mnt/minimal/context", "/mnt/python/context/gates"]
import failure, gate_content
try:
    print(gate_content.check(None))
except failure.Failure as it:
    print(it.what)`;
		const options = ["--read-only", "--network=none", "--user=54321:54321"];
		const mount = `--volume=${checkout.folder}/components:/mnt:ro`;
		try {
			const program = ["python", "-B", "-c", code];
			expect(docker("run", "--rm", ...options, mount, changed, ...program)).toContain(said);
		} finally {
			docker("image", "rm", changed);
		}
	});

	it(
		"is weighed by npm run sizes",
		async () => {
			const command = ["commands/sizes/main.ts", "--stack", checkout.stack];
			await execa("node", command, { cwd: checkout.folder });
			const file = join(checkout.folder, `docs/sizes/${checkout.stack}.json`);
			const [folders, ...others] = JSON.parse(readFileSync(file, "utf8")).minimal;
			expect(others).toEqual([]);
			const bytes = Object.values<number>(folders).reduce((sum, each) => sum + each, 0);
			expect(bytes / 1e6).toBeCloseTo(53, -1);
		},
		2 * MINUTE,
	);

	it("makes virtual environments without pip", () => {
		const code = `import venv, subprocess
venv.create("/dev/shm/v", with_pip=False, symlinks=True)
print(subprocess.check_output(["/dev/shm/v/bin/python", "-c", "print(1)"]).decode())`;
		expect(run(image, "python", "-c", code).trim()).toBe("1");
	});
});

describe("an app on it", () => {
	const guestbook = () => outputs.apps.guestbook?.name ?? "";
	const orders = () => outputs.apps.orders?.name ?? "";

	it("has no shell, no package manager and no pip in any layer, and is not root", () => {
		const paths = layerPaths(guestbook()).flat();
		expect(paths.filter((path) => !FOLDERS.test(path) && TOOLS.test(path))).toEqual([]);
		expect(docker("image", "inspect", "--format", "{{.Config.User}}", guestbook())).toBe(
			"10001:10001",
		);
		expect(run(guestbook(), "python", "-c", "import pwd; print(pwd.getpwuid(10001).pw_name)")).toBe(
			"app",
		);
	});

	it(
		"answers and is well, unchanged, and is debugged with the image python beside it",
		async () => {
			const strict = ["--read-only", "--tmpfs=/tmp", "--user=54321:54321", "--cap-drop=ALL"];
			const container = docker("run", "--detach", ...strict, guestbook());
			try {
				const health = () => docker("inspect", "--format", "{{.State.Health.Status}}", container);
				while (health() === "starting") await sleep(500);
				expect(health()).toBe("healthy");
				const beside = ["--user=0", `--pid=container:${container}`, "--cap-add=SYS_PTRACE"];
				const network = `--network=container:${container}`;
				const look =
					"tr '\\0' ' ' </proc/1/cmdline; ls /proc/1/root/app/guestbook; " +
					"python -c 'import urllib.request as r; print(r.urlopen(\"http://127.0.0.1:8000\").status)'";
				const { python } = outputs.images;
				const said = docker("run", "--rm", ...beside, network, python.name, "sh", "-c", look);
				expect(said).toContain("uvicorn guestbook.app:app");
				expect(said.split("\n")).toEqual(expect.arrayContaining(["app.py", "200"]));
			} finally {
				docker("rm", "--force", container);
			}
		},
		2 * MINUTE,
	);

	it("has the libraries of Debian that its wheels need, which dpkg and the SBOM name", () => {
		const status = read(guestbook(), "/var/lib/dpkg/status");
		const names = installedPackages(status, () => []).map(({ name }) => name);
		expect(names).toEqual(expect.arrayContaining(["cpython3.13", "libpq5", "libldap-2.5-0"]));
		const file = `packages/${checkout.stack}/guestbook-${tagOf(guestbook())}.cdx.json`;
		const bom = readFileSync(join(checkout.folder, file), "utf8");
		const told = JSON.parse(bom).components.map(({ name }: { name: string }) => name);
		expect(told).toEqual(expect.arrayContaining(["libpq5", "psycopg-c", "uvloop"]));
		expect(bom).not.toContain("pkg:pypi/pip");
	});

	it("has programs of Debian, users of the base, and pip, where it asks for them", () => {
		expect(run(orders())).toBe(`7 ${pip?.version} www-data`);
	});
});
