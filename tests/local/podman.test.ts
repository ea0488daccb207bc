import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Checkout, docker, type RunOutputs, removeImages } from "./checkout.ts";
import { Lan, type Machine } from "./engine.ts";
import { writeHello } from "./hello.ts";
import { layerPaths } from "./layers.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * The whole program on Podman, as root, on a machine of its own that has nothing: all is built, killed on the
 * way, and pushed; and Docker takes it for its own. Rootless all but the compile.
 */

const MINUTE = 60_000;
const DOCKER_HOST = process.env.DOCKER_HOST ?? "";
/** What undoes the set-up, the newest last. */
const undo: (() => unknown)[] = [];
let registry: TestRegistry;
let lan: Lan;
let machine: Machine;
let checkout: Checkout;
let repository: string;
let outputs: Outputs;

type Outputs = RunOutputs & {
	readonly images: Readonly<Record<"minimal" | "dependencies-hello", { name: string }>>;
};

beforeAll(async () => {
	registry = await startRegistry();
	undo.push(() => registry.stop());
	process.env.DOCKER_CONFIG = registry.login();
	repository = `${registry.host}/team/podman`;
	lan = new Lan(registry.host);
	undo.push(() => lan.stop());
	checkout = newCheckout();
	undo.push(() => removeImages(repository));
	machine = await lan.podman();
}, 5 * MINUTE);
afterAll(async () => {
	process.env.DOCKER_HOST = DOCKER_HOST;
	for (const step of undo.reverse()) await step();
}, 10 * MINUTE);

/** A fresh clone, whose stack has the image minimal and an app. */
function newCheckout(): Checkout {
	const made = new Checkout();
	undo.push(() => made.remove());
	writeHello(made);
	appendFileSync(
		join(made.folder, `Pulumi.${made.stack}.yaml`),
		"  debian-python:variant: minimal\n  debian-python:apps: [hello]\n",
	);
	return made;
}

/** Have what follows done by an engine. */
function use(host: string): void {
	process.env.DOCKER_HOST = host;
}

/** Run the program of a checkout, and return what its summary says of each artefact, and its outputs. */
async function run(from: Checkout): Promise<{ rows: readonly string[]; outputs: Outputs }> {
	const { exitCode, stdout, stderr } = await from.run(["-c", `registry=${repository}`, "--json"]);
	if (exitCode !== 0) throw new Error(`the run failed:\n${stderr}`);
	const rows = stderr.match(/^[\w-]+ +(built|reused|pushed)\b/gm) ?? [];
	return {
		rows: [...new Set(rows.map((row) => row.replace(/ +/, " ")))].sort(),
		outputs: JSON.parse(stdout) as Outputs,
	};
}

const MADE = [
	...["base", "debbase", "pybuild", "package", "python", "minimal", "wheelbuild"],
	...["wheel-markupsafe", "wheelhouse-hello", "dependencies-hello", "app-hello"],
];

/** What is under way when a run is killed there. */
it.each([
	["bootstrapped", /base +bootstrap/, "group"],
	["built", /debbase +RUN touch/, "group"],
	["compiled", /package +configure/, "group"],
	["committed", /python +gates/, "run"],
	["copied into layers", /dependencies-hello +install/, "group"],
] as const)(
	"is killed while something is %s",
	async (_, line, target) => {
		use(machine.socket);
		await checkout.killAt(line, target, { args: ["-c", `registry=${repository}`] });
	},
	10 * MINUTE,
);

it(
	"is finished by a run, after which another one has nothing to do",
	async () => {
		outputs = (await run(checkout)).outputs;
		const again = await run(checkout);
		expect(again.rows).toEqual(MADE.map((name) => `${name} reused`).sort());
		expect(again.outputs).toEqual(outputs);
	},
	10 * MINUTE,
);

it("leaves nothing but images and what is kept for later", () => {
	expect(docker("ps", "--all", "--quiet")).toBe("");
	expect(docker("volume", "ls", "--format", "{{.Name}}").split("\n").sort()).toEqual(
		["ccache", "downloads", "layers"].map((name) => `debian-python-${name}`),
	);
	expect(docker("image", "ls", "--format", "{{.Tag}}")).not.toMatch(/^unfinished$/m);
});

it.each([
	...(["debbase", "pybuild", "python", "minimal", "wheelbuild", "dependencies-hello"] as const),
	"hello",
] as const)("has nothing of Podman's in %s", (artefact) => {
	const { name } = (artefact === "hello" ? outputs.apps : outputs.images)[artefact as never] as {
		name: string;
	};
	// What is from scratch has one layer, and what is above that has the base's first.
	const own = layerPaths(name)
		.slice(artefact === "minimal" ? 0 : 1)
		.flat();
	expect(own).not.toEqual([]);
	expect(own.filter((path) => PLACEHOLDERS.includes(path))).toEqual([]);
	expect(docker("image", "inspect", "--format", "{{json .Config}}", name)).not.toMatch(
		/buildah|container=|TERM=|HOSTNAME=/,
	);
});

/** What Podman has in each container. */
const PLACEHOLDERS = [
	...["etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"],
	...["run/.containerenv", "run/secrets"],
];

/** What programs of the images say. */
function say(): string[] {
	const ssl = ["python", "-c", "import ssl; print(ssl.OPENSSL_VERSION)"];
	return [
		docker("run", "--rm", outputs.images.python.name, ...ssl),
		docker("run", "--rm", outputs.images.minimal.name, ...ssl),
		docker("run", "--rm", "--read-only", outputs.apps.hello?.name ?? "", "python", "-c", HELLO),
	];
}

const HELLO = "import server; print(server.PAGE.render(name='a', native='b'))";
const SAID = [/^OpenSSL 3/, /^OpenSSL 3/, /^Hello a of b$/].map((line) =>
	expect.stringMatching(line),
);

/** How an engine knows images. */
function ids(): string[] {
	const { minimal, python, wheelbuild } = outputs.images;
	const names = [python, minimal, wheelbuild, outputs.apps.hello].map((image) => image?.name ?? "");
	return names.map((name) => docker("image", "inspect", "--format", "{{.Id}}", name));
}

/** The layers of the app's distributions that Docker makes. */
let made: string[];

describe("what it made", () => {
	it("runs", () => {
		expect(say()).toEqual(SAID);
	});

	it(
		"is found by Docker, with a fresh clone, which makes nothing, and runs there",
		async () => {
			const known = ids();
			use(DOCKER_HOST);
			const { rows, outputs: found } = await run(newCheckout());
			expect(rows).toEqual(MADE.map((name) => `${name} reused`).sort());
			expect(found.images).toEqual(outputs.images);
			expect(say()).toEqual(SAID);
			docker("pull", "--quiet", outputs.images.wheelbuild.name);
			expect(ids()).toEqual(known);
		},
		5 * MINUTE,
	);

	it(
		"has the layers of distributions that Docker makes",
		async () => {
			const own = newCheckout();
			await seedImages(own, own.repository, upTo("wheelbuild"));
			const { images } = (await own.build()) as Outputs;
			made = layers(images);
			expect(made.length).toBeGreaterThan(0);
			use(machine.socket);
			expect(layers(outputs.images)).toEqual(made);
		},
		15 * MINUTE,
	);
});

/** The layers that an app's distributions have above minimal. */
function layers(images: Outputs["images"]): string[] {
	const format = "{{json .RootFS.Layers}}";
	const [below = [], all = []] = [images.minimal, images["dependencies-hello"]].map(
		({ name }) => JSON.parse(docker("image", "inspect", "--format", format, name)) as string[],
	);
	return all.slice(below.length);
}

it(
	"pulls what it lacks for a change of the app",
	async () => {
		use(machine.socket);
		docker("image", "rm", "--force", ...new Set(docker("image", "ls", "--quiet").split("\n")));
		expect(docker("image", "ls", "--quiet")).toBe("");
		appendFileSync(join(checkout.folder, "hello/server.py"), "# changed\n");
		const changed = await run(checkout);
		expect(changed.rows).toEqual(
			[
				...MADE.slice(0, -1).map((name) => `${name} reused`),
				"app-hello built",
				"app-hello pushed",
			].sort(),
		);
		outputs = changed.outputs;
		expect(say()).toEqual(SAID);
	},
	5 * MINUTE,
);

it(
	"makes the same rootless, with the owners that it has as root",
	async () => {
		use(DOCKER_HOST);
		const own = newCheckout();
		await seedImages(own, own.repository, ["package"]);
		const rootless = await lan.podman("rootless");
		const format = ["--format", "{{.Repository}}:{{.Tag}}"];
		const seeded = docker("image", "ls", ...format, own.repository).split("\n");
		const load = ["--host", rootless.socket, "load", "--quiet"];
		await execa("docker", ["save", ...seeded], { buffer: false }).pipe("docker", load);
		use(rootless.socket);
		const { images } = (await own.build()) as Outputs;
		expect(layers(images)).toEqual(made);
		const owners = ["stat", "--format=%u:%g", "/etc", "/etc/shadow", "/var/mail"];
		expect(docker("run", "--rm", images.python.name, ...owners)).toBe("0:0\n0:42\n0:8");
	},
	10 * MINUTE,
);
