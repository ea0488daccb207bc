import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Checkout, docker, type RunOutputs, remains } from "./checkout.ts";
import { layerPaths } from "./layers.ts";
import { keepImages } from "./seed.ts";

/*
 * The whole program, for real: the local stack is built on the Docker daemon, killed at every step
 * on the way, and what comes out is used as its users would.
 */

const MINUTE = 60_000;
const CA = "/etc/ssl/certs/ca-certificates.crt";
const MODULES = "ssl, sqlite3, ctypes, lzma, bz2, readline, curses, dbm.gnu, uuid, zlib, decimal";

let checkout: Checkout;
let outputs: RunOutputs;

beforeAll(() => {
	checkout = new Checkout();
});
afterAll(() => checkout.remove());

/** Run a shell script in an image. */
function shell(image: string, script: string, ...options: string[]): string {
	return docker("run", "--rm", "--entrypoint", "sh", ...options, image, "-euc", script);
}

describe("killed at any step, the next run goes on", () => {
	// Which line of progress, and whether the steps' processes get the signal too (as when a CI job's
	// group is killed) or only the run (they then must notice).
	it.each([
		["bootstrap", /bootstrap bookworm/, "run"],
		["docker build of debbase", /debbase +RUN/, "group"],
		["docker build of pybuild", /pybuild +RUN/, "run"],
		["the configuration of the compile", /package +configure/, "group"],
		["the compile", /package +make 10%/, "run"],
	] as const)(
		"%s",
		async (_, line, target) => {
			await checkout.killAt(line, target);
		},
		10 * MINUTE,
	);

	it(
		"and ends well",
		async () => {
			outputs = await checkout.build();
			await keepImages(checkout);
			expect(remains()).toEqual([]);
		},
		20 * MINUTE,
	);

	it.each([
		["install of python", "python", /python +run components\/python/, "group"],
		["install of wheelbuild", "wheelbuild", /wheelbuild +run components/, "run"],
	] as const)(
		"%s",
		async (_, artefact, line, target) => {
			docker("image", "rm", "--force", outputs.images[artefact].name);
			await checkout.killAt(line, target);
			expect(await checkout.build()).toEqual(outputs);
			expect(remains()).toEqual([]);
		},
		5 * MINUTE,
	);
});

describe("a second run", () => {
	it(
		"builds nothing, takes seconds and says the same",
		async () => {
			const start = Date.now();
			const { exitCode, stdout, stderr } = await checkout.run(["--json"]);
			expect(exitCode).toBe(0);
			expect(Date.now() - start).toBeLessThan(15_000);
			expect(JSON.parse(stdout)).toEqual(outputs);
			expect(stderr.match(/^\w+ +reused$/gm)).toHaveLength(6);
			expect(stderr).not.toMatch(/^\w+ +built/m);
		},
		MINUTE,
	);

	it(
		"writes the .deb again where the file is gone or changed",
		async () => {
			const file = join(checkout.folder, outputs.package.file);
			writeFileSync(file, "not a package");
			await checkout.build(["--target", "package"]);
			expect(sha256(file)).toBe(outputs.package.sha256);
		},
		MINUTE,
	);

	it(
		"previews what a change would build, and why",
		async () => {
			const { stderr } = await checkout.run(["--preview", "-c", "packageRelease=2"]);
			expect(stderr).toMatch(/^pybuild +reused$/m);
			expect(stderr).toMatch(/^package +to build PACKAGE_RELEASE 1 -> 2$/m);
			expect(stderr).toMatch(/^python +to build package changed$/m);
		},
		MINUTE,
	);
});

describe("the outputs", () => {
	it("have names that carry the keys", () => {
		for (const { name, key } of Object.values(outputs.images)) {
			expect(name).toContain(`${checkout.repository}:`);
			expect(name).toMatch(new RegExp(`-${key}$`));
			expect(docker("image", "inspect", "--format", "{{.Id}}", name)).toMatch(/^sha256:/);
		}
	});

	it("have the .deb, which is there with its .buildinfo and sum", () => {
		expect(outputs.package).toMatchObject({
			name: "cpython3.13",
			version: "3.13.5-1+deb12",
			architecture: "amd64",
			file: `packages/${checkout.stack}/cpython3.13_3.13.5-1+deb12_amd64.deb`,
		});
		const file = join(checkout.folder, outputs.package.file);
		expect(sha256(file)).toBe(outputs.package.sha256);
		expect(readFileSync(file.replace(/deb$/, "buildinfo"), "utf8")).toContain(
			outputs.package.sha256,
		);
		const folder = join(checkout.folder, "packages", checkout.stack);
		execFileSync("sha256sum", ["--check", "--strict", "cpython3.13_3.13.5-1+deb12_amd64.sha256"], {
			cwd: folder,
		});
		expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
	});
});

describe("the base", () => {
	it("is not larger than Debian's own slim image", () => {
		expect(Number(docker("image", "inspect", "--format", "{{.Size}}", base()))).toBeLessThan(75e6);
	});

	it.each(["base", "debbase", "python"] as const)("lets no service start, in %s", (artefact) => {
		const image = artefact === "base" ? base() : outputs.images[artefact].name;
		const script = `
			printf '#!/bin/sh\\ntouch /started\\n' >/etc/init.d/service
			chmod 0755 /etc/init.d/service
			invoke-rc.d --query service start || echo $?
			invoke-rc.d service start
			test ! -e /started`;
		expect(shell(image, script)).toBe("101");
	});

	it(
		"keeps what localedef reads, as Debian's own slim image does",
		() => {
			const script = `
			apt-get -qq update
			apt-get -qq install -y --no-install-recommends locales >&2
			localedef -i de_DE -c -f UTF-8 -A /usr/share/locale/locale.alias de_DE.UTF-8
			locale -a`;
			expect(shell(base(), script)).toContain("de_DE.utf8");
		},
		MINUTE,
	);

	it(
		"leaves nothing of apt's in a layer, without any clean-up",
		() => {
			const left = shell(
				base(),
				"apt-get -qq update; apt-get -qq install -y hello >&2; find /var/cache/apt -type f -size +0",
			);
			expect(left).toBe("");
		},
		MINUTE,
	);
});

describe("the image python", () => {
	const python = () => outputs.images.python.name;

	it.each([
		["root", []],
		["nobody, read-only", ["--user=65534", "--read-only"]],
	])("imports what needs a library, as %s", (_, options) => {
		expect(
			docker("run", "--rm", ...options, python(), "python", "-c", `import ${MODULES}; print("ok")`),
		).toBe("ok");
	});

	it("has neither build tools nor packages nor apt's leftovers, in any layer", () => {
		const forbidden = [
			/(^|\/)(x86_64-linux-gnu-)?(gcc|g\+\+|cc|c\+\+|cpp|ld|as|make|dpkg-buildpackage)(-\d+)?$/,
			/\.(deb|whl|h|a)$/,
			/^var\/lib\/apt\/lists\/.*(Packages|Release)/,
			/^var\/cache\/apt\/.*\.(bin|deb)$/,
			/^(root|tmp|venv)\/.*\.cache\//,
			/^(mnt|build|packages|tmp|dev\/shm)\/./,
			/-dev\.list$/,
		];
		// CPython's own data, which makes `python -m venv` work.
		const allowed = /\/ensurepip\/_bundled\/pip-[^/]*\.whl$/;
		const found = layerPaths(python()).flatMap((paths) =>
			paths.filter(
				(path) => !allowed.test(path) && forbidden.some((pattern) => pattern.test(path)),
			),
		);
		expect(found).toEqual([]);
	});

	it("has its command, its PATH and its labels, and no entry point", () => {
		const [image] = JSON.parse(docker("image", "inspect", python())) as [
			{ Config: Record<string, unknown> },
		];
		const { Cmd, Entrypoint, Env, Labels } = image.Config as {
			Cmd: string[];
			Entrypoint: string[] | null;
			Env: string[];
			Labels: Record<string, string>;
		};
		expect(Cmd).toEqual(["python3"]);
		expect(Entrypoint ?? []).toEqual([]);
		expect(Env).toContain(
			"PATH=/venv/bin:/opt/cpython/3.13/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		);
		expect(Labels).toMatchObject({
			"org.opencontainers.image.version": "3.13.5-1+deb12",
			"org.opencontainers.image.revision": "v3.13.5",
			"org.opencontainers.image.base.name": expect.stringMatching(
				/^localhost\/debian-python:base-[0-9a-f]{12}$/,
			) as string,
			"debian-python.deb.sha256": outputs.package.sha256,
		});
	});

	it.each(["python", "wheelbuild"] as const)(
		"is found by a login shell, here and in %s",
		(name) => {
			const { name: image } = outputs.images[name];
			const script = "command -v python; python -c 'import sys; print(sys.prefix)'; command -v pip";
			for (const [user, ...command] of [
				["root", "bash", "-lc", script],
				["65534", "sh", "-lc", script],
				["root", "su", "-", "-c", script],
			]) {
				const [program = "", ...args] = command;
				const options = [`--user=${user}`, `--entrypoint=${program}`];
				expect(docker("run", "--rm", ...options, image, ...args)).toBe(
					"/venv/bin/python\n/venv\n/venv/bin/pip",
				);
			}
		},
	);

	// What python-imports, python-stack-size and python-sqlite3 of docker-library/official-images do.
	it("passes the tests of Docker's official images by /usr/local/bin/python", () => {
		const script = `
			import bz2, curses, dbm.gnu, lzma, readline, sqlite3, threading, zlib
			def descend():
				try: descend()
				except RecursionError: print("its stack is large enough")
			thread = threading.Thread(target=descend)
			thread.start()
			thread.join()
			for codec in bz2, lzma, zlib:
				assert codec.decompress(codec.compress(b"IT WORKS")) == b"IT WORKS"
			print(sqlite3.connect(":memory:").execute("SELECT 42").fetchall())`;
		const run = ["run", "--rm", python(), "/usr/local/bin/python", "-c"];
		expect(docker(...run, script.replaceAll("\n\t\t\t", "\n"))).toBe(
			"its stack is large enough\n[(42,)]",
		);
	});

	it(
		"has pip at the catalog's version, and installs a pure wheel",
		() => {
			const options = ["-v", `${CA}:/ca.crt:ro`, "-e", "PIP_CERT=/ca.crt"];
			const out = shell(
				python(),
				'pip --version; pip install -q six==1.16.0; python -c "import six; print(six.__version__)"',
				...options,
			);
			expect(out).toMatch(/^pip 26\.2\.1 /);
			expect(out).toMatch(/^1\.16\.0$/m);
		},
		MINUTE,
	);

	it("says where it was made nowhere, and gives extensions none of our flags", () => {
		const all = docker("run", "--rm", python(), "python", "-m", "sysconfig");
		expect(all).not.toContain("/build/work");
		// What setuptools and other build backends take for extensions.
		const names = '"CC", "CXX", "CFLAGS", "OPT", "LDFLAGS", "LDSHARED", "LDCXXSHARED", "CCSHARED"';
		const script = `import sysconfig; print(sysconfig.get_config_vars(${names}))`;
		const flags = docker("run", "--rm", python(), "python", "-c", script);
		expect(flags).toContain("gcc");
		expect(flags).not.toMatch(/-fno-plt|-flto|-g0|prefix-map|-Wl,|rpath/);
	});
});

describe("the image wheelbuild", () => {
	it(
		"builds a C extension, whose wheel installs and imports in python",
		() => {
			const folder = mkdtempSync(join(tmpdir(), "wheels-"));
			try {
				mkdirSync(join(folder, "wheels"));
				writeFileSync(join(folder, "requirements.txt"), "markupsafe==3.0.2\n");
				const mounts = [
					"-v",
					`${folder}:/src`,
					"-v",
					`${folder}/wheels:/wheels`,
					"-v",
					`${CA}:/ca.crt:ro`,
					"-e",
					"PIP_CERT=/ca.crt",
				];
				const build = (...args: string[]) =>
					docker(
						"run",
						"--rm",
						...mounts,
						outputs.images.wheelbuild.name,
						...args,
						"-r",
						"requirements.txt",
					);
				expect(build("--no-binary", "markupsafe")).toMatch(/Successfully built markupsafe/i);
				const [wheel = ""] = readdirSync(join(folder, "wheels"));
				expect(wheel).toMatch(/^markupsafe-3\.0\.2-cp313-cp313-manylinux_2_17_x86_64\.whl$/i);
				// The second time it is found, and not built.
				expect(build("--no-index")).not.toContain("Building wheel");
				const use =
					"pip install -q --no-index --find-links /wheels markupsafe; python -c 'import markupsafe._speedups as m; print(m.__file__)'";
				expect(
					shell(outputs.images.python.name, use, "-v", `${folder}/wheels:/wheels:ro`),
				).toContain(".so");
			} finally {
				rmSync(folder, { recursive: true });
			}
		},
		5 * MINUTE,
	);
});

describe("the .deb", () => {
	it(
		"installs on a clean base with its own Depends",
		() => {
			const script = `
			apt-get -qq update
			apt-get -qq install -y --no-install-recommends /debs/cpython3.13_*.deb >&2
			# A slim base leaves documentation and lintian's files out.
			dpkg -V cpython3.13 | grep -Ev ' /usr/share/(doc|lintian)/' || :
			/opt/cpython/3.13/bin/python3.13 -c "import ${MODULES}; print('ok')"`;
			expect(shell(base(), script, ...debs())).toBe("ok");
		},
		3 * MINUTE,
	);

	it.each([
		["a folder", "chmod 0711 /opt"],
		["a link", "rmdir /opt; mkdir -p /srv/opt/other; ln -s /srv/opt /opt"],
		["not there", "rmdir /opt"],
	])("is removed without a trace where /opt was %s", (was, before) => {
		const script = `
			list() { find / -xdev ! -path '/proc/*' ! -path '/sys/*' -printf '%p %M %u %g %l\\n' | sort; }
			${before}
			: >/var/log/dpkg.log
			list >/dev/shm/before
			dpkg -i /debs/cpython3.13_*.deb >&2
			python=/opt/cpython/3.13/bin/python3.13
			$python -O -c "import asyncio, unittest"
			$python -m ensurepip 2>&1 | grep externally-managed-environment >&2
			$python -m venv /dev/shm/venv
			dpkg --purge cpython3.13 >&2
			# What dpkg itself keeps.
			list | diff /dev/shm/before - | grep '^[<>]' | grep -Ev ' /var/(lib/dpkg|cache/debconf)/' || :`;
		const left = shell(outputs.images.debbase.name, script, ...debs());
		// Where it was not there, the package made it.
		expect(left).toBe(was === "not there" ? "> /opt drwxr-xr-x root root" : "");
	});

	it("heeds an edit of the standard library, as root and read-only as another user", () => {
		const edit = "echo 'raise SystemExit(3)' >>/opt/cpython/3.13/lib/python3.13/json/__init__.py";
		const image = `${checkout.repository}:edited`;
		const build = ["build", "--quiet", `--tag=${image}`, "-"];
		execFileSync("docker", build, { input: `FROM ${outputs.images.python.name}\nRUN ${edit}\n` });
		for (const options of [[], ["--read-only", "--user=65534"]]) {
			const args = ["run", "--rm", ...options, image, "python", "-c", "import json"];
			expect(spawnSync("docker", args).status).toBe(3);
		}
		docker("image", "rm", image);
	});

	it("leaves the interpreter to scanners: its md5sums do not claim it, dpkg owns it", () => {
		const image = outputs.images.python.name;
		const sums = shell(image, "cat /var/lib/dpkg/info/cpython3.13.md5sums");
		expect(sums).toMatch(/ opt\/cpython\/3\.13\/bin\/pydoc3\.13$/m);
		expect(sums).not.toMatch(/\/bin\/python3\.13$/m);
		expect(shell(image, "dpkg -S /opt/cpython/3.13/bin/python3.13")).toMatch(/^cpython3\.13:/);
	});

	it("prints nowhere how to link a libpython, which is not there", () => {
		const config = "/opt/cpython/3.13/bin/python3-config";
		const script = `
			${config} --ldflags --libs
			grep -r lpython /opt/cpython/3.13/lib/pkgconfig || :
			${config} --libs --embed 2>&1 || echo $?`;
		expect(shell(outputs.images.wheelbuild.name, script)).toMatch(
			/^((?!.*lpython).*\n)+\S+python3-config: --embed: there is no libpython.*\n1$/,
		);
	});

	it.skipIf(spawnSync("syft", ["version"]).status !== 0)(
		"lets syft see the Python that advisories name",
		() => {
			const options = ["scan", `docker:${outputs.images.python.name}`, "--output", "json"];
			const { artifacts } = JSON.parse(
				execFileSync("syft", options, { encoding: "utf8", maxBuffer: 1e9 }),
			) as { artifacts: { name: string; version: string; cpes: { cpe: string }[] }[] };
			const python = artifacts.find(({ name }) => name === "python");
			expect(python).toMatchObject({ version: "3.13.5", purl: "pkg:generic/python@3.13.5" });
			expect(python?.cpes.map(({ cpe }) => cpe)).toContain(
				"cpe:2.3:a:python:python:3.13.5:*:*:*:*:*:*:*",
			);
		},
		3 * MINUTE,
	);

	it(
		"passes lintian",
		() => {
			const script = `
			apt-get -qq update
			apt-get -qq install -y --no-install-recommends -o "Dpkg::Options::=--path-include=/usr/share/lintian/*" lintian >&2
			lintian --fail-on error --allow-root --suppress-tags bad-distribution-in-changes-file /debs/*.deb`;
			expect(shell(outputs.images.debbase.name, script, ...debs())).not.toMatch(/^E:/m);
		},
		5 * MINUTE,
	);
});

describe("a new package release", () => {
	it(
		"compiles nothing, and holds the same files",
		async () => {
			const args = ["-c", "packageRelease=2", "--target", "package", "--json"];
			const { exitCode, stdout, stderr } = await checkout.run(args);
			expect(exitCode).toBe(0);
			expect(stderr).toMatch(/ reuse \S+:compiled-/);
			expect(stderr).not.toMatch(/ configure | make /);
			const { package: next } = JSON.parse(stdout) as RunOutputs;
			expect(next.version).toBe("3.13.5-2+deb12");
			const files = ({ file }: RunOutputs["package"]) => {
				const list = 'dpkg-deb --fsys-tarfile "$1" | tar --extract --to-stdout ./opt | sha256sum';
				return execFileSync("sh", ["-c", list, "sh", join(checkout.folder, file)], {
					encoding: "utf8",
				});
			};
			expect(files(next)).toBe(files(outputs.package));
			// A fix of the interpreter alone does not take the compiler's part away.
			const upgrade = "dpkg -i /debs/cpython3.13_3.13.5-2*.deb >&2; dpkg -s cpython3.13-dev";
			expect(shell(outputs.images.wheelbuild.name, upgrade, ...debs())).toMatch(
				/^Status: install ok installed$/m,
			);
		},
		5 * MINUTE,
	);
});

describe("a second compile", () => {
	it(
		"gives byte-identical .debs",
		async () => {
			const before = outputs.package.sha256;
			const folder = join(checkout.folder, "packages", checkout.stack);
			const dev = join(folder, "cpython3.13-dev_3.13.5-1+deb12_amd64.deb");
			const devBefore = sha256(dev);
			const names = docker(
				...["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", checkout.repository],
			).split("\n");
			const kept = names.filter((name) => /:(package|compiled)-/.test(name));
			docker("image", "rm", "--force", ...kept);
			docker("volume", "rm", "--force", "debian-python-ccache");
			rmSync(folder, { recursive: true });
			const { stdout, stderr } = await checkout.run(["--target", "package", "--json"]);
			expect(stderr).toMatch(/ make /);
			expect((JSON.parse(stdout) as RunOutputs).package.sha256).toBe(before);
			expect(sha256(dev)).toBe(devBefore);
		},
		20 * MINUTE,
	);
});

/** The image that debbase stands on. */
function base(): string {
	return (
		docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", checkout.repository)
			.split("\n")
			.find((name) => name.includes(":base-")) ?? ""
	);
}

/** Mounts the folder with the .debs at /debs. */
function debs(): string[] {
	return ["-v", `${checkout.folder}/packages/${checkout.stack}:/debs:ro`];
}

function sha256(file: string): string {
	return createHash("sha256").update(readFileSync(file)).digest("hex");
}
