import { randomBytes } from "node:crypto";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONFIG, record } from "../record.ts";
import { Checkout, docker, type Ended, type RunOutputs, remains } from "./checkout.ts";
import { seedImages } from "./seed.ts";

/*
 * The gates of the image python: a good image passes them, and each fault that is planted into one
 * ends the step with one line, before the image has a name. A fault is an install script of its own,
 * which runs in the good image.
 */

const MINUTE = 60_000;
const INSTALL = "components/python/context/install";
const LIB = "/opt/cpython/3.13/lib/python3.13";
const SITE = "/venv/lib/python3.13/site-packages";
/** On the images of this file's steps, those without a name included. */
const LABEL = `debian-python.test=${randomBytes(4).toString("hex")}`;

let checkout: Checkout;
let good: Ended;
let outputs: RunOutputs;
/** The inputs of the step that makes the image python. */
let inputs: Record<string, string>;

beforeAll(async () => {
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository);
	good = await checkout.run(["--target", "python", "--json"]);
	expect(good.stderr).not.toMatch(/^error: /m);
	outputs = JSON.parse(good.stdout) as RunOutputs;
	const resources = await record({ ...CONFIG, base: "archive" });
	inputs = resources.get("python-image-commit")?.inputs.environment as Record<string, string>;
}, 20 * MINUTE);
afterAll(() => {
	checkout.remove();
});

it("a good image passes, and has its name then", () => {
	expect(good.stderr).toMatch(/python +run components\/python.*\n.*python +gates\n/);
	expect(docker("image", "inspect", "--format", "{{.Id}}", outputs.images.python.name)).toMatch(
		/^sha256:/,
	);
});

describe.concurrent("an image does not get its name", () => {
	const flags = (change: string) => `
		sed -i "${change}" ${LIB}/_sysconfigdata*.py
		python -m compileall -qf --invalidation-mode checked-hash ${LIB}/_sysconfigdata*.py`;

	it.each([
		[
			"in which /usr/local/bin has no Python",
			"rm /usr/local/bin/python",
			/^gate interpreters: \/usr\/local\/bin\/python is not the interpreter of \/opt\/cpython\/3\.13; /,
		],
		[
			"whose interpreter is marked as managed by another",
			`touch ${LIB}/EXTERNALLY-MANAGED`,
			/^gate interpreters: \S+\/EXTERNALLY-MANAGED is there: /,
		],
		[
			"in which /venv does not import what the interpreter has",
			"sed -i s/true/false/ /venv/pyvenv.cfg",
			/^gate interpreters: \/venv does not import the packages of /,
		],
		[
			"whose interpreter does not import what /venv has",
			"rm /opt/cpython/3.13/lib/python3.13/site-packages/*.pth",
			/^gate interpreters: \S+ does not import the packages of \/venv; /,
		],
		[
			"in which a login shell has no pip",
			"rm /etc/profile.d/python.sh",
			/^gate interpreters: a login shell takes \/usr\/local\/bin\/python for python; /,
		],
		[
			"whose time zone is wrong",
			"cp /usr/share/zoneinfo/UTC /usr/share/zoneinfo/Europe/Berlin",
			/^gate environment: by libc, Berlin is 0 hours before UTC where it is 1; .*debian\.ts/,
		],
		[
			"that lacks a library",
			"rm /usr/lib/x86_64-linux-gnu/libgdbm.so.6*",
			/^gate libraries: \/opt\S+\/_g?dbm\S+ needs libgdbm\.so\.6, which is missing; .*debian\.ts/,
		],
		[
			"whose package does not depend on a library",
			"sed -i '/^Depends: libbz2/s/ libsqlite3-0 ([^)]*),//' /var/lib/dpkg/status",
			/^gate libraries: \S+\/_sqlite3\S+ needs \S+\/libsqlite3\.so\.0 of libsqlite3-0, which Depends of cpython3\.13 lacks; /,
		],
		[
			"that has a library of nobody's",
			"cp /usr/lib/x86_64-linux-gnu/libz.so.1 /usr/local/lib; ldconfig",
			/^gate libraries: \S+ needs \/usr\/local\/lib\/libz\.so\.1, which belongs to no Debian package; /,
		],
		[
			"that lacks a module",
			`rm ${LIB}/graphlib.py ${LIB}/__pycache__/graphlib.*`,
			/^gate modules: 1 do not import: graphlib \(ModuleNotFoundError: No module named 'graphlib'\); /,
		],
		[
			"in which the import of a module is fatal",
			`cp ${LIB}/lib-dynload/_bisect.*.so /tmp/_heapq.so; mv /tmp/_heapq.so ${LIB}/lib-dynload/_heapq.*.so
			echo 'import os; os.abort()' > ${LIB}/colorsys.py; rm ${LIB}/__pycache__/colorsys.*`,
			/^gate modules: the import of colorsys ends the interpreter; /,
		],
		[
			"that names a folder of the build",
			flags("s#/usr/src/cpython3.13#/build/work/Python-3.13.5#"),
			/^gate sysconfig: \w+ has the path \/build\/work\/Python-3\.13\.5\S*; .*debian\/rules$/,
		],
		[
			"that hands our compiler flags to users",
			flags("s#'CFLAGS': '#&-flto #"),
			/^gate sysconfig: CFLAGS has -flto: .*; .*debian\/rules$/,
		],
		[
			"with a set-user-ID program",
			"chmod u+s /opt/cpython/3.13/bin/python3.13",
			/^gate files: \/opt\/cpython\/3\.13\/bin\/python3\.13 has the set-user-ID .*\(4755\); /,
		],
		[
			"with a folder that everybody may write",
			"chmod o+w /venv/bin",
			/^gate files: \/venv\/bin is writable for everybody \(757\); /,
		],
		[
			"with bytecode that no module has",
			"python -O -c 'import graphlib'",
			/^gate files: the bytecode \S+graphlib\.cpython-313\.opt-1\.pyc belongs to no module; /,
		],
		[
			"with bytecode that looks at its source's time",
			`python -m compileall -qf --invalidation-mode timestamp ${LIB}/graphlib.py`,
			/^gate files: the bytecode \S+graphlib\.cpython-313\.pyc is not of the kind checked-hash; /,
		],
		[
			"with bytecode in /venv",
			`python -m compileall -q ${SITE}/pip/__init__.py`,
			/^gate files: \/venv\/\S+ is bytecode in \/venv, which ships none; /,
		],
		[
			"that accepts any certificate",
			`echo 'import ssl; ssl._create_default_https_context = ssl._create_unverified_context' > ${SITE}/any.pth`,
			/^gate tls: a certificate of an unknown CA is accepted; /,
		],
		[
			"that does not look at the host's name",
			`sed -i 's/context.check_hostname = True/context.check_hostname = False/' ${LIB}/ssl.py
			python -m compileall -qf --invalidation-mode checked-hash ${LIB}/ssl.py`,
			/^gate tls: a certificate for another host name is accepted; /,
		],
		[
			"that trusts no CA",
			"rm -r /etc/ssl/certs",
			/^gate tls: there are no CA certificates at \S+; .*debian\.ts/,
		],
		[
			"whose pip makes no virtual environment",
			`rm ${LIB}/ensurepip/_bundled/*.whl`,
			/^gate venv: -m venv: .*; .*ensurepip/,
		],
		[
			"in which a distribution lacks another",
			`mkdir ${SITE}/one-1.dist-info
			printf 'Metadata-Version: 2.1\\nName: one\\nVersion: 1\\nRequires-Dist: two\\n' > ${SITE}/one-1.dist-info/METADATA`,
			/^gate venv: -m pip: one 1 requires two, which is not installed\.; /,
		],
	])("%s", async (_, fault, message) => expectRefused(await commit(fault), message), 3 * MINUTE);

	it(
		"whose install changes another path",
		async () => {
			expectRefused(
				await commit("echo > /etc/elsewhere; rm /usr/bin/ls", { PATHS: inputs.PATHS ?? "" }),
				/^gate paths: \S+\/install changes \/etc\/elsewhere and 1 more, which is not declared; /,
			);
		},
		3 * MINUTE,
	);

	it(
		"that has another locale than C.UTF-8",
		async () => {
			const changes = ['CMD ["python3"]', "ENV LANG=en_US.UTF-8"];
			expectRefused(
				await commit("", { CHANGES: JSON.stringify(changes) }),
				/^gate environment: LANG is en_US\.UTF-8, and not C\.UTF-8; .*python\.ts$/,
			);
		},
		3 * MINUTE,
	);

	it(
		"whose PATH has a virtual environment alone, as uv sees it",
		async () => {
			const changes = ['CMD ["python3"]', "ENV PATH=/venv/bin:/usr/bin:/bin"];
			expectRefused(
				await commit("", { CHANGES: JSON.stringify(changes) }),
				/^gate interpreters: PATH has no interpreter outside of \/venv; .*python\.ts$/,
			);
		},
		3 * MINUTE,
	);
});

describe("a run", () => {
	const names = () =>
		docker("image", "ls", "--format", "{{.Tag}} {{.ID}}", checkout.repository)
			.split("\n")
			.filter((name) => name.startsWith("python-"))
			.sort();

	it(
		"whose image fails says so in one line, and leaves the names where they are",
		async () => {
			const before = names();
			const install = await execa("cat", [INSTALL]);
			checkout.write(INSTALL, `${install.stdout}\nchmod u+s /opt/cpython/3.13/bin/python3.13\n`);
			const { exitCode, stderr } = await checkout.run(["--target", "python"]);
			expect(exitCode).toBe(1);
			expect(stderr.match(/^error: .*$/gm)).toEqual([
				expect.stringMatching(/^error: gate files: .* has the set-user-ID .*; correct /),
			]);
			expect(names()).toEqual(before);
		},
		3 * MINUTE,
	);

	it(
		"that is killed at the gates leaves an image that the next step removes, and that one ends well",
		async () => {
			const step = start("true");
			for await (const line of step.iterable({ from: "stderr" })) {
				if (/^==> gates/.test(String(line))) step.kill("SIGKILL");
			}
			await step.catch(() => undefined);
			const unfinished = () =>
				docker("image", "ls", "--quiet", "--filter", `label=${LABEL}`, "*/*:unfinished");
			expect(unfinished()).not.toBe("");
			const { exitCode } = await commit("true", { IMAGE: `${checkout.repository}:good` });
			expect(exitCode).toBe(0);
			expect(remains().filter((name) => name.includes(`-${step.pid}-`))).toEqual([]);
			expect(unfinished()).toBe("");
		},
		3 * MINUTE,
	);
});

/** Start the step that makes the image python, with this as its install script in the good image. */
function start(script: string, change: Record<string, string> = {}) {
	const name = randomBytes(4).toString("hex");
	const context = join(checkout.folder, `context-${name}`);
	cpSync(join(checkout.folder, "components/python/context"), context, { recursive: true });
	writeFileSync(join(context, "install"), `set -eu\n${script}\n`);
	return execa("node", ["components/commit/run.ts"], {
		cwd: checkout.folder,
		reject: false,
		env: {
			...inputs,
			IMAGE: `${checkout.repository}:${name}`,
			FROM: outputs.images.python.name,
			PACKAGES: `${checkout.repository}:package-${outputs.package.key}`,
			CONTEXT: context,
			ALIASES: "[]",
			// For a fault elsewhere that another gate is to find.
			PATHS: '["/"]',
			LABELS: JSON.stringify(Object.fromEntries([LABEL.split("=")])),
			...change,
		},
	});
}

/** Run it to its end, after which nothing of it may be there but an image with a name. */
async function commit(script: string, change?: Record<string, string>): Promise<Ended> {
	const step = start(script, change);
	const { exitCode, stdout, stderr } = await step;
	expect(remains().filter((name) => name.includes(`-${step.pid}-`))).toEqual([]);
	return { exitCode, stdout, stderr };
}

function expectRefused({ exitCode, stdout, stderr }: Ended, message: RegExp): void {
	const last = stderr.split("\n").at(-1) ?? "";
	expect(last).toMatch(/^error: gate /);
	expect(last.slice("error: ".length)).toMatch(message);
	expect(exitCode).toBe(1);
	expect(stdout).toBe("");
}
