import { baseSource } from "../components/base/base.ts";
import { crossbuildImage } from "../components/crossbuild/crossbuild.ts";
import { debbaseImage } from "../components/debbase/debbase.ts";
import type { StackImage } from "../components/image.ts";
import { minimalDescription, minimalImage } from "../components/minimal/minimal.ts";
import { packageDescription, packageImages } from "../components/package/package.ts";
import { type Pybuild, pybuildImage } from "../components/pybuild/pybuild.ts";
import { pythonDescription, pythonImage } from "../components/python/python.ts";
import type { Description } from "../components/sbom/description.ts";
import { wheelbuildDescription, wheelbuildImage } from "../components/wheelbuild/wheelbuild.ts";
import { hasMinimal } from "../stacks/minimal.ts";
import { type PlatformSettings, perPlatform } from "../stacks/platforms.ts";
import type { Settings } from "../stacks/settings.ts";
import { appsDescriptions, appsImages } from "./apps.ts";
import { builderOf, makeBuilders } from "./builders.ts";
import { withDaemon } from "./docker-hosts.ts";
import { indexImages } from "./indexes.ts";

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
	const settingsOf = perPlatform(settings);
	const platforms = composeAll(settings, repository).map(({ images }, index) =>
		withDaemon(settingsOf[index] as PlatformSettings, images),
	);
	return [...platforms.flat(), ...indexImages(settings, repository, platforms)];
}

/** What the program writes down of them, by artefact: what is in an image, and how it was made. */
export function stackDescriptions(
	settings: Settings,
	repository: string,
): Readonly<Record<string, Description>> {
	const platforms = composeAll(settings, repository);
	return Object.assign({}, ...platforms.map(({ descriptions }) => descriptions()));
}

function composeAll(settings: Settings, repository: string) {
	const [first, ...others] = perPlatform(settings);
	const own = compose(first, repository);
	return [own, ...others.map((each) => compose(each, repository, own.pybuild))];
}

/**
 * What is made for one of the platforms.
 *
 * @param first pybuild of the stack's first platform; undefined of that itself.
 */
function compose(settings: PlatformSettings, repository: string, first?: Pybuild) {
	const { debian, architecture, platform, platformSuffix: suffix } = settings;
	const site = { repository, platform, suffix };
	const of = { site, debian, architecture, folder: packagesFolder(settings.stack) };
	const base = baseSource({ ...of, base: settings.base });
	const debbase = { image: debbaseImage({ ...of, base }) };
	const builders = makeBuilders({
		settings,
		pybuild: () => pybuildImage({ ...of, debbase }),
		crossbuild: (pybuild) => crossbuildImage({ ...of, pybuild }),
		first,
	});
	const pythons = settings.pythons.map((python) => {
		const ofPackage = { ...of, python, pybuild: builderOf(builders, settings, python) };
		const ofImage = { ...of, python, debbase, package: packageImages(ofPackage) };
		const ofWheelbuild = { ...ofImage, pythonImage: { image: pythonImage(ofImage) } };
		const wheelbuild = wheelbuildImage(ofWheelbuild);
		const minimal = hasMinimal(python) ? { image: minimalImage(ofWheelbuild) } : undefined;
		return { ...ofWheelbuild, ofPackage, wheelbuild, minimal };
	});
	return {
		pybuild: builders.pybuild,
		images: [
			...(base.image === undefined ? [] : [base.image]),
			debbase.image,
			...[builders.pybuild, builders.crossbuild].flatMap((builder) => builder?.image ?? []),
			...pythons.flatMap(({ package: deb, pythonImage, wheelbuild, minimal }) => [
				...[deb.image, pythonImage.image, wheelbuild],
				...(minimal === undefined ? [] : [minimal.image]),
			]),
			...appsImages(settings, site, pythons),
		],
		// Not before they are asked for: all files of the apps are read.
		descriptions: () => ({
			...Object.assign(
				{},
				...pythons.map(({ ofPackage, ...of }) => ({
					[`python${of.python.suffix}${suffix}`]: pythonDescription(of),
					[`wheelbuild${of.python.suffix}${suffix}`]: wheelbuildDescription(of),
					[`package${of.python.suffix}${suffix}`]: packageDescription(ofPackage),
					...(of.minimal && {
						[`minimal${of.python.suffix}${suffix}`]: minimalDescription(of),
					}),
				})),
			),
			...appsDescriptions(settings, site, pythons, of.folder),
		}),
	};
}
