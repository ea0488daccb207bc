import { imagePlace } from "../../components/distribution/presence.ts";
import { keyIn, registryHost } from "../../components/image-name.ts";
import { fateOf, isCompile } from "../../infra/plan.ts";
import { configuredImages } from "../../local/images.ts";
import { table } from "../../local/text.ts";
import { compileMinutes } from "../../stacks/compile-times.ts";
import { isCross, type PlatformSettings, perPlatform } from "../../stacks/platforms.ts";
import type { Platform, Profile, StackPython } from "../../stacks/settings.ts";
import { versionName } from "../../stacks/variants.ts";
import { readPlans } from "./config.ts";

/**
 * A compile of CPython, which a machine of its own can make: `npm start -- -s STACK --target TARGET`, with
 * `-c` for each of `config`.
 */
export interface CompileJob {
	readonly stack: string;
	/** The package that it makes, such as `package-3.12`. */
	readonly target: string;
	/** Full version, with the flag of its variant behind it, as in 3.13.5t. */
	readonly python: string;
	readonly profile: Profile;
	/** What the machine is to be. */
	readonly platform: Platform;
	/** Values in place of the stack file's: of several platforms a machine makes one, and on its own daemon. */
	readonly config: readonly string[];
	/** How long it takes on two processors, as far as that was measured. */
	readonly minutes: number;
}

/** A job, and which compile it is: the same one is found by its key on all of a registry's host. */
interface KeyedJob extends CompileJob {
	readonly key: string;
}

/**
 * What must be compiled of some stacks, the longest first: what neither the daemon nor a registry has,
 * once where several stacks need it.
 *
 * @param sets `key=value`, in place of the stack files' values.
 * @throws StepError where there is no such stack, or its registry or the daemon cannot be asked: that is
 * no answer; ConfigError where values are refused.
 */
export async function compileJobs(
	stacks: readonly string[],
	sets: readonly string[],
): Promise<CompileJob[]> {
	const jobs = new Map<string, CompileJob>();
	// One after the other: Pulumi's SDK has the config of one stack.
	for (const stack of stacks)
		for (const { key, ...job } of await stackJobs(stack, sets))
			if (!jobs.has(key)) jobs.set(key, job);
	return [...jobs.values()].sort((a, b) => b.minutes - a.minutes);
}

async function stackJobs(stack: string, sets: readonly string[]): Promise<KeyedJob[]> {
	const { settings, config } = readPlans(stack, sets).after;
	const { debian } = settings;
	const packages = perPlatform(settings).flatMap((each) =>
		each.pythons.map((python) => ({
			artefact: `package${python.suffix}${each.platformSuffix}`,
			python,
			machine: machineOf(each, python),
		})),
	);
	const jobs: KeyedJob[] = [];
	for (const image of await configuredImages(settings, config)) {
		const { artefact, compiled } = image;
		const found = packages.find((each) => each.artefact === artefact);
		if (found === undefined || compiled === undefined) continue;
		const { python, machine } = found;
		const fate = await fateOf(image, await imagePlace(image.name));
		if (!isCompile({ artefact, ...fate })) continue;
		const { profile, series } = python;
		const minutes = compileMinutes({
			release: debian.codename,
			series: series.series,
			profile,
		});
		const key = `${registryHost(compiled)} ${keyIn(compiled)}`;
		jobs.push({ stack, python: versionName(python), profile, ...machine, minutes, key });
	}
	return jobs;
}

/** The machine that compiles a Python for one of a stack's platforms, and what it is told. */
function machineOf(
	settings: PlatformSettings,
	python: StackPython,
): Pick<CompileJob, "target" | "platform" | "config"> {
	const { platform, platforms, platformSuffix, compiledOn } = settings;
	const target = `package${python.suffix}`;
	if (platforms.length === 1) return { target, platform, config: [] };
	if (compiledOn !== undefined && isCross(settings, python))
		return { target: target + platformSuffix, platform: compiledOn, config: [] };
	const alone = ["platforms=", `platform=${platform}`, "dockerHosts="];
	return { target, platform, config: alone };
}

/** Jobs in the form of GitHub's `strategy.matrix` (Workflow syntax, "jobs.<job_id>.strategy.matrix"). */
export function jobsMatrix(jobs: readonly CompileJob[]): { include: readonly CompileJob[] } {
	return { include: jobs };
}

/** Jobs for a reader. */
export function jobsText(jobs: readonly CompileJob[]): string {
	if (jobs.length === 0) return "nothing must be compiled";
	const rows = jobs.map(({ stack, target, python, profile, platform, minutes }) => [
		...[stack, target, python, profile, platform],
		String(minutes),
	]);
	const head = ["stack", "target", "Python", "profile", "platform", "minutes"];
	const lines = table([{}, {}, {}, {}, {}, { right: true }], [head, ...rows]);
	const total = jobs.reduce((sum, { minutes }) => sum + minutes, 0);
	return [...lines, "", `about ${total} minutes on two cores, one after the other`].join("\n");
}
