import * as pulumi from "@pulumi/pulumi";
import { aptSources, type DebianRelease, isFrozen } from "../../stacks/debian.ts";
import type { Settings } from "../../stacks/settings.ts";
import { contentKey } from "../content-key.ts";
import { type ImageSite, imageLabels, isLost, type StackImage, stackImage } from "../image.ts";
import { pushImage } from "../registry/push.ts";
import { stepCommand } from "../step/command.ts";

const CONTEXT = "components/base/context";

/**
 * How mmdebstrap is called. Its own version is in no key: a base would be another one on each machine,
 * and none could reuse what another pushed. What versions do differently, `customize` and bootstrap.ts
 * make the same.
 */
export const MMDEBSTRAP_OPTIONS = [
	"--variant=minbase",
	`--dpkgopt=${CONTEXT}/dpkg.cfg.d/docker-slim`,
	// Hooks of mmdebstrap's own; each looks by itself whether the release needs it. Without the first,
	// bookworm's init-system-helpers brings usrmerge, and that all of perl: 47 MB.
	"--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr",
	// jessie's essential packages cannot all be unpacked at once.
	"--hook-dir=/usr/share/mmdebstrap/hooks/maybe-jessie-or-older",
	// No service starts at an installation, in the bootstrap and in what is built on it: mmdebstrap's own
	// policy-rc.d, which it removes at its end whoever wrote it, is left out for ours.
	"--skip=chroot/policy-rc.d",
	`--extract-hook=install --mode=0755 ${CONTEXT}/policy-rc.d "$1/usr/sbin/policy-rc.d"`,
	`--customize-hook=sh ${CONTEXT}/customize "$1"`,
];

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
	/** The image that is bootstrapped; undefined where the base is another's. */
	readonly image: StackImage | undefined;
	/** The reference for `FROM`. */
	readonly reference: string;
	/** What identifies the base in the keys of what is built on it. */
	readonly identity: string;
	/**
	 * Where its archive changes no more: the fingerprints of the keys that it is signed with, whose
	 * expiry is forgiven there, as is a Valid-Until that is past. Else none.
	 */
	readonly frozenKeys: readonly string[];

	constructor(name: string, args: DebianBaseArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:DebianBase", name, {}, opts);
		const { base, debian } = args;
		const snapshot = base.kind === "archive" ? base.snapshot : undefined;
		this.frozenKeys = isFrozen(debian, snapshot) ? debian.signingKeys : [];
		if (base.kind === "image") {
			this.image = undefined;
			this.reference = base.reference;
			this.identity = base.reference;
		} else {
			this.image = bootstrap(this, name, args, snapshot);
			this.reference = this.image.name;
			this.identity = this.image.key;
		}
		this.registerOutputs({ reference: this.reference });
	}
}

function bootstrap(
	parent: DebianBase,
	name: string,
	args: DebianBaseArgs,
	snapshot: string | undefined,
): StackImage {
	const { site, debian, architecture } = args;
	const sources = aptSources(debian, snapshot)?.join("\n");
	const title = `Debian ${debian.number} (${debian.codename})`;
	const key = contentKey({
		release: debian.codename,
		title,
		architecture,
		sources: sources ?? "the mirror of the machine",
		options: MMDEBSTRAP_OPTIONS,
		recipe: { context: CONTEXT },
		...(parent.frozenKeys.length > 0 && {
			frozenKeys: parent.frozenKeys,
			frozen: { context: "components/debbase/context/frozen" },
		}),
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
			OPTIONS: MMDEBSTRAP_OPTIONS,
			FROZEN_KEYS: parent.frozenKeys,
			CREATED: snapshot && moment(snapshot),
			LABELS: {
				...imageLabels(image),
				"org.opencontainers.image.title": title,
			},
		},
		{ parent },
		isLost(site, image),
	);
	pushImage(`${name}-push`, site, image, parent, made);
	return image;
}

/** A moment of snapshot.debian.org such as 20260101T000000Z, in ISO 8601's long form. */
function moment(snapshot: string): string {
	return snapshot.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5");
}
