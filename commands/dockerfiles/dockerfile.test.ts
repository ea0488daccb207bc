import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pythonLabels } from "../../components/python/python.ts";
import { configuredSettings } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import type { App } from "../../stacks/apps/app.ts";
import {
	type AppParts,
	appDockerfile,
	appDockerignore,
	minimalDockerfile,
	pythonDockerfile,
} from "./dockerfile.ts";

const {
	pythons: [python],
} = configuredSettings("local", readStackConfig("local", []));
const PYTHON = pythonDockerfile(python, {
	...{ debbase: "DEBBASE", package: "PACKAGE" },
	labels: pythonLabels(python, { base: "debian:bookworm-slim", package: "3.13.5-1+deb12" }),
});

let folder: string;
let app: App;
const parts: AppParts = {
	python: "PYTHON",
	wheelhouse: "WHEELHOUSE",
	wheel: undefined,
	locals: [],
	packages: ["libpq5"],
	groups: [["uvloop"], ["click", "idna"]],
	user: "10001:10001",
};

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "app-"));
	app = {
		name: "orders",
		folder,
		version: "1.0",
		python,
		command: ["orders", "--title=a 'b' \\"],
		ports: [8000],
		environment: { A: '"$HOME" \\' },
		user: "shop",
		packages: [],
		importExceptions: {},
		isPackage: false,
		fromSource: [],
		buildPackages: {},
		buildRequirements: [],
		distributions: [],
		locals: [],
		files: [],
	};
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the stage of the scripts makes of them, by name. */
function scripts(dockerfile: string): Record<string, string> {
	const [, command = ""] = /^FROM \S+ AS scripts\nRUN ((?:.*\\\n)*.*\n)/m.exec(dockerfile) ?? [];
	// As Docker does with a line that goes on.
	const script = command.replaceAll("\\\n", "").replace("mkdir /scripts && cd /scripts && ", "");
	execFileSync("sh", ["-euc", script], { cwd: folder });
	return Object.fromEntries(
		readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]),
	);
}

const context = (path: string) => readFileSync(`components/${path}`, "utf8");

describe("the stage of the scripts", () => {
	it("has python's, byte by byte", () => {
		expect(scripts(PYTHON)).toEqual({ install: context("python/context/install") });
	});

	it("has those of a variant too, of which one runs the other", () => {
		const variant = "free-threaded";
		const images = { debbase: "DEBBASE", package: "PACKAGE", labels: {} };
		const dockerfile = pythonDockerfile({ ...python, variant }, images);
		expect(scripts(dockerfile)).toEqual({
			install: context("python/context/install"),
			variant: context("python/abi/install"),
		});
		expect(dockerfile).toContain("source=/scripts/variant,target=/mnt/variant ");
		expect(dockerfile).toContain("\tsh /mnt/variant 3.13t ");
	});

	it("has an app's, byte by byte", () => {
		expect(scripts(appDockerfile(app, parts))).toEqual({
			clamp: context("app/context/clamp"),
			layer: context("app/context/layer"),
			app: context("app/context/app"),
			files: readFileSync("commands/dockerfiles/context/files", "utf8"),
		});
	});
});

/** The instructions of a Dockerfile's last stage. */
function instructions(dockerfile: string): string[] {
	return dockerfile
		.replaceAll("\\\n\t", "")
		.split("\n")
		.filter((line) => /^[A-Z]+ /.test(line))
		.slice(2);
}

it("of minimal copies what is made of python, from scratch", () => {
	const dockerfile = minimalDockerfile(python, { python: "PYTHON", labels: {} });
	expect(Object.keys(scripts(dockerfile))).toEqual(["assemble.py", "dpkg.py", "made", "tree.py"]);
	expect(scripts(dockerfile)["tree.py"]).toBe(context("minimal/context/tree.py"));
	expect(instructions(dockerfile)).toEqual([
		"FROM PYTHON AS root",
		expect.stringMatching(/target=\/mnt python -B \/mnt\/assemble\.py \/minimal base-files,/),
		"FROM scratch",
		"COPY --from=root /minimal/ /",
		'CMD ["python3"]',
		...PYTHON.split("\n").filter((line) => line.startsWith("ENV ")),
		"USER 65534:65534",
	]);
});

it("of python mounts the package, and CA certificates where there are some", () => {
	expect(instructions(PYTHON)).toEqual([
		"FROM DEBBASE",
		expect.stringMatching(
			/^RUN --mount=from=PACKAGE,source=\/packages,.*--mount=type=secret,id=ca-bundle,target=\/mnt\/ca-bundle\.crt sh \/mnt\/install 3\.13 [\d.]+ [0-9a-f]{64}$/,
		),
		'CMD ["python3"]',
		expect.stringMatching(/^ENV PATH=\/venv\/bin:/),
		"ENV VIRTUAL_ENV=/venv",
		"ENV LANG=C.UTF-8",
		'LABEL org.opencontainers.image.base.name="debian:bookworm-slim"',
		'LABEL org.opencontainers.image.title="Python 3.13.5"',
		'LABEL org.opencontainers.image.version="3.13.5-1+deb12"',
		'LABEL org.opencontainers.image.revision="v3.13.5"',
	]);
});

it("of an app has the layers and the config of its image", () => {
	expect(instructions(appDockerfile(app, parts))).toEqual([
		"FROM PYTHON",
		expect.stringMatching(/^RUN --mount=from=scripts,.* aptinstall libpq5; clamp$/),
		expect.stringMatching(/^RUN --mount=from=WHEELHOUSE,.* sh \/mnt\/layer \/ uvloop$/),
		expect.stringMatching(/^RUN --mount=from=WHEELHOUSE,.* sh \/mnt\/layer \/ click idna$/),
		expect.stringMatching(/^RUN --mount=target=\/srv .* set -eu -- shop 10001; sh \/mnt\/files; /),
		String.raw`CMD ["orders","--title=a 'b' \\"]`,
		"WORKDIR /app",
		"EXPOSE 8000/tcp",
		String.raw`ENV A="\"\$HOME\" \\"`,
		"USER 10001:10001",
		"STOPSIGNAL SIGTERM",
		'LABEL org.opencontainers.image.title="orders"',
		'LABEL org.opencontainers.image.version="1.0"',
		'LABEL org.opencontainers.image.revision=""',
	]);
});

it("of an app that is a distribution mounts its wheel, and no context", () => {
	const dockerfile = appDockerfile(app, { ...parts, wheel: "WHEEL", packages: [] });
	const [, , , own] = instructions(dockerfile);
	expect(own).toMatch(/^RUN --mount=from=WHEEL,.* set -eu -- shop 10001 orders; /);
	expect(dockerfile).not.toContain("aptinstall");
	expect(dockerfile).not.toContain("/srv");
});

it("of an app with distributions that are folders gathers their wheels, and its own", () => {
	const locals = [
		{ name: "core", image: "CORE" },
		{ name: "util", image: "UTIL" },
	];
	const files = appDockerfile(app, { ...parts, locals });
	expect(scripts(files)).toHaveProperty("locals", context("app/locals/locals"));
	expect(files).toContain(
		"FROM scratch AS wheels\nCOPY --from=CORE /wheels/ /wheels/\nCOPY --from=UTIL /wheels/ /wheels/\n\nFROM PYTHON\n",
	);
	expect(files.replaceAll("\\\n\t", "")).toMatch(
		/^RUN --mount=target=\/srv --mount=from=wheels,.* sh \/mnt\/files; \. \/mnt\/clamp; locals='core util'; \. \/mnt\/locals; \. \/mnt\/app$/m,
	);
	const own = appDockerfile(app, { ...parts, locals, wheel: "WHEEL" });
	expect(own).toContain("COPY --from=WHEEL /wheels/ /wheels/\n\nFROM PYTHON\n");
	expect(own).not.toContain("/srv");
});

it("has a .dockerignore of the app's, after which nothing brings locks back", () => {
	writeFileSync(join(folder, ".dockerignore"), "*.md\n!**/requirements.txt\n");
	writeFileSync(join(folder, "requirements.txt"), "");
	const lines = appDockerignore(app).split("\n");
	expect(lines.slice(0, 2)).toEqual(["*.md", "!**/requirements.txt"]);
	expect(lines).toContain("**/.git");
	expect(lines.at(-2)).toBe("requirements.txt");
});
