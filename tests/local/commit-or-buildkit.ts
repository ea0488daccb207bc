import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { buildWithBuildKit } from "./buildkit.ts";
import { Checkout, docker, type RunOutputs } from "./checkout.ts";
import { layerBytes } from "./layers.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * The table of docs/commit-or-buildkit.md: `node tests/local/commit-or-buildkit.ts`, from the project
 * root, on the Docker daemon in use, whose build cache has nothing of a former run. Each change is made
 * once, and then both sides build it.
 */

const APP = "examples/guestbook";
const LOCK = `${APP}/pylock.toml`;
/** An older version of a distribution that is downloaded, whose wheel is pure. */
const IDNA = `version = "3.10"
wheels = [{ name = "idna-3.10-py3-none-any.whl", hashes = { sha256 = "946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3" } }]
`;

/** What one side takes for a change. */
interface Figures {
	readonly seconds: number;
	/** Of files in layers that its image of the row before did not have. */
	readonly bytes: number;
}

const checkout = new Checkout();
/** The layers of each side's last image. */
const known = { commit: [] as readonly string[], buildkit: [] as readonly string[] };

try {
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	appendFileSync(
		join(checkout.folder, `Pulumi.${checkout.stack}.yaml`),
		`  debian-python:apps: [${APP}]\n`,
	);
	const { images, apps } = await checkout.build();
	known.commit = known.buildkit = layersOf(images.debbase.name);
	forget(images.python.name);
	print("python, cold", await measure("python", ["--target", "python"], "--no-cache"));
	// Both make the app on the python that was committed.
	known.buildkit = known.commit;
	forget(nameOf(images, "dependencies-guestbook"));
	forget(apps.guestbook?.name ?? "");
	print("app, cold", await measure("guestbook", [], "--no-cache"));
	print("app, no change", await measure("guestbook"));
	change(`${APP}/guestbook/app.py`, (text) => `${text}# ${checkout.stack}\n`);
	print("app, code changed", await measure("guestbook"));
	change(LOCK, (text) => text.replace(/(?<=name = "idna"\n)version[\s\S]*?(?=\n\[)/, IDNA));
	print("app, one requirement", await measure("guestbook"));
} finally {
	checkout.remove();
}

function nameOf(images: RunOutputs["images"], artefact: string): string {
	return (images as Readonly<Record<string, { name: string }>>)[artefact]?.name ?? "";
}

/** Have an image made again. */
function forget(image: string): void {
	docker("image", "rm", "--force", image);
}

function change(path: string, edit: (text: string) => string): void {
	const before = readFileSync(join(checkout.folder, path), "utf8");
	const after = edit(before);
	if (after === before) throw new Error(`${path} is not changed`);
	checkout.write(path, after);
}

/** Both sides: the program's whole run, and docker build alone of what it then writes. */
async function measure(
	what: "python" | "guestbook",
	target: readonly string[] = [],
	...options: readonly string[]
): Promise<{ commit: Figures; buildkit: Figures; steps: string }> {
	const begun = Date.now();
	const { exitCode, stdout, stderr } = await checkout.run([...target, "--json"]);
	const seconds = (Date.now() - begun) / 1000;
	if (exitCode !== 0) throw new Error(stderr);
	const { images, apps } = JSON.parse(stdout) as RunOutputs;
	const committed = what === "python" ? images.python.name : (apps.guestbook?.name ?? "");
	const steps = stderr.match(/^\S+ +built +\d+:\d\d$/gm)?.join(", ") ?? "";
	return {
		commit: { seconds, bytes: newBytes("commit", committed) },
		buildkit: await build(what, options),
		steps: steps.replace(/ +/g, " "),
	};
}

async function build(what: string, options: readonly string[]): Promise<Figures> {
	const script = ["commands/dockerfiles/main.ts", "--stack", checkout.stack];
	const { stdout } = await execa("node", script, { cwd: checkout.folder });
	const command = stdout.split("\n").find((line) => line.includes(` --tag=${what} `)) ?? "";
	const image = `${checkout.repository}:built-${what}`;
	const named = [`--tag=${image}`, ...options, ""].join(" ");
	const begun = Date.now();
	await buildWithBuildKit(command.replace(`--tag=${what} `, named), checkout.folder);
	const seconds = (Date.now() - begun) / 1000;
	return { seconds, bytes: newBytes("buildkit", image) };
}

function newBytes(side: keyof typeof known, image: string): number {
	const layers = layersOf(image);
	const isNew = layers.map((layer) => !known[side].includes(layer));
	known[side] = layers;
	return layerBytes(image)
		.filter((_, index) => isNew[index])
		.reduce((sum, bytes) => sum + bytes, 0);
}

/** The digests of an image's layers, the base's first. */
function layersOf(image: string): string[] {
	const format = "{{json .RootFS.Layers}}";
	return JSON.parse(docker("image", "inspect", "--format", format, image)) as string[];
}

function print(row: string, figures: Awaited<ReturnType<typeof measure>>): void {
	const { commit, buildkit, steps } = figures;
	const seconds = [commit, buildkit].map((side) => `${side.seconds.toFixed(1)} s`);
	const sizes = [commit, buildkit].map(({ bytes }) => `${(bytes / 1e6).toFixed(2)} MB`);
	process.stdout.write(`| ${[row, ...seconds, ...sizes].join(" | ")} |\n`);
	process.stderr.write(`${steps}\n`);
}
