import * as pulumi from "@pulumi/pulumi";
import type { App } from "../../stacks/apps/app.ts";
import type { DebianRelease } from "../../stacks/debian.ts";
import type { CompiledWheel } from "../../stacks/lock/lock.ts";
import type { StackPython } from "../../stacks/settings.ts";
import { type AppFiles, appFiles } from "../app-files.ts";
import { contentKey } from "../content-key.ts";
import {
	artefactInput,
	type ImageNaming,
	type ImageSite,
	imageLabels,
	isLost,
	type StackImage,
	stackImage,
} from "../image.ts";
import { assembleArguments, type MinimalImage } from "../minimal/minimal.ts";
import type { PythonImage } from "../python/python.ts";
import { APP_ALIAS } from "../registry/ecr-policies.ts";
import { publishDescribed, pushImage } from "../registry/push.ts";
import { type Description, describeApp } from "../sbom/description.ts";
import { stepCommand } from "../step/command.ts";
import { quoteInstruction } from "../step/instructions.ts";
import type { WheelImage } from "../wheel/wheel.ts";
import type { WheelhouseImage } from "../wheelhouse/wheelhouse.ts";
import { CONTEXT, FOLDERS, LOCALS_CONTEXT, MINIMAL_FOLDERS } from "./contexts.ts";
import { appStep, dependenciesStep, type OnMinimal } from "./step.ts";

/** What {@link appImages} needs. */
export interface AppImagesArgs {
	/** Of the stack, where the dependencies are named. */
	readonly site: ImageNaming;
	/** Of the app, where its image is named. */
	readonly own: ImageNaming;
	readonly app: App;
	readonly pythonImage: { readonly image: StackImage };
	/** What it stands on, where that is the image minimal. */
	readonly minimal?: { readonly image: StackImage } | undefined;
	readonly wheelhouse: { readonly image: StackImage };
	/** Its own wheel, where the app is a distribution. */
	readonly wheel?: { readonly image: StackImage } | undefined;
	/** The wheels of its distributions that are folders. */
	readonly locals: readonly LocalWheel<{ readonly image: StackImage }>[];
}

/** The wheel of one of an app's distributions that are folders. */
export interface LocalWheel<Wheel> {
	/** Normalised name of the distribution. */
	readonly name: string;
	readonly wheel: Wheel;
}

/** What {@link appDescription} needs. */
export interface AppDescriptionArgs extends AppImagesArgs {
	readonly debian: DebianRelease;
	readonly python: StackPython;
	readonly package: { readonly image: StackImage };
	/** The image that has the wheel of a distribution which is compiled here. */
	readonly wheelOf: (choice: CompiledWheel) => StackImage;
	/** Where its SBOM and provenance go, from the project root. */
	readonly folder: string;
}

/** What {@link AppImage} needs. */
export interface AppImageArgs extends AppDescriptionArgs {
	readonly site: ImageSite;
	readonly own: ImageSite;
	readonly pythonImage: PythonImage;
	readonly minimal?: MinimalImage | undefined;
	readonly wheelhouse: WheelhouseImage;
	readonly wheel?: WheelImage | undefined;
	readonly locals: readonly LocalWheel<WheelImage>[];
	/** Whether {@link appAlias} moves to it. */
	readonly hasAliases: boolean;
}

/** The images of an app, by its settings. */
export interface AppImages {
	/** The image python with all distributions of the lock, in layers that apps share. */
	readonly dependencies: StackImage;
	/** The same with the app. */
	readonly image: StackImage;
	/** The app's files that they follow from. */
	readonly files: AppFiles;
}

/** The images of an app, by its settings and its files. */
export function appImages(args: AppImagesArgs): AppImages {
	const { site, own, app, minimal, locals } = args;
	const files = appFiles(app);
	const hasLocals = locals.length > 0;
	const ofDependencies = contentKey({
		python: (minimal ?? args.pythonImage).image.key,
		...(minimal !== undefined && { minimal: { context: MINIMAL_FOLDERS.minimal } }),
		wheelhouse: args.wheelhouse.image.key,
		packages: app.packages,
		importExceptions: Object.keys(app.importExceptions).sort(),
		// What its gates say may be said of the app's alone: these distributions may need each other.
		...(hasLocals && { gates: "with the app" }),
		context: { context: CONTEXT },
		...Object.fromEntries(
			Object.entries(FOLDERS).map(([name, context]) => [`context ${name}`, { context }]),
		),
	});
	const dependencies = stackImage(site, `dependencies-${app.name}`, ofDependencies);
	const key = contentKey({
		dependencies: dependencies.key,
		version: app.version ?? "none",
		...(args.wheel === undefined ? { files } : { wheel: args.wheel.image.key }),
		...Object.fromEntries(locals.map(({ name, wheel }) => [`local ${name}`, wheel.image.key])),
		...(hasLocals && { locals: { context: LOCALS_CONTEXT } }),
		user: app.user,
		changes: appChanges(app),
		smoke: JSON.stringify(app.smoke ?? []),
	});
	const image = stackImage(own, `app-${app.name}`, key, app.version ?? "app");
	return { dependencies, image, files };
}

/** The wheels that are installed with an app: of its folders, and its own. */
function ownWheels<Wheel>({
	locals,
	wheel,
}: {
	readonly locals: readonly LocalWheel<Wheel>[];
	readonly wheel?: Wheel | undefined;
}): Wheel[] {
	return [...locals.map((local) => local.wheel), ...(wheel === undefined ? [] : [wheel])];
}

/** How the steps get the app onto the image minimal, where it stands on that. */
function onMinimal({ minimal, pythonImage, python }: AppImageArgs): OnMinimal | undefined {
	return minimal && { tools: pythonImage.image.name, arguments: assembleArguments(python) };
}

/** What describes the image of an app, by its settings. */
export function appDescription(
	args: AppDescriptionArgs,
	{ dependencies, image, files }: AppImages = appImages(args),
): Description {
	const { pythonImage, minimal = pythonImage, wheelhouse, wheel } = args;
	return describeApp({
		...args,
		image,
		dependencies,
		files,
		from: [minimal, wheelhouse, ...ownWheels(args)].map((each) => each.image),
		package: args.package.image,
		wheel: wheel?.image,
	});
}

/**
 * The Dockerfile instructions of an app's image, beside USER. A health check begins early, so that an
 * app which starts in seconds is soon known to be well, and may take long on a busy machine.
 */
export function appChanges(app: App): readonly string[] {
	return [
		`CMD ${JSON.stringify(app.command)}`,
		"WORKDIR /app",
		...app.ports.map((port) => `EXPOSE ${port}/tcp`),
		...Object.entries(app.environment)
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.map(([name, value]) => `ENV ${name}=${quoteInstruction(value)}`),
		...(app.healthcheck === undefined
			? []
			: [
					`HEALTHCHECK --interval=10s --timeout=10s --start-period=60s CMD ${JSON.stringify(app.healthcheck)}`,
				]),
	];
}

/** The name that moves to an app's newest image. */
export function appAlias({ repository }: Pick<ImageNaming, "repository">): string {
	return `${repository}:${APP_ALIAS}`;
}

/** The OCI annotations of an app's image: those of python are of CPython. */
export function appLabels(app: App): Readonly<Record<string, string>> {
	return {
		"org.opencontainers.image.title": app.name,
		"org.opencontainers.image.version": app.version ?? "",
		"org.opencontainers.image.revision": "",
	};
}

/**
 * An app for production: the image python with the distributions of its lock in layers of their own,
 * and on top the app: its own wheel where it is a distribution, else its files in /app. It runs as an
 * unprivileged user, who may write nothing; any other works too.
 */
export class AppImage extends pulumi.ComponentResource {
	readonly dependencies: StackImage;
	readonly image: StackImage;
	/** `repository@sha256:...`; undefined without a registry. */
	readonly digest: pulumi.Output<string | undefined> | undefined;

	constructor(args: AppImageArgs, opts?: pulumi.ComponentResourceOptions) {
		const { own, app, wheel, locals } = args;
		const images = appImages(args);
		const { dependencies, image, files } = images;
		super("debian-python:components:AppImage", image.artefact, {}, opts);
		this.dependencies = dependencies;
		this.image = image;
		const installed = this.#installDependencies(args);
		const aliases = args.hasAliases ? [appAlias(own)] : [];
		const made = stepCommand(
			`${image.artefact}-commit`,
			appStep,
			{
				IMAGE: image.name,
				ARTEFACT: artefactInput(image),
				FROM: dependencies.name,
				MINIMAL: onMinimal(args),
				FILES: wheel ? undefined : files,
				WHEEL: wheel && { name: app.name, image: wheel.image.name },
				LOCALS: locals.map(({ name, wheel: { image } }) => ({ name, image: image.name })),
				IMPORT_EXCEPTIONS: Object.keys(app.importExceptions).sort(),
				USER: app.user,
				CHANGES: appChanges(app),
				SMOKE: app.smoke ?? [],
				LABELS: { ...imageLabels(image), ...appLabels(app) },
				ALIASES: aliases,
				PLATFORM: own.platform,
			},
			{ parent: this, dependsOn: [installed, ...ownWheels(args)] },
			isLost(own, image),
		);
		this.digest = publishDescribed(image.artefact, {
			site: own,
			image,
			parent: this,
			made,
			aliases,
			description: appDescription(args, images),
		});
		this.registerOutputs({ image: image.name });
	}

	#installDependencies(args: AppImageArgs): pulumi.Resource {
		const { site, app, pythonImage, minimal = pythonImage, wheelhouse, folder } = args;
		const { dependencies } = this;
		const made = stepCommand(
			`${dependencies.artefact}-commit`,
			dependenciesStep,
			{
				IMAGE: dependencies.name,
				ARTEFACT: artefactInput(dependencies),
				FROM: minimal.image.name,
				MINIMAL: onMinimal(args),
				WHEELHOUSE: wheelhouse.image.name,
				PACKAGES: app.packages,
				IMPORT_EXCEPTIONS: Object.keys(app.importExceptions).sort(),
				LOCALS: args.locals.map(({ name }) => name),
				LABELS: imageLabels(dependencies),
				LAYERS: `${folder}/.layers-${app.name}${site.suffix ?? ""}.json`,
				PLATFORM: site.platform,
				CA_BUNDLE: site.caBundle,
			},
			{ parent: this, dependsOn: [minimal, wheelhouse] },
			isLost(site, dependencies),
		);
		pushImage(`${dependencies.artefact}-push`, site, dependencies, this, made);
		return made;
	}
}
