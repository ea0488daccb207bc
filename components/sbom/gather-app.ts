import { needImage } from "../distribution/daemon.ts";
import { copyFrom, holdImage } from "../step/container.ts";
import { imageConfig } from "../step/docker.ts";
import type { Step } from "../step/step.ts";
import { type Installed, installedIn, linkedPackage, READ_FILES } from "./distributions.ts";
import type { AppFacts, Bundled, Distribution, SourceFile } from "./facts.ts";
import type { DescribedApp, LockedWheel } from "./step.ts";

/** The distributions of an app that an image has, by their names. */
export async function readInstalled(
	step: Step,
	image: string,
	platform: string,
	{ site }: DescribedApp,
): Promise<Map<string, Installed>> {
	const container = await holdImage(step, image, platform);
	const { files } = await copyFrom(container, site, (path) => READ_FILES.test(path));
	return installedIn(files);
}

/** What there is to know of an app in an image: its locks say what was installed, and the image what that is. */
export async function gatherApp(
	step: Step,
	installed: ReadonlyMap<string, Installed>,
	{ site: _, wheel, distributions, locals, ...app }: DescribedApp,
): Promise<AppFacts> {
	return {
		...said(app, installed),
		distributions: await Promise.all(
			distributions.map((each) => distribution(step, each, installed.get(each.name))),
		),
		...(wheel !== undefined && { wheel: await wheelIn(step, wheel) }),
		locals: await Promise.all(
			locals.map(async ({ image, ...local }) => ({
				...said(local, installed),
				wheel: await wheelIn(step, image),
			})),
		),
	};
}

/** What is known of an app, or of a folder, and what it says of itself where it is installed. */
function said<T extends { readonly name: string; readonly version?: string }>(
	known: T,
	installed: ReadonlyMap<string, Installed>,
) {
	const own = installed.get(known.name);
	return {
		...known,
		...(known.version === undefined && own !== undefined && { version: own.version }),
		licences: own?.licences ?? [],
		linked: linkedIn(own?.components),
	};
}

async function distribution(
	step: Step,
	locked: LockedWheel,
	installed: Installed = { version: locked.version, licences: [], components: [] },
): Promise<Distribution> {
	const { name, version } = locked;
	const { licences, components } = installed;
	if ("file" in locked)
		return { name, version, wheel: locked.file, licences, bundled: components, linked: [] };
	return {
		name,
		version,
		wheel: await wheelIn(step, locked.image),
		sdist: locked.sdist,
		licences,
		bundled: components.filter((each) => linkedPackage(each) === undefined),
		linked: linkedIn(components),
	};
}

function linkedIn(components: readonly Bundled[] = []): string[] {
	return components.flatMap((each) => linkedPackage(each) ?? []);
}

/** The wheel in an image that was made for it, as its labels say. */
async function wheelIn(step: Step, image: string): Promise<SourceFile> {
	await needImage(image, step.signal);
	const labels = (await imageConfig(image))?.Labels ?? {};
	return {
		name: labels["debian-python.wheel.file"] ?? "",
		sha256: labels["debian-python.wheel.sha256"] ?? "",
	};
}
