import * as pulumi from "@pulumi/pulumi";
import { MINIMAL, maintainerTools, minimalBase } from "../../stacks/minimal.ts";
import type { StackPython } from "../../stacks/settings.ts";
import { pythonName, versionName } from "../../stacks/variants.ts";
import { contentKey } from "../content-key.ts";
import {
	artefactInput,
	type ImageSite,
	imageLabels,
	isLost,
	ofPython,
	type StackImage,
	stackImage,
} from "../image.ts";
import {
	type PythonArgs,
	type PythonImage,
	pythonAliases,
	pythonGates,
	pythonInstall,
	pythonLabels,
} from "../python/python.ts";
import { publishDescribed } from "../registry/push.ts";
import { type Description, describeImage } from "../sbom/description.ts";
import { stepCommand } from "../step/command.ts";
import { CONTEXT, FOLDERS } from "./contexts.ts";
import { minimalStep } from "./step.ts";

/** What the image minimal of a Python follows from. */
export interface MinimalArgs extends PythonArgs {
	readonly pythonImage: { readonly image: StackImage };
}

/** What {@link MinimalImage} needs. */
export interface MinimalImageArgs extends MinimalArgs {
	readonly site: ImageSite;
	readonly pythonImage: PythonImage;
	readonly package: { readonly image: StackImage; readonly version: string };
	/** Bytes that the image may have; undefined: any number. */
	readonly budget: number | undefined;
	/** What labels call the stack's base. */
	readonly base: { readonly label: string };
	/** Whether {@link pythonAliases} of its kind move to it. */
	readonly hasAliases: boolean;
}

/** Debian's nobody (base-passwd), by its numbers: Kubernetes tells by a number that it is not root. */
const USER = "65534:65534";

/** Arguments of context/assemble.py, behind the folder, and of context/packages. */
export function assembleArguments(python: StackPython): string[] {
	return [minimalBase.join(","), maintainerTools.join(","), `cpython${pythonName(python)}`];
}

/** What the image sets: what python does, and a user. */
export function minimalChanges(python: StackPython): readonly string[] {
	return [...pythonInstall(python).changes, `USER ${USER}`];
}

/** The image minimal of a Python, by the stack's settings. */
export function minimalImage(args: MinimalArgs): StackImage {
	const { site, python, pythonImage } = args;
	const key = contentKey({
		python: pythonImage.image.key,
		arguments: assembleArguments(python),
		changes: minimalChanges(python),
		context: { context: CONTEXT },
		...Object.fromEntries(
			Object.entries(FOLDERS).map(([name, context]) => [`context ${name}`, { context }]),
		),
	});
	const tag = `minimal-${versionName(python)}-r${python.packageRelease}`;
	return ofPython(stackImage(site, "minimal", key, tag), python);
}

/** What describes the image minimal of a Python, by the stack's settings. */
export function minimalDescription(args: MinimalArgs): Description {
	return describeImage({
		...args,
		image: minimalImage(args),
		from: args.pythonImage.image,
		package: args.package.image,
		hasPip: false,
	});
}

/**
 * The image minimal: CPython and the packages of Debian that it needs, of the image python, file by file as
 * dpkg's lists have them. It has no shell, no package manager and no pip, and does not run as root.
 */
export class MinimalImage extends pulumi.ComponentResource {
	readonly image: StackImage;
	/** `repository@sha256:...`; undefined without a registry. */
	readonly digest: pulumi.Output<string | undefined> | undefined;

	constructor(name: string, args: MinimalImageArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:MinimalImage", name, {}, opts);
		const { site, python, pythonImage } = args;
		const image = minimalImage(args);
		this.image = image;
		const aliases = args.hasAliases ? pythonAliases(site, python, MINIMAL) : [];
		const made = stepCommand(
			`${name}-image`,
			minimalStep,
			{
				IMAGE: image.name,
				ARTEFACT: artefactInput(image),
				LABELS: {
					...imageLabels(image),
					...pythonLabels(python, { base: args.base.label, package: args.package.version }),
				},
				FROM: pythonImage.image.name,
				ARGUMENTS: assembleArguments(python),
				CHANGES: minimalChanges(python),
				ALIASES: aliases,
				GATES: minimalGates(args),
				PLATFORM: site.platform,
				BUDGET: args.budget?.toString(),
			},
			{ parent: this, dependsOn: [pythonImage] },
			isLost(site, image),
		);
		const own = { site, image, parent: this, made };
		const description = minimalDescription(args);
		this.digest = publishDescribed(name, { ...own, description, aliases });
		this.registerOutputs({ image: image.name });
	}
}

/** The gates of context/gates, with the arguments of those of the image python. */
function minimalGates({ python, debian }: MinimalArgs): string[] {
	const [interpreter = "", , ...rest] = pythonGates(python, debian).command;
	return [interpreter, "-B", "/mnt/gates", ...rest];
}
