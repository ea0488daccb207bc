import type * as command from "@pulumi/command/local/index.js";
import type * as pulumi from "@pulumi/pulumi";
import type { DebianRelease } from "../../stacks/debian.ts";
import type { Settings } from "../../stacks/settings.ts";
import { type ImageSite, isLost, type StackImage } from "../image.ts";
import { stepCommand } from "../step/command.ts";
import { describeStep } from "./step.ts";

/** What {@link describeImage} needs. */
export interface ImageDescriptionArgs {
	readonly site: ImageSite;
	/** The image to describe. */
	readonly image: StackImage;
	/** Path of the files, from the project root, without their endings. */
	readonly stem: string;
	readonly debian: DebianRelease;
	readonly python: Settings["python"];
	/** The image of the package that is in it; itself, where it is the package. */
	readonly package: StackImage;
	/** Names of the images that it is made from. */
	readonly madeFrom: readonly string[];
	/** Name of the image whose dpkg-deb looks into the package: needed for the package alone. */
	readonly builder?: string;
}

/** The files that describe an image. */
export interface ImageDescription {
	/** The resource that writes them. */
	readonly written: command.Command;
	/** Path of the SBOM, from the project root. */
	readonly sbom: string;
	/** Path of the provenance, from the project root. */
	readonly provenance: string;
}

/**
 * Files that say what is in an image and how it was made: `<stem>.cdx.json`, an SBOM in CycloneDX, and
 * `<stem>.intoto.json`, its provenance (SLSA v1, unsigned).
 */
export function describeImage(
	name: string,
	args: ImageDescriptionArgs,
	opts: pulumi.CustomResourceOptions,
): ImageDescription {
	const { site, image, stem, debian, python } = args;
	const { series, pip } = python.series;
	const isPackage = image.name === args.package.name;
	const files = { sbom: `${stem}.cdx.json`, provenance: `${stem}.intoto.json` };
	const written = stepCommand(
		name,
		describeStep,
		{
			IMAGE: image.name,
			SBOM: files.sbom,
			PROVENANCE: files.provenance,
			PLATFORM: site.platform,
			DEBIAN: { codename: debian.codename, number: String(debian.number) },
			CPYTHON: {
				version: python.version,
				format: python.source.format,
				sha256: python.source.sha256,
			},
			PACKAGE: args.package.name,
			PACKAGE_NAME: `cpython${series}`,
			MADE_FROM: args.madeFrom,
			BUILDER: args.builder,
			// What only an image with an installed Python has.
			ENSUREPIP: isPackage
				? undefined
				: `/opt/cpython/${series}/lib/python${series}/ensurepip/_bundled`,
			PIP: isPackage ? undefined : { name: "pip", version: pip.version, sha256: pip.sha256 },
		},
		opts,
		// One that is made again may differ, and they name it by its ID.
		isLost(site, image),
	);
	return { written, ...files };
}
