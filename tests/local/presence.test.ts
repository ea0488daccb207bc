import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { StackPlan } from "../../commands/plan/plan.ts";
import type { Answer } from "../../commands/status/ask.ts";
import { Checkout, docker, type RunOutputs, removeImages } from "./checkout.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";

/*
 * Whether an image is there is answered alike by whoever is asked. Nothing is built: an empty image
 * stands for the one that is looked for.
 */

const MINUTE = 60_000;

let checkout: Checkout;
beforeAll(() => {
	checkout = new Checkout();
});
afterAll(() => checkout?.remove());

/** The name that the stack gives to its image python. */
async function pythonName(): Promise<string> {
	const { stdout } = await checkout.run(["--preview", "--json"]);
	return (JSON.parse(stdout) as RunOutputs).images.python.name;
}

/** What everybody says of python: npm start, npm run plan, npm run status. */
async function answers(): Promise<{ start: string[]; plan?: string; status?: string }> {
	const run = async (program: string, ...args: string[]) =>
		(await execa("node", [program, ...args], { cwd: checkout.folder })).stdout;
	const { stderr } = await checkout.run(["--preview"]);
	const plan = JSON.parse(
		await run("commands/plan/main.ts", "--stack", checkout.stack, "--json"),
	) as StackPlan;
	const answer = JSON.parse(await run("commands/status/ask.ts", checkout.stack)) as Answer;
	const ofPython = ({ artefact }: { artefact: string }) => artefact === "python";
	return {
		start: [...stderr.matchAll(/^python +(reused|to build|to push)\b/gm)].map(
			([, word]) => word ?? "",
		),
		plan: plan.artefacts.find(ofPython)?.fate,
		status: "plans" in answer ? answer.plans.find(ofPython)?.fate : answer.problem,
	};
}

function importEmpty(name: string): void {
	const tar = execFileSync("tar", ["--create", "--files-from=/dev/null"]);
	execFileSync("docker", ["import", "-", name], { input: tar, stdio: ["pipe", "ignore", "pipe"] });
}

it(
	"has a warning once",
	async () => {
		const { stdout, stderr } = await checkout.run(["--preview", "--json"]);
		const { warnings } = JSON.parse(stdout) as RunOutputs;
		expect(warnings).not.toEqual([]);
		for (const warning of warnings) expect(stderr.split(warning)).toHaveLength(2);
	},
	MINUTE,
);

describe("an image of a stack without a registry", () => {
	it(
		"that nobody has is built",
		async () => {
			expect(await answers()).toEqual({ start: ["to build"], plan: "build", status: "build" });
		},
		2 * MINUTE,
	);

	it(
		"that the daemon has is reused",
		async () => {
			importEmpty(await pythonName());
			expect(await answers()).toEqual({ start: ["reused"], plan: "reused", status: "reused" });
		},
		2 * MINUTE,
	);
});

describe("an image of a stack with a registry", () => {
	let registry: TestRegistry;
	let repository: string;
	let name: string;

	beforeAll(async () => {
		registry = await startRegistry();
		process.env.DOCKER_CONFIG = registry.login();
		repository = `${registry.host}/team/${checkout.stack}`;
		const file = `Pulumi.${checkout.stack}.yaml`;
		const config = readFileSync(join(checkout.folder, file), "utf8").replace(
			/debian-python:registry: .*\n|$/,
			`debian-python:registry: ${repository}\n`,
		);
		checkout.write(file, config);
		name = await pythonName();
		// What it had before it had a registry.
		removeImages(checkout.repository);
	}, 2 * MINUTE);
	beforeEach(() => removeImages(repository));
	afterAll(() => {
		if (repository) removeImages(repository);
		registry?.stop();
		delete process.env.DOCKER_CONFIG;
	});

	it(
		"that nobody has is built and pushed",
		async () => {
			expect(await answers()).toEqual({
				start: ["to build", "to push"],
				plan: "build and push",
				status: "build and push",
			});
		},
		2 * MINUTE,
	);

	it(
		"that the daemon alone has is pushed",
		async () => {
			importEmpty(name);
			expect(await answers()).toEqual({
				start: ["reused", "to push"],
				plan: "push",
				status: "push",
			});
		},
		2 * MINUTE,
	);

	it(
		"that the registry has is reused",
		async () => {
			importEmpty(name);
			docker("push", "--quiet", name);
			for (const alias of ["3.13.5", "3.13"]) {
				docker("tag", name, `${repository}:python-${alias}`);
				docker("push", "--quiet", `${repository}:python-${alias}`);
			}
			removeImages(repository);
			expect(await answers()).toEqual({ start: ["reused"], plan: "reused", status: "reused" });
		},
		2 * MINUTE,
	);
});
