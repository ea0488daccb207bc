import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Checkout, docker, type RunOutputs, remains } from "./checkout.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * `npm run bench`, for real but short: that all images are measured and the report is whole. Figures
 * of so few values say nothing, so none is looked at.
 */

const MINUTE = 60_000;
let checkout: Checkout;
let outputs: RunOutputs;
const folder = mkdtempSync(join(tmpdir(), "bench-"));

beforeAll(async () => {
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("python"));
	outputs = await checkout.build(["--target", "python"]);
}, 20 * MINUTE);
afterAll(() => {
	checkout.remove();
	rmSync(folder, { recursive: true, force: true });
});

function bench(...args: string[]) {
	const options = ["--stack", checkout.stack, "--quick", "--output", folder];
	return execa("node", ["commands/bench/main.ts", ...options, ...args], {
		cwd: checkout.folder,
		reject: false,
	});
}

describe("npm run bench", () => {
	it(
		"measures the stack's Python beside Debian's and another image, and changes none",
		async () => {
			const before = docker("image", "inspect", "--format", "{{.Id}}", outputs.images.python.name);
			const { exitCode, stdout, stderr } = await bench(
				"--image",
				`again=${outputs.images.python.name}`,
			);
			expect(exitCode, stderr).toBe(0);
			const { means } = JSON.parse(stdout) as { means: Record<string, string> };
			expect(Object.keys(means)).toEqual(expect.arrayContaining(["quick", "debian", "again"]));
			const table = readFileSync(join(folder, "bench.md"), "utf8");
			const row =
				/^\| again \| 3\.13\.5 \| \*\*\d+\.\d{3}\*\* \| (\d+\.\d ms \| ){3}\d+\.\d MB \|$/m;
			expect(table).toMatch(row);
			expect(table).toMatch(/^\| scimark lu \| \d+\.\d{3} \| /m);
			expect(readFileSync(join(folder, "bench.svg"), "utf8")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
			expect(docker("image", "inspect", "--format", "{{.Id}}", outputs.images.python.name)).toBe(
				before,
			);
			expect(remains()).toEqual([]);
		},
		5 * MINUTE,
	);

	it(
		"says which images can be the reference, and which image does not run",
		async () => {
			const wrong = await bench("--reference", "offical");
			expect(wrong.exitCode).toBe(1);
			expect(wrong.stderr).toMatch(/^error: --reference "offical": .*known: quick, debian/m);
			const without = await bench("--image", `none=${outputs.images.debbase.name}`);
			expect(without.exitCode).toBe(1);
			expect(without.stderr).toMatch(/^error: none \(.*\): .*python3/m);
			expect(remains()).toEqual([]);
		},
		MINUTE,
	);
});
