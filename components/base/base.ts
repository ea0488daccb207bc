import * as pulumi from "@pulumi/pulumi";
import { aptSources, type DebianRelease, isFrozen } from "../../stacks/debian.ts";
import type { Settings } from "../../stacks/settings.ts";
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
import { NO_REGISTRY, tagOf } from "../image-name.ts";
import { pushImage } from "../registry/push.ts";
import { stepCommand } from "../step/command.ts";
import { bootstrapStep, pullStep } from "./step.ts";

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

/** What {@link baseSource} needs. */
export interface BaseSourceArgs {
	readonly site: ImageNaming;
	readonly debian: DebianRelease;
	/** An image reference, or the Debian archive, there or as it was at a moment. */
	readonly base: Settings["base"];
	/** Debian's name of the architecture. */
	readonly architecture: Settings["architecture"];
}

/** What {@link DebianBase} needs. */
export interface DebianBaseArgs extends BaseSourceArgs {
	readonly site: ImageSite;
}

/** What the images on a base need to know of it. */
export interface BaseSource {
	/** The image that is made here; undefined where the base is another's as it is. */
	readonly image: StackImage | undefined;
	/** The reference for `FROM`. */
	readonly reference: string;
	/** What identifies the base in the keys of what is built on it. */
	readonly identity: string;
	/** What the labels of what is built on it call it: the same whatever repository has it. */
	readonly label: string;
	/**
	 * Where its archive changes no more: the fingerprints of the keys that it is signed with, whose
	 * expiry is forgiven there, as is a Valid-Until that is past. Else none.
	 */
	readonly frozenKeys: readonly string[];
}

/** What a stack's base is, by its settings. */
export function baseSource({ site, debian, base, architecture }: BaseSourceArgs): BaseSource {
	const snapshot = snapshotOf(base);
	const frozenKeys = isFrozen(debian, snapshot) ? debian.signingKeys : [];
	if (base.kind === "image") {
		const { reference: label } = base;
		const image = site.suffix ? platformBase(site, label) : undefined;
		return { image, reference: image?.name ?? label, label, identity: label, frozenKeys };
	}
	const key = contentKey({
		release: debian.codename,
		title: title(debian),
		architecture,
		sources: aptSources(debian, snapshot)?.join("\n") ?? "the mirror of the machine",
		options: MMDEBSTRAP_OPTIONS,
		recipe: { context: CONTEXT },
		...(frozenKeys.length > 0 && {
			frozenKeys,
			frozen: { context: "components/debbase/context/frozen" },
		}),
	});
	const image = stackImage(site, "base", key);
	const label = baseLabel(image.name);
	return { image, reference: image.name, identity: image.key, label, frozenKeys };
}

/** What labels call a base that was bootstrapped here, by its name in whichever repository. */
export function baseLabel(name: string): string {
	return `${NO_REGISTRY}/debian-python:${tagOf(name)}`;
}

/** What a further platform has of an image that is for several. */
function platformBase(site: ImageNaming, reference: string): StackImage {
	return stackImage(site, "base", contentKey({ reference, platform: site.platform }));
}

/**
 * The root file system that all images of a stack start from: an image reference, which Docker pulls,
 * or a root that mmdebstrap bootstraps from the Debian archive on this machine.
 */
export class DebianBase extends pulumi.ComponentResource implements BaseSource {
	readonly image: StackImage | undefined;
	readonly reference: string;
	readonly identity: string;
	readonly label: string;
	readonly frozenKeys: readonly string[];

	constructor(name: string, args: DebianBaseArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:DebianBase", name, {}, opts);
		const { image, reference, identity, label, frozenKeys } = baseSource(args);
		this.image = image;
		this.reference = reference;
		this.identity = identity;
		this.label = label;
		this.frozenKeys = frozenKeys;
		if (image !== undefined && args.base.kind === "archive") bootstrap(this, name, args, image);
		else if (image !== undefined) pull(this, name, args, image);
		this.registerOutputs({ reference });
	}
}

function bootstrap(
	parent: DebianBase,
	name: string,
	{ site, debian, base, architecture }: DebianBaseArgs,
	image: StackImage,
): void {
	const snapshot = snapshotOf(base);
	const made = stepCommand(
		`${name}-bootstrap`,
		bootstrapStep,
		{
			IMAGE: image.name,
			ARTEFACT: artefactInput(image),
			RELEASE: debian.codename,
			ARCHITECTURE: architecture,
			KEYRING: debian.keyring,
			SOURCES: aptSources(debian, snapshot)?.join("\n"),
			OPTIONS: MMDEBSTRAP_OPTIONS,
			FROZEN_KEYS: parent.frozenKeys,
			CREATED: snapshot && moment(snapshot),
			LABELS: {
				...imageLabels(image),
				"org.opencontainers.image.title": title(debian),
			},
		},
		{ parent },
		isLost(site, image),
	);
	pushImage(`${name}-push`, site, image, parent, made);
}

function pull(
	parent: DebianBase,
	name: string,
	{ site, debian }: DebianBaseArgs,
	image: StackImage,
): void {
	const made = stepCommand(
		`${name}-pull`,
		pullStep,
		{
			IMAGE: image.name,
			ARTEFACT: artefactInput(image),
			REFERENCE: parent.label,
			PLATFORM: site.platform,
			LABELS: { ...imageLabels(image), "org.opencontainers.image.title": title(debian) },
		},
		{ parent },
		isLost(site, image),
	);
	pushImage(`${name}-push`, site, image, parent, made);
}

function snapshotOf(base: Settings["base"]): string | undefined {
	return base.kind === "archive" ? base.snapshot : undefined;
}

function title({ number, codename }: DebianRelease): string {
	return `Debian ${number} (${codename})`;
}

/** A moment of snapshot.debian.org such as 20260101T000000Z, in ISO 8601's long form. */
function moment(snapshot: string): string {
	return snapshot.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5");
}
