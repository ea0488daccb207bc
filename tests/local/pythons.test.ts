import { mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { Checkout, docker, type Ended, type RunOutputs } from "./checkout.ts";
import { MARKUPSAFE_SDIST, setuptoolsLock } from "./hello.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * A stack with a Python, to which another series, with all packages, and its own variants were added later,
 * and an app on each of these. The sources of all are in the pool of every Debian mirror.
 */

const MINUTE = 60_000;
const FIRST = "3.13.5";
const SECOND = "3.11.2";
const ADDED = [
	{ version: SECOND, packageRelease: 2, packages: ["tk", "dbgsym"] },
	{ version: FIRST, variant: "free-threaded" },
	{ version: FIRST, variant: "debug" },
];

const LOCK = 'lock-version = "1.0"\ncreated-by = "test"\n';
/** A distribution with an extension module: its source, and upstream's wheel for the common build. */
const DISTRIBUTION = `
[[packages]]
name = "markupsafe"
version = "3.0.2"
sdist = { name = "markupsafe-3.0.2.tar.gz", hashes = { sha256 = "${MARKUPSAFE_SDIST}" } }
[[packages.wheels]]
name = "MarkupSafe-3.0.2-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
hashes = { sha256 = "15ab75ef81add55874e7ab7055e9c397312385bd9ced94920f2802310c930396" }
`;
/** What builds it. */
const BUILD_LOCK = setuptoolsLock({ markupsafe: MARKUPSAFE_SDIST });

let checkout: Checkout;
/** With the first Python alone, in the short form. */
let before: RunOutputs;
/** With all. */
let after: RunOutputs & {
	readonly pythons: Record<string, { package: { file: string }; packages: Record<string, string> }>;
};
let added: Ended;

/** Write the stack's file with other values; an undefined one goes. */
function configure(values: Readonly<Record<string, unknown>>): void {
	const file = `Pulumi.${checkout.stack}.yaml`;
	const { config } = parse(readFileSync(join(checkout.folder, file), "utf8"));
	for (const [key, value] of Object.entries(values)) config[`debian-python:${key}`] = value;
	checkout.write(file, stringify({ config }));
}

/** An app on a Python that prints what a line of Python does. */
function writeApp(name: string, python: string, line: string, packages = "packages = []\n"): void {
	mkdirSync(join(checkout.folder, name));
	checkout.write(
		`${name}/pyproject.toml`,
		`[project]
name = "${name}"
version = "1.0"
dependencies = []

[tool.debian-python]
command = ["python", "main.py"]
python = "${python}"
`,
	);
	checkout.write(`${name}/pylock.toml`, LOCK + packages);
	checkout.write(`${name}/main.py`, `${line}\n`);
}

const python = (image: string | undefined, code: string) =>
	docker("run", "--rm", "--network=none", image ?? "", "python", "-c", code);
const image = (artefact: string) =>
	(after.images as Record<string, { name: string }>)[artefact]?.name;
/** Run a command in an image, where /debs has the packages of the stack. */
const inPackages = (
	artefact: string,
	command: readonly string[],
	options: readonly string[] = [],
): string =>
	docker(
		...["run", "--rm", `--volume=${checkout.folder}/packages/${checkout.stack}:/debs:ro`],
		...[...options, image(artefact) ?? "", ...command],
	);
const id = (name: string | undefined) =>
	docker("image", "inspect", "--format", "{{.Id}}", name ?? "");

beforeAll(async () => {
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	before = await checkout.build();
	writeApp("hello", "3.11", "import platform; print(platform.python_version())");
	const speedups = "from markupsafe import _speedups; import sys; print(_speedups.__file__,";
	writeApp("free", "3.13t", `${speedups} sys._is_gil_enabled())`, DISTRIBUTION);
	checkout.write("free/pylock.build.toml", BUILD_LOCK);
	writeApp("debugged", "3.13d", `${speedups} sys.gettotalrefcount() > 0)`, DISTRIBUTION);
	configure({
		pythonVersion: undefined,
		pythons: [{ version: FIRST }, ...ADDED],
		apps: ["hello", "free", "debugged"],
	});
	added = await checkout.run(["--json"]);
	if (added.exitCode !== 0) throw new Error(added.stderr);
	after = JSON.parse(added.stdout);
}, 30 * MINUTE);
afterAll(() => checkout.remove());

describe("a Python that is added", () => {
	it("leaves all that is there as it is, under its names", () => {
		expect(after.images).toMatchObject(before.images);
		expect(after.package).toEqual(before.package);
		for (const artefact of ["base", "debbase", "pybuild", "package", "python", "wheelbuild"])
			expect(added.stderr, artefact).toMatch(new RegExp(` ${artefact} +reused$`, "m"));
	});

	it("is compiled, packaged and installed beside it", () => {
		const code = "import platform, ssl, sqlite3; print(platform.python_version())";
		expect(python(image("python"), code)).toBe(FIRST);
		expect(python(image("python-3.11"), code)).toBe(SECOND);
		const { file } = after.pythons["3.11"]?.package ?? { file: "" };
		expect(file).toMatch(/cpython3\.11_3\.11\.2-2\+deb12_\w+\.deb$/);
		expect(readFileSync(join(checkout.folder, file)).length).toBeGreaterThan(1_000_000);
	});

	it("has a wheelbuild of its own", () => {
		const tag = docker("run", "--rm", image("wheelbuild-3.11") ?? "", "--help");
		expect(tag).toContain("usage");
		expect(id(image("wheelbuild-3.11"))).not.toBe(id(image("wheelbuild")));
	});

	it("has the app that names it", () => {
		expect(docker("run", "--rm", after.apps.hello?.name ?? "")).toBe(SECOND);
	});

	it("has tkinter and IDLE in a package of their own alone", () => {
		const { tk = "" } = after.pythons["3.11"]?.packages ?? {};
		const command = `
if python -c 'import tkinter' 2>/dev/null; then exit 1; fi
aptinstall /debs/${basename(tk)} >/dev/null 2>&1
python -c 'import tkinter, turtle; print(tkinter.Tcl().eval("info tclversion"))'
idle3 -h | grep -i usage`;
		expect(inPackages("python-3.11", ["sh", "-euc", command])).toMatch(/^8\.6\nUSAGE: idle/);
	});

	it("shows C's and Python's frames to gdb by its debug symbols, in a container that runs", () => {
		const { dbgsym = "" } = after.pythons["3.11"]?.packages ?? {};
		const name = `${checkout.stack}-sleeper`;
		const sleeper = "import time\ndef inner(_): time.sleep(600)\nsorted([1], key=inner)";
		docker(
			"run",
			"--detach",
			`--name=${name}`,
			image("python-3.11") ?? "",
			"python",
			"-c",
			sleeper,
		);
		const command = `aptinstall gdb /debs/${basename(dbgsym)} >/dev/null 2>&1
exec gdb -batch -iex 'set sysroot /' -ex bt -ex py-bt /opt/cpython/3.11/bin/python3.11 1`;
		try {
			const options = [`--pid=container:${name}`, "--cap-add=SYS_PTRACE"];
			const frames = inPackages("python-3.11", ["sh", "-euc", command], options);
			expect(frames).toMatch(/time_sleep .* at \.\/Modules\/timemodule\.c:\d+$/m);
			expect(frames).toMatch(/line 2, in inner\n.*line 3, in <module>/s);
		} finally {
			docker("rm", "--force", name);
		}
	});

	it("may be a variant of one that is there", () => {
		const code = `import os, sys, sysconfig
print(sys._is_gil_enabled(), sysconfig.get_config_var("EXT_SUFFIX"), os.path.realpath(sys.executable))`;
		expect(python(image("python-3.13t"), code)).toMatch(
			/^False \.cpython-313t-\S+\.so \/opt\/cpython\/3\.13t\/bin\/python3\.13t$/,
		);
		expect(python(image("python"), "import sys; print(sys._is_gil_enabled())")).toBe("True");
		const programs = ["pip3.13t", "python3.13t"].map((name) =>
			docker("run", "--rm", image("python-3.13t") ?? "", `/usr/local/bin/${name}`, "--version"),
		);
		expect(programs).toEqual([expect.stringMatching(/^pip .*3\.13t/), "Python 3.13.5"]);
	});

	it("may be a debug build of one that is there", () => {
		const code = `import os, sys, sysconfig
print(sys.abiflags, sysconfig.get_config_var("EXT_SUFFIX"), os.path.realpath(sys.executable), os.path.dirname(os.__file__))`;
		expect(python(image("python-3.13d"), code)).toMatch(
			/^d \.cpython-313d-\S+\.so \/opt\/cpython\/3\.13d\/bin\/python3\.13d \/opt\/cpython\/3\.13d\/lib\/python3\.13$/,
		);
		const install = docker(
			...["run", "--rm", image("python-3.13d") ?? "", "sh", "-euc"],
			"/usr/local/bin/pip3.13d --version && dpkg-divert --list",
		);
		expect(install).toMatch(
			/^pip .*\n.*\/opt\/cpython\/3\.13d\/lib\/python3\.13\/EXTERNALLY-MANAGED /s,
		);
	});

	it("has apps of wheels of its own ABI, and a debug build those of the common one", () => {
		const [free, debugged] = ["free", "debugged"].map((name) =>
			docker("run", "--rm", after.apps[name]?.name ?? ""),
		);
		expect(free).toMatch(/\/python3\.13t\/.*\.cpython-313t-\S+\.so False$/);
		expect(debugged).toMatch(/\/python3\.13\/.*\.cpython-313-\S+\.so True$/);
	});

	it("passes a gate that no other Python passes, nor one that turns the GIL on", () => {
		const gate = (name: string, artefact: string, ...options: readonly string[]) =>
			docker(
				...["run", "--rm", `--volume=${checkout.folder}/components/python:/mnt:ro`, ...options],
				...[image(artefact) ?? "", "python", "-B", "-c"],
				`import sys
sys.path[:0] = ["/mnt/abi/gates", "/mnt/context/gates"]
import failure, ${name}
try:
    print(${name}.check(None))
except failure.Failure as it:
    print(it.what)`,
			);
		expect(gate("gate_gil", "python-3.13t")).toMatch(/^off, also with \d{2} extension modules$/);
		expect(gate("gate_gil", "python-3.13t", "--env=PYTHON_GIL=1")).toBe("the GIL is on");
		expect(gate("gate_gil", "python")).toBe("this is not a free-threaded Python");
		expect(gate("gate_debug", "python-3.13d")).toMatch(/^counts \d+ references; loads /);
		expect(gate("gate_debug", "python-3.13t")).toBe("this is not a debug build");
	});

	it("compiles extensions for its own ABI", () => {
		const command = `mkdir /tmp/own; cd /tmp/own
printf '#include <Python.h>
static struct PyModuleDef own = {PyModuleDef_HEAD_INIT, .m_name = "own"};
PyMODINIT_FUNC PyInit_own(void) { return PyModuleDef_Init(&own); }' >own.c
gcc -shared -fPIC $(python3.13t-config --includes) own.c -o own$(python3.13t-config --extension-suffix)
python -W ignore -c 'import own; print(own.__file__)'`;
		const found = docker("run", "--rm", image("wheelbuild-3.13t") ?? "", "sh", "-euc", command);
		expect(found).toMatch(/\/own\.cpython-313t-\S+\.so$/);
	});

	it("has an SBOM", async () => {
		const args = ["-s", checkout.stack, "--image", "python-3.11"];
		const { stdout } = await execa("node", ["commands/sbom/main.ts", ...args], {
			cwd: checkout.folder,
		});
		const { components } = JSON.parse(stdout) as {
			components: { name: string; version: string }[];
		};
		const interpreters = components.filter(({ name }) => /^c?python(3|$)/.test(name));
		expect(interpreters.map(({ version }) => version)).toContainEqual(
			expect.stringMatching(/^3\.11\.2/),
		);
	});
});

describe("a second run", () => {
	it(
		"builds nothing, in whichever order they are written, and says so before",
		async () => {
			configure({ pythons: [...ADDED, { version: FIRST }] });
			const preview = await checkout.run(["--preview"]);
			expect(preview.stderr).not.toMatch(/to build/);
			const { images } = await checkout.build();
			expect(images.python.name).toBe(image("python-3.11"));
			expect((images as Record<string, { name: string }>)["python-3.13"]?.name).toBe(
				image("python"),
			);
		},
		5 * MINUTE,
	);

	it(
		"makes what one target needs alone",
		async () => {
			configure({ pythons: [{ version: FIRST }, ...ADDED] });
			const { stderr } = await checkout.run(["--target", "package-3.11"]);
			expect(stderr).toMatch(/ package-3\.11 +reused$/m);
			expect(stderr).toMatch(/ package +skipped: not needed for the target$/m);
			expect(stderr).toMatch(/ python-3\.11 +skipped: not needed for the target$/m);
		},
		5 * MINUTE,
	);
});
