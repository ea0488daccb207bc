import { readWheels, wheelLayers } from "../../components/app/wheels.ts";
import { needImage } from "../../components/distribution/daemon.ts";
import type { Description } from "../../components/sbom/description.ts";
import { makeContainer, runContainer } from "../../components/step/container.ts";
import { imageConfig } from "../../components/step/docker.ts";
import type { Step } from "../../components/step/step.ts";
import type { App } from "../../stacks/apps/app.ts";
import type { AppParts } from "./dockerfile.ts";

/** What {@link readParts} needs. */
export interface PartsArgs {
	readonly app: App;
	/** Of the app's image. */
	readonly description: Description;
	/** Name of the dependencies' image. */
	readonly dependencies: string;
	readonly platform: string;
}

/**
 * What an app's images were made of, as far as only they say it.
 *
 * @throws StepError where one of them is neither in the daemon nor in its registry.
 */
export async function readParts(step: Step, args: PartsArgs): Promise<AppParts> {
	const { app, description, dependencies, platform } = args;
	const [python = "", wheelhouse = ""] = description.MADE_FROM;
	for (const image of [python, wheelhouse, dependencies, description.IMAGE])
		await needImage(image, step.signal);
	const before = await chosenPackages(step, python, platform);
	const after = await chosenPackages(step, dependencies, platform);
	const found = after.filter((name) => !before.includes(name));
	return {
		python,
		wheelhouse,
		wheel: description.APP?.wheel,
		locals: description.APP?.locals ?? [],
		// Those that the app names may be in python already.
		packages: [...new Set([...app.packages, ...found])],
		groups: wheelLayers(await readWheels(step, wheelhouse, platform)).map((wheels) =>
			wheels.map(({ name }) => name),
		),
		user: (await imageConfig(description.IMAGE))?.User ?? "",
	};
}

/** The Debian packages that somebody asked for in an image: not those that came with others. */
async function chosenPackages(step: Step, image: string, platform: string): Promise<string[]> {
	const command = ["apt-mark", "showmanual"];
	const options = [`--platform=${platform}`, "--network=none", "--user=0:0"];
	const container = await makeContainer(step, image, command, options);
	const names: string[] = [];
	await runContainer(step, container, (line) => names.push(line));
	return names;
}
