import * as pulumi from "@pulumi/pulumi";
import { aptSources, type DebianRelease } from "../../stacks/debian.ts";
import type { Settings } from "../../stacks/settings.ts";
import { contentKey } from "../content-key.ts";
import { type ImageSite, imageLabels, stackImage } from "../image.ts";
import { pushImage } from "../registry/push.ts";
import { stepCommand } from "../step/command.ts";

/** What {@link DebianBase} needs. */
export interface DebianBaseArgs {
	readonly site: ImageSite;
	readonly debian: DebianRelease;
	/** An image reference, or the Debian archive, there or as it was at a moment. */
	readonly base: Settings["base"];
	/** Debian's name of the architecture. */
	readonly architecture: Settings["architecture"];
}

/**
 * The root file system that all images of a stack start from: an image reference, which Docker pulls,
 * or a root that mmdebstrap bootstraps from the Debian archive on this machine.
 */
export class DebianBase extends pulumi.ComponentResource {
	/** The reference for `FROM`. */
	readonly reference: string;
	/** What identifies the base in the keys of what is built on it. */
	readonly identity: string;

	constructor(name: string, args: DebianBaseArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:DebianBase", name, {}, opts);
		const { base } = args;
		if (base.kind === "image") {
			this.reference = base.reference;
			this.identity = base.reference;
		} else {
			const { image, key } = bootstrap(this, name, args, base.snapshot);
			this.reference = image;
			this.identity = key;
		}
		this.registerOutputs({ reference: this.reference });
	}
}

function bootstrap(
	parent: DebianBase,
	name: string,
	args: DebianBaseArgs,
	snapshot: string | undefined,
) {
	const { site, debian, architecture } = args;
	const sources = aptSources(debian, snapshot)?.join("\n");
	const key = contentKey({
		release: debian.codename,
		architecture,
		sources: sources ?? "the mirror of the machine",
		recipe: { context: "components/base/context" },
	});
	const image = stackImage(site, "base", key);
	const made = stepCommand(
		`${name}-bootstrap`,
		"components/base/bootstrap.ts",
		{
			IMAGE: image.name,
			RELEASE: debian.codename,
			ARCHITECTURE: architecture,
			KEYRING: debian.keyring,
			SOURCES: sources,
			LABELS: {
				...imageLabels(image),
				"org.opencontainers.image.title": `Debian ${debian.number} (${debian.codename})`,
			},
		},
		{ parent },
	);
	pushImage(`${name}-push`, site, image, parent, made);
	return { image: image.name, key: image.key };
}
