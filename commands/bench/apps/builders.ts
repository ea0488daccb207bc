import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa, type Options } from "execa";
import { StepError } from "../../../components/step/error.ts";
import type { Engine } from "./machines.ts";

/** A way to build an app's image and push it. */
export interface Builder {
	/** What the table calls it. */
	readonly name: string;
	/**
	 * Build an app and push it, as a user would: the time of this is what counts.
	 *
	 * @param folder the app's, with its locks.
	 * @returns the image's name.
	 */
	build(folder: string, engine: Engine): Promise<string>;
	/** Have on a machine what a runner has before its work, such as a checkout. */
	prepare(engine: Engine): Promise<void>;
}

/**
 * This project: `npm start` of a checkout that nothing was built in.
 *
 * @param args the stack and its config.
 */
export function ours(args: readonly string[], signal: AbortSignal): Builder {
	const checkoutOf = (engine: Engine) => join(engine.folder, "checkout");
	return {
		name: "this project",
		prepare: (engine) => copyCheckout(checkoutOf(engine)),
		async build(folder, engine) {
			const apps = `apps=${JSON.stringify([folder])}`;
			const all = ["--silent", "start", "--", ...args, "-c", apps, "--json"];
			const stdout = await run("npm", all, {
				cwd: checkoutOf(engine),
				env: { DOCKER_HOST: engine.host },
				cancelSignal: signal,
			});
			const { apps: made } = JSON.parse(stdout) as { apps: Record<string, { name: string }> };
			return made.bench?.name ?? "";
		},
	};
}

/** What {@link uvGuide} needs. */
export interface GuideArgs {
	/** Image with uv and what compiles. */
	readonly builder: string;
	readonly python: string;
	/** Where the image is pushed. */
	readonly repository: string;
	/** File with CA certificates, which a build sees as a secret. */
	readonly caBundle: string;
	readonly signal: AbortSignal;
}

/** The Dockerfile of uv's guide, built by BuildKit; its layers are found again in the registry (inline cache). */
export function uvGuide({ builder, python, repository, caBundle, signal }: GuideArgs): Builder {
	const image = `${repository}:latest`;
	return {
		name: "uv's guide",
		prepare: async () => {},
		async build(folder, { host }) {
			const env = { DOCKER_HOST: host, DOCKER_BUILDKIT: "1", BUILDKIT_PROGRESS: "plain" };
			const options = { env, cancelSignal: signal };
			const args = [
				`--tag=${image}`,
				`--file=${folder}/Dockerfile`,
				`--build-arg=BUILDER=${builder}`,
				`--build-arg=PYTHON=${python}`,
				"--build-arg=BUILDKIT_INLINE_CACHE=1",
				`--cache-from=${image}`,
				`--secret=id=ca,src=${caBundle}`,
			];
			await run("docker", ["build", ...args, folder], options);
			await run("docker", ["push", image], options);
			return image;
		},
	};
}

/** Run a program to its end, which must be good; returns what it prints. */
export async function run(
	program: string,
	args: readonly string[],
	options: Options = {},
): Promise<string> {
	// A run that is told to stop takes its containers down first.
	const rest = { forceKillAfterDelay: 60_000, reject: false } as const;
	const result = await execa(program, [...args], { ...options, ...rest });
	if (!result.failed) return String(result.stdout);
	const line = String(result.stderr).trim().split("\n").slice(-8).join(" | ");
	throw new StepError(`${program} ${args[0]}: ${line || result.shortMessage}`);
}

/** Copy the files of this checkout that git knows or would know. */
async function copyCheckout(folder: string): Promise<void> {
	await mkdir(folder);
	const { stdout } = await execa("git", [
		...["ls-files", "--cached", "--others", "--exclude-standard", "-z"],
	]);
	const extract = ["--extract", `--directory=${folder}`];
	await execa("tar", ["--create", "--null", "--files-from=-", "--ignore-failed-read"], {
		input: stdout,
		encoding: "buffer",
	}).pipe("tar", extract);
	await execa("ln", ["--symbolic", join(process.cwd(), "node_modules"), folder]);
}

/** The size of an image of an engine, in bytes. */
export async function imageSize(image: string, { host }: Engine): Promise<number> {
	const format = ["--format", "{{.Size}}"];
	return Number(
		await run("docker", ["image", "inspect", ...format, image], { env: { DOCKER_HOST: host } }),
	);
}
