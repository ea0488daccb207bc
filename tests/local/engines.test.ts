import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { remoteDigest } from "../../components/distribution/daemon.ts";
import { Checkout, docker, type RunOutputs } from "./checkout.ts";
import { Lan, type Machine } from "./engine.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { seedImages } from "./seed.ts";

/*
 * The whole program on Docker daemons of other machines, which share nothing with this one but a
 * registry: this machine's engine with the classic image store, and a newer one with containerd's.
 */

const MINUTE = 60_000;
/** What undoes the set-up, the newest last. */
const undo: (() => unknown)[] = [];
let registry: TestRegistry;
let lan: Lan;
/** The folder of the newer engine: it is bootstrapped while the first machine builds. */
let trixie: Promise<string>;
let checkout: Checkout;
/** Two machines with the classic image store, and one with containerd's. */
let first: Machine;
let second: Machine;
let newer: Machine;
/** Where the first machine pushes, and where the newer one does. */
let classicRepository: string;
let newerRepository: string;
/** What the first machine's run said. */
let outputs: Outputs;
let megabytes: number;

beforeAll(async () => {
	registry = await startRegistry();
	undo.push(() => registry.stop());
	process.env.DOCKER_CONFIG = registry.login();
	lan = new Lan(registry.host);
	undo.push(() => lan.stop());
	trixie = lan.bootstrap("trixie");
	undo.push(() => trixie.catch(() => undefined));
	checkout = newCheckout();
	classicRepository = `${registry.host}/team/classic`;
	newerRepository = `${registry.host}/team/newer`;
	for (const repository of [classicRepository, newerRepository]) {
		await seedImages(checkout, repository, ["package"]);
		const seeded = docker("image", "ls", "--format", IMAGE, repository);
		docker("push", seeded);
		docker("image", "rm", seeded);
	}
}, 20 * MINUTE);
afterAll(async () => {
	for (const step of undo.reverse()) await step();
	// They leave several GB of small files, on a disk that others use too.
}, 10 * MINUTE);

/** A fresh clone, which has no state. */
function newCheckout(): Checkout {
	const made = new Checkout();
	undo.push(() => made.remove());
	return made;
}

const IMAGE = "{{.Repository}}:{{.Tag}}";

/** The outputs of a run of a stack with a registry. */
type Outputs = RunOutputs & Record<"images", Record<"python" | "wheelbuild", { digest: string }>>;

/** What {@link run} made. */
interface Run {
	/** What the summary says of each artefact, such as `python built`. */
	readonly rows: readonly string[];
	/** What it says that the image python has. */
	readonly megabytes: number;
	readonly outputs: Outputs;
}

/**
 * Run the program of a checkout against a daemon.
 *
 * @param host DOCKER_HOST.
 * @param builder the classic one, or BuildKit by a client that has buildx.
 */
async function run(
	from: Checkout,
	host: string,
	repository: string,
	builder: "classic" | "buildkit",
	...args: string[]
): Promise<Run> {
	const env = {
		DOCKER_HOST: host,
		DOCKER_BUILDKIT: builder === "classic" ? "0" : "1",
		...(builder === "classic" ? {} : { DOCKER_CONFIG: await buildxConfig() }),
	};
	const ended = await from.run(["-c", `registry=${repository}`, "--json", ...args], env);
	if (ended.exitCode !== 0) throw new Error(`the run failed:\n${ended.stderr}`);
	const rows = ended.stderr.match(/^[a-z]+ +(built|reused|pushed)\b/gm) ?? [];
	return {
		rows: rows.map((row) => row.replace(/ +/, " ")),
		megabytes: Number(/([\d.]+) MB {2}\S+:python-/.exec(ended.stderr)?.[1]),
		outputs: JSON.parse(ended.stdout) as Outputs,
	};
}

/** DOCKER_CONFIG of somebody who is logged in, and whose client has trixie's buildx. */
async function buildxConfig(): Promise<string> {
	const config = `${registry.login()}-buildx`;
	cpSync(registry.login(), config, { recursive: true });
	cpSync(join(await trixie, "usr/libexec/docker/cli-plugins"), join(config, "cli-plugins"), {
		recursive: true,
	});
	return config;
}

/** Debbase's recipe is part of what a base is to the artefacts above it. */
function rotateBase(of: Checkout): void {
	execFileSync("sh", ["-c", "echo '# rotated' >> components/debbase/context/Dockerfile"], {
		cwd: of.folder,
	});
}

/** Look at the images of a whole run: they are right, and they run. */
async function expectWorks(machine: Machine, { images }: Outputs): Promise<void> {
	// A run pulls what it works with, and no more.
	for (const name of [images.python.digest, images.python.name, images.wheelbuild.name])
		await machine.pull(name);
	const python = "import ssl, sqlite3, ctypes; print(ssl.OPENSSL_VERSION)";
	expect(machine.docker("run", "--rm", images.python.digest, "python", "-c", python)).toMatch(
		/^OpenSSL 3/,
	);
	expect(machine.docker("run", "--rm", images.wheelbuild.name)).toMatch(/usage/i);
	const config = (name: string) => {
		const format = "{{json .Config}}";
		const text = machine.docker("image", "inspect", "--format", format, name);
		return JSON.parse(text) as Record<"Labels", Record<string, string>>;
	};
	expect(config(images.python.name)).toMatchObject({
		Cmd: ["python3"],
		Env: [expect.stringMatching(/^PATH=\/venv\/bin:/), "VIRTUAL_ENV=/venv", "LANG=C.UTF-8"],
		Labels: { "debian-python.artefact": "python" },
	});
	expect(config(images.wheelbuild.name)).toMatchObject({
		Cmd: ["--help"],
		Entrypoint: ["buildwheels"],
		WorkingDir: "/src",
	});
	// Quotes in a label's value arrive as they are.
	const { "debian-python.inputs": inputs = "" } = config(images.python.name).Labels;
	expect(JSON.parse(inputs)).toMatchObject({ debbase: images.debbase.key });
}

/** What each run of a machine that cannot reuse anything but the package says. */
const BUILT = ["base", "debbase", "pybuild", "python", "wheelbuild"].map((name) => `${name} built`);
const REUSED = ["base", "debbase", "pybuild", "package", "python", "wheelbuild"].map(
	(name) => `${name} reused`,
);

describe("machines with the classic image store", () => {
	it(
		"over the network: the first builds and pushes all but the package",
		async () => {
			first = await lan.machine({});
			const made = await run(checkout, first.tcp, classicRepository, "classic");
			outputs = made.outputs;
			megabytes = made.megabytes;
			expect(made.rows).toEqual(expect.arrayContaining([...BUILT, "package reused"]));
			const pushed = made.rows.filter((row) => row.endsWith(" pushed"));
			expect(pushed.sort()).toEqual(BUILT.map((row) => row.replace("built", "pushed")));
			await expectWorks(first, outputs);
		},
		10 * MINUTE,
	);

	it("over the network: the daemon has no path to the checkout", () => {
		for (const folder of [checkout.folder, process.cwd()]) {
			expect(readdirSync(folder)).not.toEqual([]);
			const options = ["--rm", `--volume=${folder}:/mnt`, outputs.images.debbase.name];
			expect(first.docker("run", ...options, "ls", "-A", "/mnt")).toBe("");
		}
	});

	it(
		"the second, empty and with a fresh clone, builds nothing: same keys, same digests",
		async () => {
			second = await lan.machine({});
			expect(second.docker("image", "ls", "--quiet")).toBe("");
			const made = await run(newCheckout(), second.tcp, classicRepository, "classic");
			expect(made.rows).toEqual(REUSED);
			expect(made.outputs.images).toEqual(outputs.images);
			const { key, sha256 } = outputs.package;
			expect(made.outputs.package).toMatchObject({ key, sha256 });
			const name = `${classicRepository}:package-${key}`;
			expect(digests(second, name)).toEqual(digests(first, name));
			await expectWorks(second, made.outputs);
		},
		3 * MINUTE,
	);
});

describe("a newer engine with the containerd image store", () => {
	beforeAll(async () => {
		newer = await lan.machine({ features: { "containerd-snapshotter": true } }, await trixie);
		expect(newer.docker("info", "--format", "{{.DriverStatus}}")).toContain("containerd");
	}, 5 * MINUTE);

	it(
		"builds with BuildKit and pushes all but the package",
		async () => {
			const made = await run(checkout, newer.socket, newerRepository, "buildkit");
			expect(made.rows).toEqual(expect.arrayContaining([...BUILT, "package reused"]));
			// Of whole blocks, where the classic store counts bytes: not what is compressed.
			expect(made.megabytes / megabytes).toBeGreaterThan(1);
			expect(made.megabytes / megabytes).toBeLessThan(1.3);
			await expectWorks(newer, made.outputs);
			const { name } = made.outputs.images.pybuild;
			expect(digests(newer, name)).toEqual([await remoteDigest(name)]);
		},
		10 * MINUTE,
	);

	it(
		"keeps what pybuild leaves as an image and as files",
		async () => {
			const script =
				"echo tree >compiled.tar && mkdir out && cd out && echo deb >x.deb && sha256sum x.deb >SHA256SUMS";
			const debbase = outputs.images.debbase.name.replace(classicRepository, newerRepository);
			const options = ["--workdir=/build", debbase, "sh", "-euc", script];
			const container = newer.docker("create", ...options);
			const change = ["--change", "LABEL debian-python.recipe=stub"];
			newer.docker("commit", ...change, container, "localhost/stub:builder");
			newer.docker("rm", container);
			const labels = { text: 'a "b" \\ $HOME' };
			const env = {
				DOCKER_HOST: newer.socket,
				IMAGE: "localhost/stub:package",
				BUILDER: "localhost/stub:builder",
				RECIPE: "stub",
				VARIABLES: "{}",
				PLATFORM: "linux/amd64",
				DEB: "x.deb",
				FOLDER: "packages/stub",
				LOG: "packages/stub/x.build",
				LABELS: JSON.stringify(labels),
				COMPILED: "localhost/stub:compiled",
				COMPILED_LABELS: "{}",
			};
			const step = { cwd: checkout.folder, env };
			const { stdout } = await execa("node", ["components/package/build.ts"], step);
			const sha256 = createHash("sha256").update("deb\n").digest("hex");
			expect(JSON.parse(stdout)).toEqual({ image: "localhost/stub:package", sha256 });
			expect(readFileSync(join(checkout.folder, "packages/stub/x.deb"), "utf8")).toBe("deb\n");
			const tags = newer
				.docker("image", "ls", "--format", "{{.Tag}}", "localhost/stub")
				.split("\n")
				.sort();
			expect(tags).toEqual(["builder", "compiled", "package"]);
			const [image] = JSON.parse(newer.docker("image", "inspect", "localhost/stub:package")) as [
				object,
			];
			expect(image).toMatchObject({
				Os: "linux",
				Architecture: "amd64",
				Config: { Labels: labels },
			});
		},
		MINUTE,
	);

	it.each([
		["what it pushed, over the network", () => [newer, newerRepository] as const],
		["what the classic one pushed", () => [newer, classicRepository] as const],
		["the other way round", () => [second, newerRepository] as const],
	])(
		"finds all: %s",
		async (_, where) => {
			const [machine, repository] = where();
			const made = await run(newCheckout(), machine.tcp, repository, "classic");
			expect(made.rows).toEqual(REUSED);
			await expectWorks(machine, made.outputs);
		},
		3 * MINUTE,
	);
});

describe("a changed base", () => {
	it(
		"on an emptied machine, with BuildKit, compiles nothing",
		async () => {
			second.docker("image", "prune", "--all", "--force");
			const clone = newCheckout();
			rotateBase(clone);
			const made = await run(clone, second.tcp, classicRepository, "buildkit");
			expect(made.rows).toEqual(
				expect.arrayContaining([...BUILT.slice(1), "base reused", "package reused"]),
			);
			expect(made.outputs.package.sha256).toBe(outputs.package.sha256);
			expect(made.outputs.images.python.key).not.toBe(outputs.images.python.key);
			await expectWorks(second, made.outputs);
		},
		10 * MINUTE,
	);

	it(
		"is built by the classic builder on the newer engine too",
		async () => {
			const clone = newCheckout();
			rotateBase(clone);
			const target = ["--target", "debbase"];
			const made = await run(clone, newer.socket, newerRepository, "classic", ...target);
			expect(made.rows).toEqual(["base reused", "debbase built", "debbase pushed"]);
		},
		3 * MINUTE,
	);
});

/** The digests by which a machine knows an image. */
function digests(machine: Machine, name: string): string[] {
	const format = "{{range .RepoDigests}}{{.}} {{end}}";
	const listing = machine.docker("image", "inspect", "--format", format, name);
	return [...new Set(listing.split(" ").map((digest) => digest.split("@")[1] ?? ""))];
}
