import * as pulumi from "@pulumi/pulumi";
import type { App, LocalDistribution } from "../../stacks/apps/app.ts";
import type { DebianRelease } from "../../stacks/debian.ts";
import type { Choice, CompiledWheel } from "../../stacks/lock/lock.ts";
import type { StackPython } from "../../stacks/settings.ts";
import { abiFlags } from "../../stacks/variants.ts";
import { appFiles } from "../app-files.ts";
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
import { tagOf } from "../image-name.ts";
import { pushImage } from "../registry/push.ts";
import { stepCommand, stepResult } from "../step/command.ts";
import type { InputsOf } from "../step/definition.ts";
import { type WheelbuildImage, wheelBuilder } from "../wheelbuild/wheelbuild.ts";
import { type Requirement, wheelStep } from "./step.ts";

/** An app that is a distribution itself, or one that is a folder: its wheel is built of its own files. */
export interface OwnWheel
	extends Pick<App, "name" | "version" | "folder" | "files" | "buildRequirements"> {
	readonly kind: "own";
	/** Debian packages that its build needs. */
	readonly buildPackages: readonly string[];
}

/** The wheel of an app that is a distribution itself (`isPackage`). */
export function ownWheel(app: App): OwnWheel {
	const { name, version, folder, files, buildRequirements } = app;
	const buildPackages = app.buildPackages[name] ?? [];
	const said = version === undefined ? {} : { version };
	return { kind: "own", name, ...said, folder, files, buildRequirements, buildPackages };
}

/** The wheel of one of an app's distributions that are folders. */
export function localWheel(app: App, local: LocalDistribution): OwnWheel {
	const { path: _, ...rest } = local;
	return { kind: "own", ...rest, buildPackages: app.buildPackages[local.name] ?? [] };
}

/** What {@link wheelImage} needs. */
export interface WheelImageArgs {
	readonly site: ImageNaming;
	readonly debian: DebianRelease;
	readonly python: StackPython;
	/** What is compiled. */
	readonly wheel: CompiledWheel | OwnWheel;
}

/** What {@link wheelInputs} needs. */
export interface WheelInputsArgs extends WheelImageArgs {
	readonly site: ImageSite;
	/** Folder of an app that needs it, and the stack: errors say what to do there. Neither is in the key. */
	readonly app: string;
	readonly stack: string;
	/** Where the build's output goes, from the project root. */
	readonly folder: string;
	/** Whether the stack has another wheel of its name, such as for another Python. */
	readonly isFurther?: boolean;
}

/** What {@link WheelImage} needs. */
export interface WheelArgs extends WheelInputsArgs {
	/** Names the wheels of the stack ({@link wheelImages}). */
	readonly imageOf: (wheel: CompiledWheel | OwnWheel) => StackImage;
	readonly wheelbuild: WheelbuildImage;
	/** Those of its build requirements that are compiled. */
	readonly requirements: readonly pulumi.Resource[];
}

/**
 * The image that keeps a wheel which is compiled here, by its source and what builds that. Neither the
 * base nor the patch number of CPython takes part.
 */
export function wheelImage(args: WheelImageArgs): StackImage {
	return wheelImages(args)(args.wheel);
}

/** The same of any wheel of a stack: for many, of which one builds the other, each is named once. */
export function wheelImages(
	args: Omit<WheelImageArgs, "wheel">,
): (wheel: CompiledWheel | OwnWheel) => StackImage {
	const { site, debian, python } = args;
	const { inputs: shared } = contentKey({
		abi: pythonTag(python) + abiFlags(python),
		release: debian.codename,
		platform: site.platform,
		recipe: wheelBuilder(args).recipe,
		context: { context: "components/wheel/context" },
	});
	const named = new WeakMap<CompiledWheel | OwnWheel, StackImage>();
	const imageOf = (wheel: CompiledWheel | OwnWheel): StackImage => {
		const image = named.get(wheel) ?? name(wheel);
		named.set(wheel, image);
		return image;
	};
	const name = (wheel: CompiledWheel | OwnWheel): StackImage => {
		const requirements = wheel.buildRequirements.map(
			(choice) => [`build requirement ${choice.name}`, bytesOf(choice, imageOf)] as const,
		);
		const key = contentKey({
			...(wheel.kind === "own"
				? { version: wheel.version ?? "none", files: appFiles(wheel) }
				: { sdist: `${wheel.name} ${wheel.version} sha256:${wheel.sdist.sha256}` }),
			...Object.fromEntries(requirements),
			packages: [...new Set(wheel.buildPackages)].sort(),
			...shared,
		});
		return stackImage(site, `wheel-${wheel.name}`, key, titleOf(wheel));
	};
	return imageOf;
}

/** Such as wheel-psycopg2-2.9.10. */
function titleOf({ name, version }: CompiledWheel | OwnWheel): string {
	return ["wheel", name, ...(version === undefined ? [] : [version])].join("-");
}

/** What decides the bytes of a build requirement. */
function bytesOf(choice: Choice, imageOf: (wheel: CompiledWheel) => StackImage): string {
	const bytes =
		choice.kind === "compiled" ? `key:${imageOf(choice).key}` : `sha256:${choice.file.sha256}`;
	return `${choice.version} ${bytes}`;
}

/** Such as cp313: the tag of the interpreter that the wheel is built by, of whichever variant (PEP 425). */
function pythonTag({ series }: StackPython): string {
	return `cp${series.series.replace(".", "")}`;
}

/**
 * A wheel that is compiled here: wheelbuild builds its source offline, and the wheel is
 * kept as an image made from scratch (`/wheels/<file>`).
 */
export class WheelImage extends pulumi.ComponentResource {
	readonly image: StackImage;
	/** Name of the file in `/wheels`: known once it is built. */
	readonly file: pulumi.Output<string>;
	/** SHA-256 of the file, in hexadecimal: known once it is built. */
	readonly sha256: pulumi.Output<string>;

	constructor(name: string, args: WheelArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:WheelImage", name, {}, opts);
		const { site, wheelbuild, imageOf } = args;
		this.image = imageOf(args.wheel);
		const build = stepCommand(
			`${name}-build`,
			wheelStep,
			wheelInputs(args, imageOf),
			{ parent: this, dependsOn: [wheelbuild, ...args.requirements] },
			isLost(site, this.image),
		);
		pushImage(`${name}-push`, site, this.image, this, build);
		const result = stepResult(wheelStep, build);
		this.file = result.apply(({ file }) => file);
		this.sha256 = result.apply(({ sha256 }) => sha256);
		this.registerOutputs({ image: this.image.name, file: this.file, sha256: this.sha256 });
	}
}

/** The inputs of the step that makes the wheel. */
export function wheelInputs(
	args: WheelInputsArgs,
	imageOf = wheelImages(args),
): InputsOf<typeof wheelStep> {
	const { site, debian, python, wheel, app, isFurther } = args;
	const image = imageOf(wheel);
	const isSameAnew = wheel.kind === "own" && !isFurther;
	const { builder, recipe } = wheelBuilder(args);
	return {
		IMAGE: image.name,
		ARTEFACT: artefactInput(image),
		BUILDER: builder,
		RECIPE: recipe,
		PLATFORM: site.platform,
		CA_BUNDLE: site.caBundle,
		NAME: wheel.name,
		VERSION: wheel.version,
		SOURCE: wheel.kind === "own" ? { app: appFiles(wheel) } : { sdist: wheel.sdist },
		REQUIREMENTS: wheel.buildRequirements.map((choice) => requirementOf(choice, imageOf)),
		PACKAGES: [...new Set(wheel.buildPackages)].sort(),
		ABI: pythonTag(python),
		DEBIAN: { codename: debian.codename, number: String(debian.number) },
		APP: app,
		STACK: args.stack,
		// Locks may have other tools for one version; an app's own wheel is the same thing made anew.
		LOG: `${args.folder}/${isSameAnew ? titleOf(wheel) + (site.suffix ?? "") : tagOf(image.name)}.build`,
		LABELS: {
			...imageLabels(image),
			"org.opencontainers.image.title": wheel.name,
			...(wheel.version !== undefined && { "org.opencontainers.image.version": wheel.version }),
		},
	};
}

function requirementOf(choice: Choice, imageOf: (wheel: CompiledWheel) => StackImage): Requirement {
	const { name, version } = choice;
	return choice.kind === "compiled"
		? { name, version, image: imageOf(choice).name }
		: { name, version, file: choice.file };
}
