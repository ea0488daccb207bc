import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stepCall } from "../../components/step/command.ts";
import { type WheelResult, wheelStep } from "../../components/wheel/step.ts";
import { type OwnWheel, wheelInputs } from "../../components/wheel/wheel.ts";
import { configuredSettings } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import type { CompiledWheel, LockedFile } from "../../stacks/lock/lock.ts";
import { serve } from "./archive.ts";
import { Checkout, docker, type RunOutputs } from "./checkout.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * Wheels that are compiled of source distributions: a project with an extension in C, whose backend
 * is careless, as a file that a lock names by its hash.
 */

const MINUTE = 60_000;
const {
	debian,
	pythons: [python],
	platform,
} = configuredSettings("local", readStackConfig("local", []));
let checkout: Checkout;
let images: RunOutputs["images"];
/** What the server has, and where logs go. */
let folder: string;
let server: Server;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "wheel-"));
	server = await serve(folder);
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	({ images } = await checkout.build());
}, 20 * MINUTE);
afterAll(() => {
	server.close();
	server.closeAllConnections();
	rmSync(folder, { recursive: true });
	checkout.remove();
});

/** Serve a source distribution of the project. */
function sdist(change: { name?: string; flags?: string; requires?: string[] } = {}): LockedFile {
	const { name = "native", flags = "", requires = [] } = change;
	const project = join(folder, "project");
	cpSync("tests/local/wheelbuild", project, { recursive: true });
	writeFileSync(join(project, "flags"), flags);
	for (const file of ["backend.py", "pyproject.toml"]) {
		const text = readFileSync(join(project, file), "utf8")
			.replaceAll("native-1.0", `${name}-1.0`)
			.replaceAll("Name: native", `Name: ${name}`)
			.replace("requires = []", `requires = ${JSON.stringify(requires)}`);
		writeFileSync(join(project, file), text);
	}
	const file = `${name}-1.0.tar.gz`;
	// Its times make other bytes of it each time: what is kept of one test is not another's.
	const options = ["-czf", file, `--transform=s/^project/${name}-1.0/`, "project"];
	execFileSync("tar", options, { cwd: folder });
	rmSync(project, { recursive: true });
	const sha256 = createHash("sha256")
		.update(readFileSync(join(folder, file)))
		.digest("hex");
	const { address, port } = server.address() as AddressInfo;
	return { name: file, sha256, url: `http://${address}:${port}/${file}` };
}

function wheelOf(file: LockedFile, change: Partial<CompiledWheel> = {}): CompiledWheel {
	return {
		kind: "compiled",
		name: "native",
		version: "1.0",
		sdist: file,
		why: "no wheel of the lock fits",
		buildRequirements: [],
		buildPackages: [],
		...change,
	};
}

/** Run the step as WheelImage does. */
async function build(wheel: CompiledWheel | OwnWheel) {
	const site = { repository: checkout.repository, platform };
	const inputs = wheelInputs({
		site,
		debian,
		python,
		wheel,
		app: "examples/app",
		stack: "test",
		folder,
	});
	const { environment: env } = stepCall(wheelStep, inputs);
	const { exitCode, stdout, stderr } = await execa("node", [wheelStep.script], {
		env,
		reject: false,
	});
	const error = stderr.split("\n").findLast((line) => line.startsWith("error: "));
	const result = exitCode === 0 ? (JSON.parse(stdout) as WheelResult) : undefined;
	return { result, error, stderr };
}

function labels(image: string): Record<string, string> {
	const text = docker("image", "inspect", "--format", "{{json .Config.Labels}}", image);
	return JSON.parse(text) as Record<string, string>;
}

/** Run a script in the image python, with an image's wheels at /wheels. */
function use(image: string, script: string): string {
	const volume = `${checkout.stack}-wheels`;
	docker("volume", "create", volume);
	const mount = `--volume=${volume}:/wheels`;
	try {
		docker("rm", docker("create", mount, image, "none"));
		return docker("run", "--rm", mount, images.python.name, "sh", "-euc", script);
	} finally {
		docker("volume", "rm", volume);
	}
}

describe("a source distribution", () => {
	it(
		"becomes a wheel that Python uses, and the same bytes another time, without the server",
		async () => {
			const wheel = wheelOf(sdist());
			const { result, error } = await build(wheel);
			expect(error).toBeUndefined();
			expect(result?.file).toBe("native-1.0-1deb12-cp313-cp313-manylinux_2_17_x86_64.whl");
			const { image = "" } = result ?? {};
			expect(labels(image)).toMatchObject({
				"debian-python.artefact": "wheel-native",
				"debian-python.wheel.sha256": result?.sha256,
			});
			const script =
				'sha256sum /wheels/*; pip install -q --no-index /wheels/*; python -c "import native; print(native.answer())"; cat /venv/lib/python*/site-packages/native-1.0.dist-info/sboms/*';
			const [sum, answer, ...sbom] = use(image, script).split("\n");
			expect(sum?.slice(0, 64)).toBe(result?.sha256);
			expect(answer).toMatch(/^\/build\/tmp\/.*\/native\.c$/);
			expect(JSON.parse(sbom.join("\n"))).toMatchObject({
				metadata: { component: { purl: "pkg:pypi/native@1.0" } },
			});
			docker("image", "rm", "--no-prune", image);
			const lost = { ...wheel, sdist: { ...wheel.sdist, url: "http://127.0.0.1:9/none" } };
			expect(await build(lost)).toMatchObject({
				result,
				stderr: expect.not.stringMatching(/fetch/),
			});
			expect((await build(lost)).stderr).toBe("");
		},
		5 * MINUTE,
	);

	it(
		"that lacks a header names its package, and says what libraries it links with that",
		async () => {
			const wheel = wheelOf(sdist({ flags: "-DWITH_YAML -lyaml" }));
			const { error = "" } = await build(wheel);
			expect(error).toMatch(
				/^error: native 1\.0 cannot be built: the build lacks the header yaml\.h, which is in libyaml-dev.*; add to build-packages\.native of examples\/app\/pyproject\.toml: libyaml-dev \(log: .*\/wheel-native-1\.0-[0-9a-f]{12}\.build\)$/,
			);
			const log = /\(log: (.*)\)$/.exec(error)?.[1] ?? "";
			expect(readFileSync(log, "utf8")).toMatch(/^==> build$/m);
			const { result } = await build({ ...wheel, buildPackages: ["libyaml-dev"] });
			// What links more than glibc has the tag of the release's.
			expect(result?.file).toBe("native-1.0-1deb12-cp313-cp313-manylinux_2_36_x86_64.whl");
			const sbom = use(
				result?.image ?? "",
				"python -m zipfile -e /wheels/*.whl x; cat x/*/sboms/*",
			);
			expect(JSON.parse(sbom)).toMatchObject({
				components: [
					{
						name: "libyaml-0-2",
						properties: [{ name: "debian-python:soname", value: "libyaml-0.so.2" }],
					},
				],
			});
		},
		5 * MINUTE,
	);

	it(
		"is built by a requirement that is compiled here, and by none that is not locked",
		async () => {
			const backend = wheelOf(sdist({ name: "tool" }), { name: "tool" });
			const wheel = wheelOf(sdist({ requires: ["tool==1.0"] }));
			expect((await build(wheel)).error).toMatch(
				/^error: native 1\.0: its build requires tool==1\.0, which is not locked; npm run lock -- examples\/app -s test \(log: /,
			);
			const { error } = await build(backend);
			expect(error).toBeUndefined();
			expect(await build({ ...wheel, buildRequirements: [backend] })).toMatchObject({
				result: { file: "native-1.0-1deb12-cp313-cp313-manylinux_2_17_x86_64.whl" },
			});
		},
		5 * MINUTE,
	);
});

it(
	"the files of an app that is a distribution become a wheel, those alone",
	async () => {
		const own = join(folder, "own");
		cpSync("tests/local/wheelbuild", own, { recursive: true });
		writeFileSync(join(own, "flags"), "");
		const files = ["backend.py", "flags", "native.c", "pyproject.toml"];
		const rest = { buildRequirements: [], buildPackages: [] };
		const wheel: OwnWheel = { kind: "own", name: "native", folder: own, files, ...rest };
		const { result, error } = await build(wheel);
		expect(error).toBeUndefined();
		expect(result?.file).toBe("native-1.0-1deb12-cp313-cp313-manylinux_2_17_x86_64.whl");
		writeFileSync(join(own, ".dockerignore"), "pyproject.toml\n");
		const { error: without } = await build({ ...wheel, files: files.slice(0, -1) });
		expect(without).toMatch(/^error: native cannot be built; the log says why \(log: /);
	},
	5 * MINUTE,
);

describe("what fails", () => {
	it.each([
		[
			"other bytes",
			{ sha256: "0".repeat(64) },
			{},
			/native-1\.0\.tar\.gz cannot be fetched: .* has one with sha256/,
		],
		[
			"a Debian package that is not there",
			{},
			{ buildPackages: ["libnosuch-dev"] },
			/^error: native 1\.0: its build packages cannot be installed \(Unable to locate package libnosuch-dev\); look at build-packages\.native in examples\/app\/pyproject\.toml/,
		],
		[
			"a wheel of another name",
			{},
			{ name: "other" },
			/^error: other 1\.0: the build made a wheel of native; lock again/,
		],
	])("has one clear line: %s", { timeout: 2 * MINUTE }, async (_, file, change, line) => {
		const { error } = await build(wheelOf({ ...sdist(), ...file }, change));
		expect(error).toMatch(line);
	});
});
