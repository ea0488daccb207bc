import type { DebianBase } from "../components/base/base.ts";
import type { DebbaseImage } from "../components/debbase/debbase.ts";
import type { ImageSite, StackImage } from "../components/image.ts";
import { MinimalImage } from "../components/minimal/minimal.ts";
import { PythonPackage } from "../components/package/package.ts";
import type { PybuildImage } from "../components/pybuild/pybuild.ts";
import { PythonImage } from "../components/python/python.ts";
import { ledgerFile } from "../components/sizes/ledger.ts";
import { WheelbuildImage } from "../components/wheelbuild/wheelbuild.ts";
import { sizeBudget } from "../stacks/budget.ts";
import { hasMinimal, minimalBudget } from "../stacks/minimal.ts";
import type { Settings, StackPython } from "../stacks/settings.ts";
import { pythonName } from "../stacks/variants.ts";
import { packagesFolder } from "./images.ts";

/** What {@link makePython} needs: what a stack has once for all of its Pythons. */
export interface PythonsArgs {
	readonly settings: Settings;
	readonly site: ImageSite;
	readonly base: DebianBase;
	readonly debbase: DebbaseImage;
	readonly pybuild: PybuildImage;
}

/** The resources that make one of a stack's Pythons. */
export interface MadePython {
	readonly python: StackPython;
	readonly package: PythonPackage;
	readonly pythonImage: PythonImage;
	readonly wheelbuild: WheelbuildImage;
	/** Where the stack has it. */
	readonly minimal?: MinimalImage;
}

/** Make one of a stack's Pythons: its package, and the images that have it. */
export function makePython(args: PythonsArgs, python: StackPython): MadePython {
	const { settings, base, debbase, pybuild, site } = args;
	const { debian, architecture, stack } = settings;
	const { suffix } = python;
	const shared = { site, debian, python, folder: packagesFolder(stack) };
	const deb = new PythonPackage(`package${suffix}`, { ...shared, architecture, pybuild });
	const withPackage = { ...shared, package: deb };
	const size = [debian.codename, pythonName(python), architecture] as const;
	// Amazon ECR takes so few exceptions from immutable tags that there are some for one image.
	const isEcr = settings.registry.kind === "ecr";
	const pythonImage = new PythonImage(`python${suffix}`, {
		...withPackage,
		base,
		debbase,
		budget: sizeBudget(...size),
		ledger: ledgerFile(stack),
		hasAliases: !isEcr || suffix === "",
	});
	const onPython = { ...withPackage, pythonImage };
	const wheelbuild = new WheelbuildImage(`wheelbuild${suffix}`, onPython);
	if (!hasMinimal(python)) return { python, package: deb, pythonImage, wheelbuild };
	const own = { base, debbase, budget: minimalBudget(...size), hasAliases: !isEcr };
	const minimal = new MinimalImage(`minimal${suffix}`, { ...onPython, ...own });
	return { python, package: deb, pythonImage, wheelbuild, minimal };
}

/** The images of one of a stack's Pythons, in the order in which they need each other. */
export function pythonImages(made: MadePython): StackImage[] {
	const { package: deb, pythonImage, wheelbuild, minimal } = made;
	return [deb, pythonImage, wheelbuild, ...(minimal ? [minimal] : [])].map(({ image }) => image);
}

/** What the outputs say of an image. */
export function imageOutput({ name, key }: Pick<StackImage, "name" | "key">) {
	return { name, key };
}

/** What the outputs say of the images of one of a stack's Pythons, by artefact. */
export function imageOutputs({ pythonImage, wheelbuild, minimal }: MadePython) {
	const made = [pythonImage, wheelbuild, ...(minimal ? [minimal] : [])];
	const images = made.map(({ image, digest }) => [
		image.artefact,
		{ ...imageOutput(image), digest },
	]);
	return Object.fromEntries(images);
}

/** What the outputs say of one of a stack's Pythons itself. */
export function pythonOutput({ python, package: deb }: MadePython) {
	const { version, series, variant, patches, packages } = python;
	return {
		version,
		series: series.series,
		...(variant && { variant }),
		...(patches && { patches: patches.patches.map(({ name, cves }) => ({ name, cves })) }),
		endOfLife: series.endOfLife,
		package: {
			name: deb.packageName,
			version: deb.version,
			architecture: deb.architecture,
			file: deb.file,
			sha256: deb.sha256,
			key: deb.image.key,
		},
		...(packages && { packages: deb.files }),
	};
}
