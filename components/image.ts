import type * as pulumi from "@pulumi/pulumi";
import type { StackPython } from "../stacks/settings.ts";
import type { ContentKey } from "./content-key.ts";
import { lacksPush, type Place } from "./distribution/presence.ts";
import { optional, record, text } from "./step/definition.ts";
import { INPUTS_LABEL } from "./step/why.ts";

/** An image of the stack. Its name is known before it is built, since it carries the content key. */
export interface StackImage {
	/** `<repository>:<tag>-<key>`. */
	readonly name: string;
	/** The artefact's content key. */
	readonly key: string;
	/**
	 * What it is in its stack, such as `debbase`, `python-3.12` of a Python that is not the first, or
	 * `debbase-arm64` of a platform that is not.
	 */
	readonly artefact: string;
	/** The same without series and platform, as the image's label has it: its bytes know of no list. */
	readonly kind: string;
	/** Of the machines that it runs on, such as `linux/arm64`; absent of an index, which is for several. */
	readonly platform?: string;
	/** What the key was made of, by name. */
	readonly inputs: ContentKey["inputs"];
	/** Of the package: name of the image with which it is made without a compile. */
	readonly compiled?: string;
	/** Of a wheel: what its build compiles, and why. */
	readonly compiles?: string;
	/** Docker's variables of the daemon that it is made on; absent: this machine's. */
	readonly daemon?: Readonly<Record<string, string>>;
}

/** What the names of a stack's images follow from, beside its settings. */
export interface ImageNaming {
	/** Where the images are named, and pushed where it is a registry: `localhost/debian-python/bookworm`. */
	readonly repository: string;
	/** Such as `linux/amd64`: always explicit, since Docker's default is the machine's own. */
	readonly platform: string;
	/** What the names of its artefacts end with; absent of a stack's first platform, which has nothing. */
	readonly suffix?: string;
}

/** Inputs of every step that makes an image. */
export const imageInputs = {
	/** Name of the image to make. */
	IMAGE: text,
	LABELS: record(),
	/** What it is in its stack, where its labels do not tell. */
	ARTEFACT: optional(text),
};

/** What every image component needs to know of its stack. */
export interface ImageSite extends ImageNaming {
	/** CA certificates for containers behind a TLS proxy: mounted while they run, never in an image. */
	readonly caBundle?: string;
	/** There where the stack has a registry. */
	readonly registry?: {
		/** What must be there before the first push. */
		readonly dependsOn: pulumi.Resource[];
		/** Who signs what is pushed; absent: nobody. */
		readonly signing?: string;
	};
	/** Where the images that were deployed last are now, by name. Those of others are not there. */
	readonly places?: ReadonlyMap<string, Place>;
	/** Those of them that their registry has without the signature that the stack gave them. */
	readonly unsigned?: ReadonlySet<string>;
}

/** Whether an image was deployed and is nowhere now, so that it is made again. */
export function isLost({ places }: ImageSite, { name }: StackImage): boolean {
	return places?.get(name) === "nowhere";
}

/**
 * Whether an image was deployed and its registry does not have it now, or nothing that signs it, so that
 * it is pushed and signed again.
 */
export function isUnpublished(site: ImageSite, image: StackImage): boolean {
	const place = site.places?.get(image.name);
	return (place !== undefined && lacksPush(image.name, place)) || isUnsigned(site, image);
}

/** Whether an image was deployed, and its registry has lost what signed it, so that it is signed again. */
export function isUnsigned({ unsigned }: ImageSite, { name }: StackImage): boolean {
	return unsigned?.has(name) ?? false;
}

/** Longest tag of an image, without the key and the hyphen before it (distribution specification). */
const LONGEST_TAG = 128 - 13;

/**
 * The image of an artefact whose content key is known.
 *
 * @param tag what stands before the key in the image's tag, the artefact's name by default. What no tag
 * may have of it is replaced, since a version may be 1!2.0+local (PEP 440).
 */
export function stackImage(
	site: ImageNaming,
	artefact: string,
	{ key, inputs }: ContentKey,
	tag: string = artefact,
): StackImage {
	const title = tag.replace(/[^\w.-]/g, "_").slice(0, LONGEST_TAG);
	const { repository, platform, suffix = "" } = site;
	const name = `${repository}:${title}-${key}`;
	return { name, key, artefact: artefact + suffix, kind: artefact, platform, inputs };
}

/**
 * The image of one of a stack's artefacts, such as `python-3.12`.
 *
 * @throws Error where the stack has no such artefact.
 */
export function imageOf(images: readonly StackImage[], artefact: string): StackImage {
	const found = images.find((image) => image.artefact === artefact);
	if (found === undefined) throw new Error(`the stack has no image ${artefact}`);
	return found;
}

/** The same image as that of one of a stack's Pythons. */
export function ofPython(image: StackImage, { suffix }: Pick<StackPython, "suffix">): StackImage {
	const platform = image.artefact.slice(image.kind.length);
	return { ...image, artefact: image.kind + suffix + platform };
}

/** The input ARTEFACT of the step that makes an image. */
export function artefactInput({ artefact, kind }: StackImage): string | undefined {
	return artefact === kind ? undefined : artefact;
}

/**
 * Labels that every image has: what it is, and what its key was made of, by which a preview can say
 * why another one is needed.
 */
export function imageLabels({ kind, inputs }: StackImage): Record<string, string> {
	return {
		"debian-python.artefact": kind,
		[INPUTS_LABEL]: JSON.stringify(inputs),
	};
}

/** What the labels of an image say, where {@link imageLabels} gave them. */
export function labelled(
	labels: Readonly<Record<string, string>>,
): Pick<StackImage, "kind" | "inputs"> {
	return {
		kind: labels["debian-python.artefact"] ?? "",
		inputs: JSON.parse(labels[INPUTS_LABEL] ?? "{}") as Record<string, string>,
	};
}
