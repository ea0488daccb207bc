import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { imageOf } from "../../../components/image.ts";
import {
	copyFrom,
	copyInto,
	fillVolume,
	makeContainer,
	makePristineContainer,
	runContainer,
} from "../../../components/step/container.ts";
import { docker } from "../../../components/step/docker.ts";
import { engine } from "../../../components/step/engine.ts";
import { StepError } from "../../../components/step/error.ts";
import type { Step } from "../../../components/step/step.ts";
import { stackImages } from "../../../infra/images.ts";
import type { Settings } from "../../../stacks/settings.ts";
import { uv } from "../../../stacks/uv.ts";
import { run } from "./builders.ts";
import { makeChange, type Scenario, writeApp } from "./scenarios.ts";

/** The app, and the Dockerfile of uv's guide. */
export const CONTEXT = "commands/bench/apps/context";

/** Of the stack, what apps are made with. */
export interface Bases {
	readonly python: string;
	readonly wheelbuild: string;
}

/**
 * Have the images of the stack in a registry, as a team has them: built here, where they are not yet.
 *
 * @param args the stack and its config.
 * @param repository the one in the registry.
 */
export async function publishBases(
	step: Step,
	settings: Settings,
	args: readonly string[],
	repository: string,
): Promise<Bases> {
	const start = (...more: string[]) =>
		run("npm", ["--silent", "start", "--", ...args, "-c", "apps=", ...more], {
			cancelSignal: step.signal,
		});
	step.progress("build the stack");
	await start("-c", "registry=none");
	step.progress("push it");
	// It takes what the daemon has under the stack's names without a registry.
	await start("-c", `registry=${repository}`);
	const published = stackImages(settings, repository);
	return {
		python: imageOf(published, "python").name,
		wheelbuild: imageOf(published, "wheelbuild").name,
	};
}

/** Make an image of wheelbuild with uv, for uv's guide, and push it. */
export async function publishUv(
	step: Step,
	settings: Settings,
	{ wheelbuild }: Bases,
	image: string,
): Promise<void> {
	step.progress("install uv beside what compiles");
	const { platform, caBundle, architecture } = settings;
	const content = { image: wheelbuild, platform, folder: "/mnt", context: CONTEXT, caBundle };
	const volume = await fillVolume(step, content);
	const requirement = `uv==${uv.version} --hash=sha256:${uv.sha256[architecture]}`;
	const script = `echo '${requirement}' >/dev/shm/uv; ${caBundle ? "export PIP_CERT=/mnt/ca-bundle.crt;" : ""}
		pip install --quiet --no-cache-dir --disable-pip-version-check --root-user-action=ignore --require-hashes -r /dev/shm/uv`;
	const options = [
		`--platform=${platform}`,
		"--entrypoint=",
		"--user=0:0",
		`--volume=${volume}:/mnt:ro`,
	];
	const command = ["sh", "-euc", script];
	const container = await makePristineContainer(step, wheelbuild, command, options);
	await runContainer(step, container);
	const instructions = ["ENTRYPOINT []", 'CMD ["uv"]'];
	await (await engine()).commit(container, image, instructions, step.signal);
	await docker(["push", "--quiet", image]);
}

/** What {@link lockApps} needs. */
export interface LockArgs {
	readonly settings: Settings;
	/** The stack and its config. */
	readonly args: readonly string[];
	/** Image with uv. */
	readonly builder: string;
	/** Where the folders of the app go. */
	readonly folder: string;
	readonly rounds: number;
	readonly scenarios: readonly Scenario[];
}

/**
 * Write the app, locked, as it is first and after each change of a requirement: one lock for both.
 *
 * @returns the folder of the app after the nth change of a kind.
 */
export async function lockApps(step: Step, args: LockArgs) {
	const folderOf = (change: string, count: number) =>
		join(
			args.folder,
			change.endsWith("requirement") ? `${change}-${count}`.replace(" ", "-") : "app",
		);
	await lockApp(step, args, folderOf("nothing", 0), async () => {});
	const changes = args.scenarios.map(({ change }) => change);
	for (const change of new Set(changes.filter((each) => each.endsWith("requirement")))) {
		for (let count = 0; count < 2 * args.rounds; count++) {
			const folder = folderOf(change, count);
			await lockApp(step, args, folder, () => makeChange(folder, change, count));
		}
	}
	return folderOf;
}

async function lockApp(
	step: Step,
	{ settings, args, builder }: LockArgs,
	folder: string,
	change: () => Promise<void>,
): Promise<void> {
	step.progress(`lock ${folder}`);
	await writeApp(CONTEXT, folder);
	await change();
	const { platform, caBundle } = settings;
	const bundle = "/mnt/ca-bundle.crt";
	const container = await makeContainer(
		step,
		builder,
		["uv", "lock", "--quiet", "--project=/mnt/app"],
		[
			`--platform=${platform}`,
			"--user=0:0",
			"--env=UV_PYTHON=/venv/bin/python",
			...(caBundle === undefined ? [] : [`--env=SSL_CERT_FILE=${bundle}`]),
		],
	);
	if (caBundle !== undefined) await copyInto(container, caBundle, bundle);
	await copyInto(container, `${folder}/.`, "/mnt/app");
	await runContainer(step, container);
	const lock = (await copyFrom(container, "/mnt/app/uv.lock")).files.get("uv.lock");
	if (lock === undefined) throw new StepError(`uv wrote no lock for ${folder}`, "run again");
	await writeFile(join(folder, "uv.lock"), lock);
	await run("npm", ["--silent", "run", "lock", "--", folder, ...args], {
		cancelSignal: step.signal,
	});
}
