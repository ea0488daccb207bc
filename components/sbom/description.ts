import type { DebianRelease } from "../../stacks/debian.ts";
import type { Settings } from "../../stacks/settings.ts";
import type { ImageNaming, StackImage } from "../image.ts";
import { tagOf } from "../image-name.ts";
import type { InputsOf } from "../step/definition.ts";
import type { describeStep } from "./step.ts";

/** What describes an image: `SBOM`, a file in CycloneDX, and `PROVENANCE`, one in SLSA v1, unsigned. */
export type Description = InputsOf<typeof describeStep>;

/** What the description of the package, and of what it is installed in, both need. */
interface Described {
	readonly site: ImageNaming;
	readonly debian: DebianRelease;
	readonly python: Settings["python"];
	/** The image of the package. */
	readonly package: StackImage;
}

/**
 * The description of the package.
 *
 * @param args `builder` is the image whose dpkg-deb looks into it; `stem` the path of the files, from the
 * project root, without their endings.
 */
export function describePackage({
	builder,
	stem,
	...args
}: Described & { readonly builder: string; readonly stem: string }): Description {
	return {
		...common(args, stem),
		IMAGE: args.package.name,
		MADE_FROM: [builder],
		BUILDER: builder,
		ENSUREPIP: undefined,
		PIP: undefined,
	};
}

/**
 * The description of an image that the package is in.
 *
 * @param args `from` is the image that it is made from; `folder` that of the files, from the project root.
 */
export function describeImage({
	image,
	from,
	folder,
	...args
}: Described & {
	readonly image: StackImage;
	readonly from: StackImage;
	readonly folder: string;
}): Description {
	const { series, pip } = args.python.series;
	return {
		...common(args, `${folder}/${tagOf(image.name)}`),
		IMAGE: image.name,
		MADE_FROM: [from.name, args.package.name],
		BUILDER: undefined,
		ENSUREPIP: `/opt/cpython/${series}/lib/python${series}/ensurepip/_bundled`,
		PIP: { name: "pip", version: pip.version, sha256: pip.sha256 },
	};
}

function common({ site, debian, python, package: own }: Described, stem: string) {
	const { version, source, series } = python;
	return {
		SBOM: `${stem}.cdx.json`,
		PROVENANCE: `${stem}.intoto.json`,
		PLATFORM: site.platform,
		DEBIAN: { codename: debian.codename, number: String(debian.number) },
		CPYTHON: { version, format: source.format, sha256: source.sha256 },
		PACKAGE: own.name,
		PACKAGE_NAME: `cpython${series.series}`,
	};
}
