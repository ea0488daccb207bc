import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { docker } from "../../../components/step/docker.ts";
import type { Step } from "../../../components/step/step.ts";
import { configuredSettings } from "../../../local/images.ts";
import { readStackConfig } from "../../../local/stack-config.ts";
import { ours, uvGuide } from "./builders.ts";
import { checkMachine, startRegistry } from "./machines.ts";
import { type MeasuredBuilder, measureApps } from "./measure.ts";
import { lockApps, publishBases, publishUv } from "./prepare.ts";
import { scenarios } from "./scenarios.ts";

/** What {@link benchApps} needs. */
export interface AppsOptions {
	readonly stack: string;
	readonly config: readonly string[];
	/** The cold build and two warm ones alone. */
	readonly quick: boolean;
	readonly rounds: number;
}

/** Build an app as this project does, and as uv's guide does, in turns: registry, engines and locks are made for it. */
export async function benchApps(step: Step, options: AppsOptions): Promise<MeasuredBuilder[]> {
	await checkMachine();
	const { stack, rounds, quick } = options;
	const args = ["-s", stack, ...options.config.flatMap((value) => ["-c", value])];
	const settings = configuredSettings(stack, readStackConfig(stack, [...options.config, "apps="]));
	const folder = step.createFolder();
	await mkdir(join(folder, "registry"));
	const registry = await startRegistry(join(folder, "registry"));
	const repository = `${registry.host}/ours`;
	const builder = `${registry.host}/uv:builder`;
	try {
		const bases = await publishBases(step, settings, args, repository);
		await publishUv(step, settings, bases, builder);
		const plan = { rounds, scenarios: quick ? scenarios.slice(0, 3) : scenarios };
		const app = await lockApps(step, { settings, args, builder, folder, ...plan });
		const caBundle = settings.caBundle ?? "/dev/null";
		const guide = {
			builder,
			python: bases.python,
			repository: `${registry.host}/guide`,
			caBundle,
			signal: step.signal,
		};
		const builders = [ours([...args, "-c", `registry=${repository}`], step.signal), uvGuide(guide)];
		return await measureApps(step, { builders, registry, app, folder, ...plan });
	} finally {
		await registry.stop();
		const format = ["--format", "{{.Repository}}:{{.Tag}}"];
		const names = await docker(["image", "ls", ...format, `${registry.host}/*`]);
		const own = names.split("\n").filter((name) => name !== "" && !name.endsWith(":<none>"));
		// Containers of this step have some; they go with it.
		if (own.length > 0) await docker(["image", "rm", "--force", "--no-prune", ...own]);
	}
}
