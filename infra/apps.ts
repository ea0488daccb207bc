import * as pulumi from "@pulumi/pulumi";
import { AppImage, appDescription, appImages } from "../components/app/app.ts";
import type { ImageNaming, ImageSite, StackImage } from "../components/image.ts";
import { appRepository, type ImageRegistry } from "../components/registry/registry.ts";
import type { Description } from "../components/sbom/description.ts";
import {
	localWheel,
	type OwnWheel,
	ownWheel,
	WheelImage,
	wheelImages,
} from "../components/wheel/wheel.ts";
import { WheelhouseImage, wheelhouseImage } from "../components/wheelhouse/wheelhouse.ts";
import type { App } from "../stacks/apps/app.ts";
import { lockedApps } from "../stacks/apps/locked.ts";
import type { Choice, CompiledWheel } from "../stacks/lock/lock.ts";
import { LockError } from "../stacks/lock/lock-error.ts";
import type { Settings, StackPython } from "../stacks/settings.ts";
import type { MadePython } from "./python.ts";

/**
 * The apps of a stack, with what their locks have for it.
 *
 * @throws RunError with everything that is wrong in a lock.
 */
export function stackApps(settings: Settings): App[] {
	try {
		return lockedApps(settings);
	} catch (error) {
		if (error instanceof LockError) throw new pulumi.RunError(error.message);
		throw error;
	}
}

/** A wheel that a stack compiles, of whichever app. */
export interface StackWheel {
	readonly wheel: CompiledWheel | OwnWheel;
	readonly image: StackImage;
	/** The first of the apps that need it. */
	readonly app: App;
}

/** What apps need of each of a stack's Pythons. */
export interface AppsPython {
	readonly python: StackPython;
	readonly pythonImage: { readonly image: StackImage };
	readonly package: { readonly image: StackImage };
	/** Where the stack has it. */
	readonly minimal?: { readonly image: StackImage } | undefined;
}

/** The one that an app has. */
function pythonOf<P extends Pick<AppsPython, "python">>(pythons: readonly P[], app: App): P {
	// Settings have no app without one.
	return pythons.find(({ python }) => python.suffix === app.python.suffix) as P;
}

/** The images of a stack's apps: their wheels, each once, then those of each app. */
export function appsImages(
	settings: Settings,
	site: ImageNaming,
	pythons: readonly AppsPython[],
): StackImage[] {
	const wheelsOfApp = wheelNamings(settings, site);
	const apps = stackApps(settings);
	return [
		...stackWheels(apps, wheelsOfApp).map(({ image }) => image),
		...apps.flatMap((app) => {
			const args = imagesArgs(app, site, pythonOf(pythons, app), wheelsOfApp(app));
			const { dependencies, image } = appImages(args);
			return [args.wheelhouse.image, dependencies, image];
		}),
	];
}

/** What the program writes down of a stack's apps, by artefact: what is in an image, and how it was made. */
export function appsDescriptions(
	settings: Settings,
	site: ImageNaming,
	pythons: readonly AppsPython[],
	folder: string,
): Record<string, Description> {
	const { debian } = settings;
	const wheelsOfApp = wheelNamings(settings, site);
	return Object.fromEntries(
		stackApps(settings).map((app) => {
			const wheelOf = wheelsOfApp(app);
			const { python, package: deb, ...made } = pythonOf(pythons, app);
			const args = imagesArgs(app, site, made, wheelOf);
			const rest = { debian, python, package: deb, wheelOf, folder };
			return [`app-${app.name}${site.suffix ?? ""}`, appDescription({ ...args, ...rest })];
		}),
	);
}

function imagesArgs(
	app: App,
	site: ImageNaming,
	{ pythonImage, minimal }: Pick<AppsPython, "pythonImage" | "minimal">,
	imageOf: WheelNaming,
) {
	return {
		minimal: app.python.image && minimal,
		site,
		own: { ...site, repository: appRepository(site.repository, app.name) },
		app,
		pythonImage,
		wheelhouse: { image: wheelhouseImage({ site, app, wheel: imageOf }) },
		wheel: app.isPackage ? { image: imageOf(ownWheel(app)) } : undefined,
		locals: app.locals.map((local) => ({
			name: local.name,
			wheel: { image: imageOf(localWheel(app, local)) },
		})),
	};
}

/**
 * The artefacts of an app alone: its wheels, its wheelhouse, its dependencies and itself.
 *
 * @param suffix of the platform.
 */
export function artefactsOf(app: App, suffix = ""): string[] {
	return [
		...wheelsOf(app).map(({ name }) => `wheel-${name}`),
		`wheelhouse-${app.name}`,
		`dependencies-${app.name}`,
		`app-${app.name}`,
	].map((artefact) => artefact + suffix);
}

/**
 * Images by artefact. Further ones of an artefact have their key there too: locks may have a build tool
 * in several versions.
 */
export function byArtefact(images: readonly StackImage[]): [artefact: string, StackImage][] {
	const seen = new Set<string>();
	return images.map((image) => {
		const { artefact, key } = image;
		const name = seen.has(artefact) ? `${artefact}-${key}` : artefact;
		seen.add(artefact);
		return [name, image];
	});
}

/** What {@link makeApps} needs. */
export interface AppsArgs {
	readonly settings: Settings;
	readonly apps: readonly App[];
	/** Each app's own, by its name. */
	readonly registries: ReadonlyMap<string, ImageRegistry>;
	readonly site: ImageSite;
	/** Whether names that move lead to its images. */
	readonly hasAliases: boolean;
	readonly pythons: readonly MadePython[];
	/** Where logs of builds, SBOMs and provenances go, from the project root. */
	readonly folder: string;
	/** Of each component. */
	readonly opts: pulumi.ComponentResourceOptions;
}

/** What makes a stack's apps. */
export interface MadeApps {
	readonly wheels: readonly StackImage[];
	readonly apps: readonly MadeApp[];
}

/** Make the wheels and the images of a stack's apps. */
export function makeApps(args: AppsArgs): MadeApps {
	const { settings, site, registries, hasAliases, opts } = args;
	const { suffix = "" } = site;
	const wheelsOfApp = wheelNamings(settings, site);
	const wanted = stackWheels(args.apps, wheelsOfApp);
	const wheels = makeWheels(args, wanted, wheelsOfApp);
	const apps = args.apps.map((app) => {
		const imageOf = wheelsOfApp(app);
		const { python, pythonImage, minimal, package: deb } = pythonOf(args.pythons, app);
		const ofWheelhouse = {
			site,
			app,
			wheel: imageOf,
			pythonImage,
			wheels: app.distributions.flatMap((choice) =>
				choice.kind === "compiled" ? (wheels.get(imageOf(choice).name) ?? []) : [],
			),
		};
		const name = `wheelhouse-${app.name}${suffix}`;
		const wheelhouse = new WheelhouseImage(name, ofWheelhouse, opts);
		const ofApp = {
			site,
			// The program has one for each app.
			own: { ...site, ...ownPlace(registries.get(app.name) as ImageRegistry) },
			app,
			pythonImage,
			minimal: app.python.image && minimal,
			wheelhouse,
			wheel: app.isPackage ? wheels.get(imageOf(ownWheel(app)).name) : undefined,
			locals: app.locals.map((local) => ({
				name: local.name,
				// Made above, as all of stackWheels.
				wheel: wheels.get(imageOf(localWheel(app, local)).name) as WheelImage,
			})),
			debian: settings.debian,
			python,
			package: deb,
			wheelOf: imageOf,
			folder: args.folder,
			hasAliases,
		};
		const image = new AppImage(ofApp, opts);
		return { app, wheelhouse, image };
	});
	return { wheels: wanted.map(({ image }) => image), apps };
}

/** What of an app's own site is not the stack's. */
function ownPlace({ site: { repository, registry } }: ImageRegistry) {
	return { repository, ...(registry && { registry }) };
}

/** An app and the resources that make it. */
export interface MadeApp {
	readonly app: App;
	readonly wheelhouse: WheelhouseImage;
	readonly image: AppImage;
}

/** The wheels, by the names of their images. */
function makeWheels(
	{ settings, site, pythons, folder, opts }: AppsArgs,
	wanted: readonly StackWheel[],
	wheelsOfApp: (app: App) => WheelNaming,
): Map<string, WheelImage> {
	const { debian, stack } = settings;
	const made = new Map<string, WheelImage>();
	const names = new Set<string>();
	for (const { wheel, image, app } of wanted) {
		const imageOf = wheelsOfApp(app);
		const { python, wheelbuild } = pythonOf(pythons, app);
		// Another version of an app is the same thing, made anew.
		const version = wheel.kind === "own" ? "" : `-${wheel.version}`;
		const plain = `wheel-${wheel.name}${version}${site.suffix ?? ""}`;
		// Two apps may lock other tools for one version, or have other Pythons.
		const isFurther = names.has(plain);
		const name = isFurther ? `${plain}-${image.key}` : plain;
		names.add(name);
		const requirements: pulumi.Resource[] = wheel.buildRequirements.flatMap((choice) =>
			choice.kind === "compiled" ? (made.get(imageOf(choice).name) ?? []) : [],
		);
		const shared = { site, debian, python, imageOf, wheelbuild, stack, folder };
		const rest = { ...shared, wheel, requirements, isFurther };
		made.set(image.name, new WheelImage(name, { ...rest, app: app.folder }, opts));
	}
	return made;
}

/** The wheels that apps compile, each once; what builds a wheel stands before it. */
export function stackWheels(
	apps: readonly App[],
	wheelsOfApp: (app: App) => WheelNaming,
): StackWheel[] {
	const found = new Map<string, StackWheel>();
	for (const app of apps) {
		const imageOf = wheelsOfApp(app);
		for (const wheel of wheelsOf(app)) {
			const image = { ...imageOf(wheel), ...compiles(wheel) };
			if (!found.has(image.name)) found.set(image.name, { wheel, image, app });
		}
	}
	return [...found.values()];
}

/** All that is built for an app: what its own wheels need, and these, stand last. */
function wheelsOf(app: App): (CompiledWheel | OwnWheel)[] {
	const { distributions, buildRequirements, locals } = app;
	const tools = [...locals.flatMap((local) => local.buildRequirements), ...buildRequirements];
	const own = locals.map((local) => localWheel(app, local));
	return [
		...[...distributions, ...tools].flatMap(compiledIn),
		...(app.isPackage ? [...own, ownWheel(app)] : own),
	];
}

/** What a wheel's build compiles. Every change of an app builds its own wheel, which is no news. */
function compiles(wheel: CompiledWheel | OwnWheel): Pick<StackImage, "compiles"> {
	if (wheel.kind === "own") return {};
	return { compiles: `${wheel.name} ${wheel.version}: ${wheel.why}` };
}

/** What is compiled for a choice, itself last. */
function compiledIn(choice: Choice): CompiledWheel[] {
	if (choice.kind === "downloaded") return [];
	return [...choice.buildRequirements.flatMap(compiledIn), choice];
}

/** Says which image keeps a wheel. */
type WheelNaming = (wheel: CompiledWheel | OwnWheel) => StackImage;

/** The same for each app, by its Python. */
function wheelNamings({ debian, pythons }: Settings, site: ImageNaming): (app: App) => WheelNaming {
	const namings = pythons.map((python) => ({
		python,
		imageOf: wheelImages({ site, debian, python }),
	}));
	return (app) => pythonOf(namings, app).imageOf;
}
