import type * as pulumi from "@pulumi/pulumi";
import { DebianBase } from "../components/base/base.ts";
import { CrossbuildImage } from "../components/crossbuild/crossbuild.ts";
import { DebbaseImage } from "../components/debbase/debbase.ts";
import type { ImageSite, StackImage } from "../components/image.ts";
import { PybuildImage } from "../components/pybuild/pybuild.ts";
import type { ImageRegistry } from "../components/registry/registry.ts";
import type { App } from "../stacks/apps/app.ts";
import type { PlatformSettings } from "../stacks/platforms.ts";
import { type MadeApp, makeApps } from "./apps.ts";
import { builderOf, makeBuilders } from "./builders.ts";
import { onDockerHost, withDaemon } from "./docker-hosts.ts";
import { packagesFolder } from "./images.ts";
import { type MadePython, makePython, pythonImages } from "./python.ts";

/** What {@link makePlatform} needs. */
export interface PlatformArgs {
	readonly settings: PlatformSettings;
	/** What their locks have for the platform. */
	readonly apps: readonly App[];
	/** The stack's, for whichever platform. */
	readonly site: ImageSite;
	/** Each app's own, by its name. */
	readonly registries: ReadonlyMap<string, ImageRegistry>;
	/** Whether names that move lead to its images. */
	readonly hasAliases: boolean;
	/** Pybuild of the stack's first platform; undefined of that itself. */
	readonly pybuild: PybuildImage | undefined;
}

/** The resources that make all of a stack for one of its platforms. */
export interface MadePlatform {
	readonly settings: PlatformSettings;
	readonly base: DebianBase;
	readonly debbase: DebbaseImage;
	/** Undefined where all Pythons are compiled by another platform's. */
	readonly pybuild: PybuildImage | undefined;
	/** Undefined where none is. */
	readonly crossbuild: CrossbuildImage | undefined;
	readonly pythons: readonly MadePython[];
	readonly wheels: readonly StackImage[];
	readonly apps: readonly MadeApp[];
	/** What has its work done on its Docker daemon. */
	readonly opts: pulumi.ComponentResourceOptions;
}

/** Make all of a stack for one of its platforms. */
export function makePlatform(args: PlatformArgs): MadePlatform {
	const { settings, apps, registries, hasAliases } = args;
	const { debian, architecture, platform, platformSuffix: suffix } = settings;
	const site = { ...args.site, platform, suffix };
	const opts = onDockerHost(settings);
	const base = new DebianBase(
		`base${suffix}`,
		{ site, debian, base: settings.base, architecture },
		opts,
	);
	const debbase = new DebbaseImage(`debbase${suffix}`, { site, debian, base }, opts);
	const builders = makeBuilders({
		settings,
		pybuild: () => new PybuildImage(`pybuild${suffix}`, { site, debian, debbase }, opts),
		crossbuild: (pybuild) =>
			new CrossbuildImage(`crossbuild${suffix}`, { site, debian, architecture, pybuild }),
		first: args.pybuild,
	});
	const pythons = settings.pythons.map((python) => {
		const pybuild = builderOf(builders, settings, python);
		return makePython({ settings, site, base, debbase, pybuild, hasAliases, opts }, python);
	});
	const folder = packagesFolder(settings.stack);
	const made = makeApps({ settings, apps, site, pythons, registries, hasAliases, folder, opts });
	return { settings, base, debbase, ...builders, pythons, ...made, opts };
}

/** Those from which all others are made. */
export function stageImages({ base, debbase, pybuild, crossbuild }: MadePlatform): StackImage[] {
	return [base, debbase, pybuild, crossbuild].flatMap((made) => made?.image ?? []);
}

/** The images of a stack for one of its platforms, in the order in which they need each other. */
export function platformImages(made: MadePlatform): readonly StackImage[] {
	return withDaemon(made.settings, [
		...stageImages(made),
		...made.pythons.flatMap(pythonImages),
		...made.wheels,
		...made.apps.flatMap(({ wheelhouse, image }) => [
			wheelhouse.image,
			image.dependencies,
			image.image,
		]),
	]);
}
