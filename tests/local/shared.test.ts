import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Checkout, docker, type RunOutputs, removeImages } from "./checkout.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * Two stacks of one release: what the first made, the second does not make again, on one machine and on
 * one registry's host.
 */

const MINUTE = 60_000;
const SECOND = "second";
const ARTEFACTS = ["base", "debbase", "pybuild", "package", "python", "wheelbuild"];

let checkout: Checkout;
let registry: TestRegistry;
let first: RunOutputs;
/** What a repository of the second stack begins with. */
const secondRepository = `localhost/debian-python/${SECOND}`;

beforeAll(async () => {
	checkout = new Checkout();
	registry = await startRegistry();
	process.env.DOCKER_CONFIG = registry.login();
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	first = await checkout.build();
	const file = readFileSync(join(checkout.folder, `Pulumi.${checkout.stack}.yaml`), "utf8");
	checkout.write(`Pulumi.${SECOND}.yaml`, file);
}, 20 * MINUTE);
afterAll(() => {
	removeImages(secondRepository);
	for (const name of ["first", "second"]) removeImages(`${registry.host}/team/${name}`);
	checkout.remove();
	registry.stop();
});

/** Run the second stack. */
async function second(
	...args: string[]
): Promise<{ rows: string[]; images: RunOutputs["images"] }> {
	const command = ["local/main.ts", "--stack", SECOND, "--json", ...args];
	const { stdout, stderr } = await execa("node", command, { cwd: checkout.folder });
	const rows = stderr.match(/^(\w+) +(built|reused|to build|to push)\b/gm) ?? [];
	const { images } = JSON.parse(stdout) as RunOutputs;
	return { rows: rows.map((row) => row.replace(/ +/, " ")), images };
}

const id = (name: string) => docker("image", "inspect", "--format", "{{.Id}}", name);
const reused = ARTEFACTS.map((artefact) => `${artefact} reused`);

describe("on one machine", () => {
	it("a preview says that nothing is built, and gives nothing a name", async () => {
		expect((await second("--preview")).rows).toEqual(expect.arrayContaining(reused));
		expect(docker("image", "ls", "--quiet", secondRepository)).toBe("");
	});

	it(
		"the second has the images of the first, under its own names",
		async () => {
			const { rows, images } = await second();
			expect(rows.toSorted()).toEqual(reused.toSorted());
			for (const artefact of ["debbase", "pybuild", "python", "wheelbuild"] as const) {
				expect(images[artefact].name).toContain(`${secondRepository}:`);
				expect(id(images[artefact].name)).toBe(id(first.images[artefact].name));
			}
			expect(existsSync(join(checkout.folder, `packages/${SECOND}`))).toBe(true);
		},
		2 * MINUTE,
	);
});

describe("on one registry's host", () => {
	const configure = (stack: string, name: string) => {
		const file = readFileSync(join(checkout.folder, `Pulumi.${stack}.yaml`), "utf8");
		const registryLine = `debian-python:registry: ${registry.host}/team/${name}`;
		checkout.write(
			`Pulumi.${stack}.yaml`,
			file.replace(/debian-python:registry: .*/, registryLine),
		);
	};

	it(
		"an empty machine takes what another stack's repository has, and pushes it to its own",
		async () => {
			configure(checkout.stack, "first");
			await checkout.build(["--target", "python"]);
			for (const name of [secondRepository, checkout.repository, `${registry.host}/team/first`])
				removeImages(name);
			configure(SECOND, "second");
			expect((await second("--preview", "--target", "python")).rows).toContain("python to push");
			const { rows, images } = await second("--target", "python");
			expect(rows.filter((row) => row.endsWith(" built"))).toEqual([]);
			expect(images.python.name).toContain(`${registry.host}/team/second:`);
			docker("image", "rm", "--force", images.python.name);
			docker("pull", images.python.name);
		},
		10 * MINUTE,
	);
});
