import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ledger, ledgerFile, totalBytes } from "../../components/sizes/ledger.ts";
import { Checkout, docker } from "./checkout.ts";
import { layerBytes } from "./layers.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * What the images weigh: the ledger of a stack that was built, and the budget of its image python,
 * which a file that was planted in the image breaks.
 */

const MINUTE = 60_000;
let checkout: Checkout;
let python: string;

beforeAll(async () => {
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	python = (await checkout.build()).images.python.name;
}, 20 * MINUTE);
afterAll(() => checkout.remove());

const ledger = () => ledgerFile(checkout.stack);

/** Run `npm run sizes`'s program, which must end well; returns what it prints. */
async function sizes(): Promise<string> {
	const args = ["commands/sizes/main.ts", "--stack", checkout.stack];
	return (await execa("node", args, { cwd: checkout.folder })).stdout;
}

describe("the ledger", () => {
	it(
		"has what tar counts in each layer, and does not change by itself",
		async () => {
			const table = await sizes();
			expect(table).toMatch(/^python +\d+$/m);
			const first = readFileSync(join(checkout.folder, ledger()), "utf8");
			const { base = [], debbase = [], python: own = [] } = JSON.parse(first) as Ledger;
			expect([...base, ...debbase, ...own].map(totalBytes)).toEqual(layerBytes(python));
			expect(await sizes()).toBe(table);
			expect(readFileSync(join(checkout.folder, ledger()), "utf8")).toBe(first);
		},
		2 * MINUTE,
	);
});

describe("a file of 20 MB that gets into the image python", () => {
	beforeAll(() => {
		const install = join(checkout.folder, "components/python/context/install");
		appendFileSync(install, "head -c 20000000 /dev/zero >/venv/planted\n");
	});

	it(
		"fails the build, by the folder that grew",
		async () => {
			expect(await refusal()).toMatch(
				/^error: the image adds \d+\.\d\d MB to its base, \d+\.\d\d MB more than its budget: since docs\/sizes\/test-\w+\.json, venv \+20\.0\d MB; take out/,
			);
		},
		2 * MINUTE,
	);

	it(
		"fails it without a ledger too, by the largest folders",
		async () => {
			rmSync(join(checkout.folder, ledger()));
			expect(await refusal()).toMatch(
				/budget: the largest folders are venv 20\.0\d MB, usr\/lib\//,
			);
		},
		2 * MINUTE,
	);

	it("leaves no image", () => {
		const format = ["--format", "{{.Repository}}:{{.Tag}} {{.ID}}"];
		const names = docker("image", "ls", ...format, checkout.repository).split("\n");
		const ours = names.filter((name) => name.startsWith(`${checkout.repository}:python-`));
		expect(new Set(ours.map((name) => name.split(" ")[1])).size).toBe(1);
	});

	/** The one line with which the build of the image ends. */
	async function refusal(): Promise<string> {
		const { exitCode, stderr } = await checkout.run(["--target", "python"]);
		expect(exitCode).toBe(1);
		const errors = stderr.split("\n").filter((line) => line.startsWith("error: "));
		expect(errors).toHaveLength(1);
		return errors[0] ?? "";
	}
});
