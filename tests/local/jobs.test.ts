import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CompileJob } from "../../commands/plan/jobs.ts";
import { Checkout, docker, removeImages } from "./checkout.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * A compile as a job of its own: what one machine made for one target and pushed, another machine, which
 * has nothing, does not make again, for whichever stack.
 */

const MINUTE = 60_000;

/** The machine that plans and does the job. */
let worker: Checkout;
/** The machine that deploys. */
let deployer: Checkout;
let registry: TestRegistry;

const repository = (stack: string) => `${registry.host}/team/${stack}`;

beforeAll(async () => {
	registry = await startRegistry();
	process.env.DOCKER_CONFIG = registry.login();
	[worker, deployer] = [new Checkout(), new Checkout()];
	// Both have the same two stacks, which differ in their repositories alone.
	const stacks = [worker.stack, deployer.stack];
	const file = readFileSync(join(worker.folder, `Pulumi.${worker.stack}.yaml`), "utf8");
	for (const checkout of [worker, deployer])
		for (const stack of stacks)
			checkout.write(
				`Pulumi.${stack}.yaml`,
				file.replace(/(debian-python:registry): .*/, `$1: ${repository(stack)}`),
			);
});
afterAll(() => {
	for (const { stack } of [worker, deployer]) removeImages(repository(stack));
	worker.remove();
	deployer.remove();
	registry.stop();
});

/** The jobs that a checkout's plan has, as a workflow gets them. */
async function jobs({ folder }: Checkout): Promise<CompileJob[]> {
	const args = ["commands/plan/main.ts", "--jobs", "--json"];
	const { stdout } = await execa("node", args, { cwd: folder });
	return JSON.parse(stdout).include;
}

/** What became of the artefacts of a stack, in a run for a target. */
async function run({ folder }: Checkout, stack: string, target: string): Promise<string[]> {
	const args = ["local/main.ts", "--stack", stack, "--target", target];
	const { stderr } = await execa("node", args, { cwd: folder });
	const rows = stderr.match(/^[\w-]+ +(built|reused|pushed|skipped)\b/gm) ?? [];
	return rows.map((row) => row.replace(/ +/, " "));
}

it(
	"what a job made and pushed is compiled for no stack again",
	async () => {
		const planned = await jobs(worker);
		// The same compile for both.
		expect(planned).toMatchObject([{ target: "package", python: "3.13.5", profile: "quick" }]);
		const [job] = planned as [CompileJob];

		// In the place of what takes long: the job finds what it would have made, and pushes it.
		await seedImages(worker, repository(job.stack), upTo("package"));
		const rows = await run(worker, job.stack, job.target);
		expect(rows).toEqual(expect.arrayContaining(["package pushed", "python skipped"]));
		for (const { stack } of [worker, deployer]) removeImages(repository(stack));
		removeImages(worker.repository);

		expect(await jobs(deployer)).toEqual([]);
		const other = [worker, deployer].map(({ stack }) => stack).find((name) => name !== job.stack);
		const made = await run(deployer, other ?? "", "python");
		expect(made).toEqual(
			expect.arrayContaining(["package reused", "package pushed", "python built"]),
		);
		expect(made).not.toContain("package built");
		expect(docker("image", "ls", "--quiet", repository(other ?? ""))).not.toBe("");
	},
	30 * MINUTE,
);
