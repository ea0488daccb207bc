import * as pulumi from "@pulumi/pulumi";
import type { ImageSite, StackImage } from "../image.ts";
import { pushImage } from "../registry/push.ts";
import { stepCommand } from "../step/command.ts";

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
	/** Arguments of the script. */
	readonly arguments: readonly string[];
	/**
	 * Dockerfile instructions for the new image. CMD must be among them: docker commit else keeps the
	 * command that made the image.
	 */
	readonly changes: readonly [cmd: `CMD ${string}`, ...others: string[]];
	readonly labels: Readonly<Record<string, string>>;
	/** Names in the same repository that move to the new image. */
	readonly aliases?: readonly string[];
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
		const { site, image, aliases = [] } = args;
		const made = stepCommand(
			`${name}-commit`,
			"components/commit/run.ts",
			{
				IMAGE: image.name,
				FROM: args.from.name,
				PACKAGES: args.packages.name,
				CONTEXT: args.context,
				ARGUMENTS: args.arguments,
				CHANGES: args.changes,
				LABELS: args.labels,
				ALIASES: aliases,
				PLATFORM: site.platform,
				CA_BUNDLE: site.caBundle,
			},
			{ parent: this },
		);
		this.digest = pushImage(`${name}-push`, site, image, this, made, aliases);
		this.registerOutputs({ image: image.name });
	}
}
