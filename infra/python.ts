import type * as pulumi from "@pulumi/pulumi";
import type { DebianBase } from "../components/base/base.ts";
import type { CrossbuildImage } from "../components/crossbuild/crossbuild.ts";
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
import type { PlatformSettings } from "../stacks/platforms.ts";
import type { StackPython } from "../stacks/settings.ts";
import { pythonName } from "../stacks/variants.ts";
import { packagesFolder } from "./images.ts";

/** What {@link makePython} needs: what a stack has once for all of its Pythons. */
export interface PythonsArgs {
	readonly settings: PlatformSettings;
	readonly site: ImageSite;
	/** Whether names that move lead to its images. */
	readonly hasAliases: boolean;
	readonly base: DebianBase;
	readonly debbase: DebbaseImage;
	readonly pybuild: PybuildImage | CrossbuildImage;
	/** Of each component. */
	readonly opts: pulumi.ComponentResourceOptions;
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
	const { settings, base, debbase, pybuild, site, opts } = args;
	const { debian, architecture, stack } = settings;
	const suffix = python.suffix + settings.platformSuffix;
	const shared = { site, debian, python, folder: packagesFolder(stack) };
	const deb = new PythonPackage(`package${suffix}`, { ...shared, architecture, pybuild }, opts);
	const withPackage = { ...shared, package: deb };
	const size = [debian.codename, pythonName(python), architecture] as const;
	const ofImage = {
		...withPackage,
		base,
		debbase,
		budget: sizeBudget(...size),
		ledger: ledgerFile(stack),
		hasAliases: args.hasAliases && hasPythonAliases(settings, python),
	};
	const pythonImage = new PythonImage(`python${suffix}`, ofImage, opts);
	const onPython = { ...withPackage, pythonImage };
	const wheelbuild = new WheelbuildImage(`wheelbuild${suffix}`, onPython, opts);
	if (!hasMinimal(python)) return { python, package: deb, pythonImage, wheelbuild };
	const ofMinimal = {
		...onPython,
		...{ base, debbase, budget: minimalBudget(...size) },
		hasAliases: args.hasAliases && hasMinimalAliases(settings),
	};
	const minimal = new MinimalImage(`minimal${suffix}`, ofMinimal, opts);
	return { python, package: deb, pythonImage, wheelbuild, minimal };
}

/** Whether names that move lead to one of a stack's Pythons at all. */
export function hasPythonAliases(
	{ registry }: Pick<PlatformSettings, "registry">,
	{ suffix }: Pick<StackPython, "suffix">,
): boolean {
	// Amazon ECR takes so few exceptions from immutable tags that there are some for one Python.
	return registry.kind !== "ecr" || suffix === "";
}

/** Whether names that move lead to its image minimal: of that Amazon ECR takes none. */
export function hasMinimalAliases({ registry }: Pick<PlatformSettings, "registry">): boolean {
	return registry.kind !== "ecr";
}

/** The images of one of a stack's Pythons, in the order in which they need each other. */
export function pythonImages(made: MadePython): StackImage[] {
	const { package: deb, pythonImage, wheelbuild, minimal } = made;
	return [deb, pythonImage, wheelbuild, ...(minimal ? [minimal] : [])].map(({ image }) => image);
}
