import { execa } from "execa";
import { lastLine } from "../../components/step/docker-error.ts";
import { StepError } from "../../components/step/error.ts";
import { stackNames } from "../../stacks/stack-repositories.ts";

/** A commit of this project on the disk, and the config to build with. */
export interface Checkout {
	readonly folder: string;
	/** Of which image; undefined: any. */
	readonly stack: string | undefined;
	/** `key=value`, in place of the stack file's values. */
	readonly config: readonly string[];
	readonly signal: AbortSignal;
}

/** What of a checkout makes an image. */
export interface Origin {
	readonly stack: string;
	/** As `npm start -- --target` takes it. */
	readonly artefact: string;
}

/** Nothing is asked of the registry that has the image, since nothing may come from there. */
const ALONE = "registry=none";

/**
 * Find what of a checkout makes the image with a content key.
 *
 * @throws StepError where no stack does.
 */
export async function findOrigin(checkout: Checkout, key: string): Promise<Origin> {
	const stacks = checkout.stack === undefined ? stackNames(checkout.folder) : [checkout.stack];
	const problems: string[] = [];
	for (const stack of stacks) {
		const sets = [ALONE, ...checkout.config].map((value) => `--set=${value}`);
		const args = ["commands/plan/main.ts", `--stack=${stack}`, ...sets, "--json"];
		const { failed, stdout, stderr } = await run(checkout, args);
		if (failed) {
			problems.push(`${stack}: ${lastLine(stderr).replace(/^error: /, "")}`);
			continue;
		}
		const { artefacts } = JSON.parse(stdout) as { artefacts: { artefact: string; key: string }[] };
		const found = artefacts.find((each) => each.key === key);
		if (found !== undefined) return { stack, artefact: found.artefact };
	}
	throw new StepError(
		`no stack of that commit makes an image with the key ${key}${problems.length === 0 ? "" : ` (${problems.join("; ")})`}`,
		"give --stack and --config as it was made with, and apps that are elsewhere by their folders; or another --commit",
	);
}

/**
 * Build an image in a checkout.
 *
 * @returns its name in the Docker daemon.
 * @throws StepError with the error of that run.
 */
export async function build(
	checkout: Checkout,
	{ stack, artefact }: Origin,
	key: string,
): Promise<string> {
	const config = [ALONE, ...checkout.config].map((value) => `--config=${value}`);
	const args = ["local/main.ts", `--stack=${stack}`, ...config, `--target=${artefact}`, "--json"];
	const { failed, stdout, stderr } = await run(checkout, args, "inherit");
	if (failed)
		throw new StepError(`it cannot be made again: ${lastLine(stderr).replace(/^error: /, "")}`);
	const name = namesIn(JSON.parse(stdout)).find((each) => each.endsWith(`-${key}`));
	if (name === undefined) throw new StepError(`the run names no image with the key ${key}`);
	return name;
}

/** All that is called a name in a run's outputs. */
function namesIn(outputs: unknown): string[] {
	if (typeof outputs !== "object" || outputs === null) return [];
	return Object.entries(outputs).flatMap(([key, value]: [string, unknown]) =>
		key === "name" && typeof value === "string" ? [value] : namesIn(value),
	);
}

/** Run a program of the checkout. */
function run({ folder, signal }: Checkout, args: readonly string[], stderr?: "inherit") {
	return execa("node", args, {
		cwd: folder,
		cancelSignal: signal,
		// It takes down its containers first.
		forceKillAfterDelay: 90_000,
		...(stderr === "inherit" && { stderr: ["pipe", "inherit"] as const }),
		reject: false,
	});
}
