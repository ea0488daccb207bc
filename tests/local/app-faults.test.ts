import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Checkout, docker, type RunOutputs, remains, removeImages } from "./checkout.ts";
import { MARKUPSAFE_SDIST, writeHello } from "./hello.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * An app whose run is killed at any step, or whose package index is down: nothing half-made is trusted,
 * and what was fetched is not fetched again.
 */

const MINUTE = 60_000;
const APPS = ["-c", 'apps=["hello"]'];
/** Where nothing listens. */
const DOWN = { PIP_INDEX_URL: "http://127.0.0.1:9/simple" };

let checkout: Checkout;
let outputs: RunOutputs;
/** The layers of the app's image, made by a run that nothing disturbed. */
let layers: string;

beforeAll(async () => {
	checkout = new Checkout();
	writeHello(checkout);
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	outputs = await checkout.build(APPS);
	layers = layersOf(outputs);
}, 20 * MINUTE);
afterAll(() => checkout.remove());

function layersOf({ apps }: RunOutputs): string {
	const format = "{{json .RootFS.Layers}}";
	return docker("image", "inspect", "--format", format, apps.hello?.name ?? "");
}

/** What is made for the app alone, in its order, by what its tags begin with. */
const MADE = ["wheel-", "wheelhouse-", "dependencies-", "app"] as const;

/** Forget what is made for the app, from one artefact on. */
function forget(from: (typeof MADE)[number]): void {
	removeImages(`${checkout.repository}/hello`);
	const forgotten = MADE.slice(MADE.indexOf(from));
	const names = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", checkout.repository)
		.split("\n")
		.filter((name) => forgotten.some((tag) => name.startsWith(`${checkout.repository}:${tag}`)));
	if (names.length > 0) docker("image", "rm", "--force", ...names);
}

/** Forget a file that was fetched. */
function forgetFile(sha256: string): void {
	const volume = "--volume=debian-python-downloads:/downloads";
	docker(
		"run",
		"--rm",
		"--user=0",
		volume,
		outputs.images.python.name,
		"rm",
		"-r",
		`/downloads/${sha256}`,
	);
}

/** Forget what is installed of distributions. */
function forgetTrees(): void {
	const command = ["find", "/layers", "-mindepth", "1", "-delete"];
	const volume = "--volume=debian-python-layers:/layers";
	docker("run", "--rm", "--user=0", volume, outputs.images.python.name, ...command);
}

/** Forget what describes the app: an image that is made again is the same one, and described already. */
function forgetDescription(): void {
	const folder = join(checkout.folder, "packages", checkout.stack);
	for (const name of readdirSync(folder))
		if (/^hello-.*\.(cdx|intoto)\.json$/.test(name)) rmSync(join(folder, name));
}

describe("killed at any step, the next run makes the same", () => {
	it.each([
		["the fetch of a source", "wheel-", /fetch markupsafe/, "run", 0],
		["the build of a wheel", "wheel-", /wheel-markupsafe +build$/, "group", 500],
		["the wheelhouse", "wheelhouse-", /wheelhouse-hello +build: /, "run", 500],
		["the search for libraries", "dependencies-", /hello +look for libraries/, "group", 200],
		["the install of the dependencies", "dependencies-", /hello +install /, "run", 700],
		["the app's layer", "app", /app-hello +add /, "group", 200],
		["its SBOM", "app", /app-hello +write SBOM/, "run", 0],
	] as const)(
		"%s",
		async (_, from, line, target, moment) => {
			forget(from);
			forgetTrees();
			forgetDescription();
			if (line.test("fetch markupsafe")) forgetFile(MARKUPSAFE_SDIST);
			await checkout.killAt(line, target, { args: APPS, moment });
			expect(layersOf(await checkout.build(APPS))).toBe(layers);
			// A step whose run was killed may still be at its end: the next run took seconds.
			await expect.poll(remains, { timeout: 30_000 }).toEqual([]);
		},
		5 * MINUTE,
	);
});

describe("without a package index", () => {
	it(
		"what was fetched is enough",
		async () => {
			forget("wheel-");
			const { exitCode, stderr } = await checkout.run(APPS, DOWN);
			expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/app-hello +built/)]);
			expect(stderr).not.toContain("fetch ");
		},
		5 * MINUTE,
	);

	it(
		"what was not is named in one line, with what helps",
		async () => {
			forget("wheel-");
			forgetFile(MARKUPSAFE_SDIST);
			const { exitCode, stderr } = await checkout.run(APPS, DOWN);
			expect(exitCode).toBe(1);
			const errors = stderr.split("\n").filter((line) => line.startsWith("error: "));
			expect(errors).toEqual([
				expect.stringMatching(
					/^error: markupsafe 3\.0\.2: markupsafe-3\.0\.2\.tar\.gz cannot be fetched: .*127\.0\.0\.1:9.*; \w+/,
				),
			]);
			expect(layersOf(await checkout.build(APPS))).toBe(layers);
		},
		5 * MINUTE,
	);
});
