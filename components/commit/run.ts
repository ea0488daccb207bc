import {
	fillVolume,
	makePristineContainer,
	mountedScript,
	runContainer,
} from "../step/container.ts";
import { docker, imageLabel, labelChanges, PROJECT_LABEL } from "../step/docker.ts";
import { environment, environmentList, environmentRecord } from "../step/environment.ts";
import { findImage, needImage } from "../step/registry.ts";
import { runStep, type Step } from "../step/step.ts";
import { keepBudget } from "./budget.ts";
import { checkConfig } from "./config.ts";
import { checkPaths, passGates } from "./gates.ts";

/*
 * Run a script in an image with packages mounted, and commit the result as a new image.
 * The command of CommittedImage (commit.ts) says what each variable means.
 */

await runStep(async (step) => {
	const image = environment("IMAGE");
	if (!(await findImage(image, step.signal))) await commit(step, image);
	for (const alias of environmentList("ALIASES")) await docker(["tag", image, alias]);
	return { image };
});

async function commit(step: Step, image: string): Promise<void> {
	const [from, packages] = [environment("FROM"), environment("PACKAGES")];
	await needImage(from, step.signal);
	await needImage(packages, step.signal);
	const volume = await fillVolume(step, {
		image: packages,
		platform: environment("PLATFORM"),
		folder: "/packages",
		context: environment("CONTEXT"),
		caBundle: environment("CA_BUNDLE", ""),
	});
	step.progress(`run ${environment("CONTEXT")}/install`);
	const install = mountedScript("install", ...environmentList("ARGUMENTS"));
	const container = await makePristineContainer(step, from, install, [
		`--platform=${environment("PLATFORM")}`,
		// /mnt is in every Debian root: a mount point of our own would stay behind as an empty folder.
		`--volume=${volume}:/mnt:ro`,
	]);
	await runContainer(step, container);
	await checkPaths(container);
	const [changes, labels] = [environmentList("CHANGES"), await imageLabels(packages)];
	const id = await step.commitContainer(container, [
		...changes.flatMap((change) => ["--change", change]),
		...labelChanges(labels),
	]);
	await checkConfig(id, from, changes, labels);
	// The name is what everything else looks for: only an image that is fit for use gets it.
	await passGates(step, id, volume);
	const budget = environment("BUDGET", "");
	if (budget !== "") await keepBudget(id, Number(budget), environment("LEDGER"));
	await docker(["tag", id, image]);
}

async function imageLabels(packages: string): Promise<Record<string, string>> {
	return {
		...environmentRecord("LABELS"),
		"debian-python.deb.sha256": (await imageLabel(packages, "debian-python.deb.sha256")) ?? "",
		[PROJECT_LABEL]: "debian-python",
	};
}
