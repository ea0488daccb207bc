import { baseSource } from "../components/base/base.ts";
import { debbaseImage } from "../components/debbase/debbase.ts";
import type { StackImage } from "../components/image.ts";
import { packageDescription, packageImages } from "../components/package/package.ts";
import { pybuildImage } from "../components/pybuild/pybuild.ts";
import { pythonDescription, pythonImage } from "../components/python/python.ts";
import type { Description } from "../components/sbom/description.ts";
import { wheelbuildDescription, wheelbuildImage } from "../components/wheelbuild/wheelbuild.ts";
import type { Settings } from "../stacks/settings.ts";
import { appsDescriptions, appsImages } from "./apps.ts";

/** Where a stack's .debs, SBOMs and provenances go as files, from the project root. */
export function packagesFolder(stack: string): string {
	return `packages/${stack}`;
}

/**
 * The images that the program makes of a stack's settings, in the order in which they need each other.
 * Files of this checkout are read, and nobody is asked.
 *
 * @param repository where they are named: what stands before a tag.
 */
export function stackImages(settings: Settings, repository: string): StackImage[] {
	return compose(settings, repository).images;
}

/** What the program writes down of them, by artefact: what is in an image, and how it was made. */
export function stackDescriptions(
	settings: Settings,
	repository: string,
): Readonly<Record<string, Description>> {
	return compose(settings, repository).descriptions();
}

function compose(settings: Settings, repository: string) {
	const { debian, python, architecture, platform, packageRelease, profile } = settings;
	const of = {
		site: { repository, platform },
		...{ debian, python, architecture, packageRelease, profile },
		folder: packagesFolder(settings.stack),
	};
	const base = baseSource({ ...of, base: settings.base });
	const debbase = { image: debbaseImage({ ...of, base }) };
	const pybuild = pybuildImage({ ...of, debbase });
	const deb = packageImages({ ...of, pybuild });
	const pythonArgs = { ...of, debbase, package: deb };
	const image = pythonImage(pythonArgs);
	const wheelbuildArgs = { ...of, pythonImage: { image }, package: deb };
	return {
		images: [
			...(base.image === undefined ? [] : [base.image]),
			debbase.image,
			pybuild.image,
			deb.image,
			image,
			wheelbuildImage(wheelbuildArgs),
			...appsImages(settings, of.site, { image }),
		],
		// Not before they are asked for: all files of the apps are read.
		descriptions: () => ({
			python: pythonDescription(pythonArgs),
			wheelbuild: wheelbuildDescription(wheelbuildArgs),
			package: packageDescription({ ...of, pybuild }),
			...appsDescriptions(settings, of.site, wheelbuildArgs),
		}),
	};
}
