import * as pulumi from "@pulumi/pulumi";
import { artefactInput, type ImageSite, isLost, type StackImage } from "../image.ts";
import { publishDescribed } from "../registry/push.ts";
import type { Description } from "../sbom/description.ts";
import { stepCommand } from "../step/command.ts";
import { commitStep } from "./step.ts";

/** What an image is held to before it gets its name. */
export interface Gates {
	/**
	 * Command that runs in the new image, as a user without a name, read-only and without a network;
	 * it finds the context at `/mnt`. Where it fails, it says `error: gate NAME: WHAT; REMEDY`.
	 */
	readonly command: readonly string[];
	/** The paths that the script may change: of a folder that ends with a slash, all that is in it. */
	readonly paths: readonly string[];
}

/** What {@link CommittedImage} needs. */
export interface CommittedImageArgs {
	readonly site: ImageSite;
	/** The image to make. */
	readonly image: StackImage;
	/** The image that the script runs in. */
	readonly from: StackImage;
	/** The image whose `/packages` the script finds at `/mnt`. */
	readonly packages: StackImage;
	/** Folder, from the project root, that is at `/mnt` too; the script is its file `install`. */
	readonly context: string;
	/** Folder, from the project root, that is at `/mnt/variant`: then its file `install` is the script. */
	readonly variant?: string | undefined;
	/** Arguments of the script. */
	readonly arguments: readonly string[];
	/**
	 * Dockerfile instructions for the new image. CMD must be among them: docker commit else keeps the
	 * command that made the image.
	 */
	readonly changes: readonly [cmd: `CMD ${string}`, ...others: string[]];
	readonly labels: Readonly<Record<string, string>>;
	/** What must hold before the image gets its name; without it nothing is checked. */
	readonly gates?: Gates;
	/** Names in the same repository that move to the new image. */
	readonly aliases?: readonly string[];
	/** Its SBOM and provenance. */
	readonly description: Description;
	/** Bytes that the image may add to its base: with more it is not made. No limit by default. */
	readonly budget?: number;
	/** File from the project root that may have the sizes so far: the error then names what grew. */
	readonly ledger?: string;
}

/**
 * Run, mount, commit: a script runs in an image with packages mounted, and the result becomes an
 * image, which holds what the script installed but never the packages themselves.
 */
export class CommittedImage extends pulumi.ComponentResource {
	/** `repository@sha256:...`; undefined without a registry. */
	readonly digest: pulumi.Output<string | undefined> | undefined;

	constructor(name: string, args: CommittedImageArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:CommittedImage", name, {}, opts);
		const { site, image, description, aliases = [] } = args;
		const made = stepCommand(
			`${name}-commit`,
			commitStep,
			{
				IMAGE: image.name,
				ARTEFACT: artefactInput(image),
				FROM: args.from.name,
				PACKAGES: args.packages.name,
				CONTEXT: args.context,
				VARIANT: args.variant,
				ARGUMENTS: args.arguments,
				CHANGES: args.changes,
				LABELS: args.labels,
				ALIASES: aliases,
				GATES: args.gates?.command ?? [],
				PATHS: args.gates?.paths ?? [],
				PLATFORM: site.platform,
				CA_BUNDLE: site.caBundle,
				BUDGET: args.budget?.toString(),
				LEDGER: args.ledger,
			},
			{ parent: this },
			isLost(site, image),
		);
		const own = { site, image, parent: this, made };
		this.digest = publishDescribed(name, { ...own, description, aliases });
		this.registerOutputs({ image: image.name });
	}
}
