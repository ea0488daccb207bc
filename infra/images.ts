import { baseSource } from "../components/base/base.ts";
import { debbaseImage } from "../components/debbase/debbase.ts";
import type { StackImage } from "../components/image.ts";
import { packageImages } from "../components/package/package.ts";
import { pybuildImage } from "../components/pybuild/pybuild.ts";
import { pythonImage } from "../components/python/python.ts";
import { wheelbuildImage } from "../components/wheelbuild/wheelbuild.ts";
import type { Settings } from "../stacks/settings.ts";
import { appsImages } from "./apps.ts";

/**
 * The images that the program makes of a stack's settings, in the order in which they need each other.
 * Files of this checkout are read, and nobody is asked.
 *
 * @param repository where they are named: what stands before a tag.
 */
export function stackImages(settings: Settings, repository: string): StackImage[] {
	const { debian, python, architecture, platform, packageRelease, profile } = settings;
	const of = { site: { repository, platform }, debian, python, packageRelease, profile };
	const base = baseSource({ ...of, base: settings.base, architecture });
	const debbase = { image: debbaseImage({ ...of, base }) };
	const pybuild = pybuildImage({ ...of, debbase });
	const deb = packageImages({ ...of, pybuild });
	const image = pythonImage({ ...of, debbase, package: deb });
	const wheelbuild = wheelbuildImage({ ...of, pythonImage: { image } });
	return [
		...(base.image === undefined ? [] : [base.image]),
		debbase.image,
		pybuild.image,
		deb.image,
		image,
		wheelbuild,
		...appsImages(settings, of.site, { image }),
	];
}
