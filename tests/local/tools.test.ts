import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Checkout, docker } from "./checkout.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * The image python in the hands of the tools that people use with it, and of people's Dockerfiles:
 * each finds its interpreter, and what it installs is imported and run, by any user.
 */

const MINUTE = 60_000;
const CA = "/etc/ssl/certs/ca-certificates.crt";
/** As of November 2026. */
const TOOLS = [
	"hatch==1.18.2",
	"nox==2026.10.20",
	"pdm==2.29.4",
	"pipx==1.18.4",
	"poetry==2.5.1",
	"tox==4.67.15",
	"virtualenv==21.15.9",
];

let checkout: Checkout;
let image: string;

beforeAll(async () => {
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("python"));
	image = (await checkout.build(["--target", "python"])).images.python.name;
}, 20 * MINUTE);
afterAll(() => checkout.remove());

describe("a tool takes the image's interpreter", () => {
	const container = `tools-${randomBytes(4).toString("hex")}`;

	beforeAll(() => {
		const environment = [
			...["PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"].map((name) => `${name}=/ca.crt`),
			// Else uv falls back on a Python that it downloads.
			"UV_PYTHON_DOWNLOADS=never",
			"UV_HTTP_RETRIES=10",
		].flatMap((variable) => ["--env", variable]);
		docker(
			...["run", "--detach", "--init", "--name", container, "--volume", `${CA}:/ca.crt:ro`],
			...environment,
			...[image, "sleep", "infinity"],
		);
		const install = TOOLS.map((tool) => `uv tool install -q ${tool}`).join("\n");
		exec(
			"root",
			`useradd --create-home app
			pip install -q --root-user-action=ignore uv==0.13.9
			export UV_TOOL_DIR=/opt/tools UV_TOOL_BIN_DIR=/usr/local/bin
			${install}`,
		);
	}, 5 * MINUTE);
	afterAll(() => {
		docker("rm", "--force", container);
	});

	/** Run a script in a new folder. */
	function exec(user: string, script: string): string {
		const home = user.startsWith("54321") ? ["--env", "HOME=/tmp/home"] : [];
		const setUp = 'mkdir -p "$HOME"; cd "$(mktemp --directory)"';
		const options = ["--user", user, ...home, "--env", `SAY=${SAY}`];
		return docker("exec", ...options, container, "bash", "-euc", `${setUp}\n${script}`);
	}

	// Where the interpreter is, and whether this is a virtual environment of it.
	const SAY = "import sys; print(sys.base_prefix, sys.prefix != sys.base_prefix)";

	describe.each(["root", "app", "54321:54321"])("as %s", (user) => {
		it.each([
			["uv venv", 'uv venv -q v; v/bin/python -c "$SAY"'],
			["uv venv -p 3.13", 'uv venv -q -p 3.13 v; v/bin/python -c "$SAY"'],
			["uv sync, uv run", 'uv init -q --bare; uv sync -q; uv run -q python -c "$SAY"'],
			["uv tool", 'uv tool run -q python -c "$SAY"'],
			[
				"pipx",
				'pipx install -q pycodestyle==2.14.0 >&2; $(pipx environment --value PIPX_LOCAL_VENVS)/pycodestyle/bin/python -c "$SAY"',
			],
			["virtualenv", 'virtualenv -q -p 3.13 v; v/bin/python -c "$SAY"'],
			[
				"tox",
				`printf '[tox]\\nno_package = true\\n[testenv]\\ncommands = python -c "%s"\\n' "$SAY" >tox.ini
				tox -q -e py313`,
			],
			[
				"nox",
				`printf 'import nox\\n@nox.session(python="3.13")\\ndef say(session):\\n session.run("python", "-c", "%s")\\n' "$SAY" >noxfile.py
				nox 2>/dev/null`,
			],
			[
				"hatch",
				`printf '[project]\\nname = "a"\\nversion = "1"\\n[tool.hatch.envs.default]\\nskip-install = true\\n' >pyproject.toml
				hatch -q run python -c "$SAY"`,
			],
			["pdm", 'pdm init -q -n --python 3.13 >&2; pdm run python -c "$SAY"'],
			[
				"poetry",
				'poetry init -q -n --name a >&2; poetry install -q --no-root; poetry run python -c "$SAY"',
			],
		])(
			"%s",
			(_, script) => {
				expect(exec(user, script)).toMatch(/^\/opt\/cpython\/3\.13 True$/m);
			},
			2 * MINUTE,
		);
	});

	it(
		"uv pip install --system: packages and programs of it are found, with and without a login shell",
		() => {
			const use = "pycodestyle --version; python -m pycodestyle --version";
			const all = `${use}; /usr/local/bin/python -m pycodestyle --version; bash -lc '${use}'`;
			const out = exec("root", `uv pip install -q --system pycodestyle==2.14.0; ${all}`);
			expect(out.split("\n")).toEqual(Array(5).fill("2.14.0"));
		},
		MINUTE,
	);
});

describe("a wheel", () => {
	it(
		"that needs libexpat.so.1, as auditwheel lets it, is imported",
		() => {
			const use =
				"pip install -q --root-user-action=ignore pyuwsgi==2.0.30.post1; python -c 'import pyuwsgi'";
			const options = ["--volume", `${CA}:/ca.crt:ro`, "--env", "PIP_CERT=/ca.crt"];
			docker("run", "--rm", ...options, image, "sh", "-euc", use);
		},
		MINUTE,
	);
});

describe("a Dockerfile", () => {
	const folder = mkdtempSync(join(tmpdir(), "habits-"));
	const names: string[] = [];

	beforeAll(() => {
		const bytes = docker("run", "--rm", image, "python", "-c", MAKE_WHEEL);
		writeFileSync(join(folder, "hello-1-py3-none-any.whl"), Buffer.from(bytes, "base64"));
	});
	afterAll(() => {
		docker("image", "rm", "--force", ...names);
		rmSync(folder, { recursive: true });
	});

	// A distribution with a module and a program.
	const MAKE_WHEEL = `
import base64, io, zipfile
info = "hello-1.dist-info/"
files = {
    "hello.py": "def main(): print('hello')",
    info + "METADATA": "Metadata-Version: 2.1\\nName: hello\\nVersion: 1\\n",
    info + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    info + "entry_points.txt": "[console_scripts]\\nhello = hello:main\\n",
    info + "RECORD": "",
}
wheel = io.BytesIO()
with zipfile.ZipFile(wheel, "w") as archive:
    for name, text in files.items():
        archive.writestr(name, text)
print(base64.b64encode(wheel.getvalue()).decode())`;
	const install = "pip install -q --no-index";
	const wheel = "/tmp/hello-1-py3-none-any.whl";
	const app = "RUN useradd --create-home app\nUSER app\nENV PATH=/home/app/.local/bin:$PATH";

	it.each([
		["pip install", `RUN ${install} ${wheel}`],
		["pip install as another user", `${app}\nRUN ${install} ${wheel}`],
		["pip install --user", `${app}\nRUN ${install} --user ${wheel}`],
		[
			"pip install --user, copied for root",
			`RUN ${install} --user ${wheel}\nFROM IMAGE\nCOPY --from=0 /root/.local /root/.local\nENV PATH=/root/.local/bin:$PATH`,
		],
		[
			"pip install --user, copied for another user",
			`RUN ${install} --user ${wheel}\nFROM IMAGE\n${app}\nCOPY --from=0 --chown=app /root/.local /home/app/.local`,
		],
		[
			"pip install --prefix, copied to /usr/local",
			`RUN ${install} --prefix=/install ${wheel}\nFROM IMAGE\nCOPY --from=0 /install /usr/local`,
		],
		[
			"pip install, /venv copied",
			`RUN ${install} ${wheel}\nFROM IMAGE\nCOPY --from=0 /venv /venv\nUSER 54321`,
		],
		[
			"a virtual environment of one's own",
			`RUN python -m venv /app/venv\nENV PATH=/app/venv/bin:$PATH\nRUN ${install} ${wheel}\nUSER 54321`,
		],
	])(
		"%s: the module and the program are found",
		(_, lines) => {
			const name = `${checkout.repository}:habit-${names.length}`;
			names.push(name);
			const dockerfile = `FROM IMAGE\nCOPY *.whl /tmp/\n${lines}\n`;
			writeFileSync(join(folder, "Dockerfile"), dockerfile.replaceAll("IMAGE", image));
			docker("build", "--tag", name, folder);
			const use = "hello; python -c 'import hello; hello.main()'";
			expect(docker("run", "--rm", name, "sh", "-euc", use)).toBe("hello\nhello");
		},
		2 * MINUTE,
	);
});
