import type * as pulumi from "@pulumi/pulumi";
import type { StackImage } from "../components/image.ts";
import type { PythonPackage } from "../components/package/package.ts";
import type { StackPython } from "../stacks/settings.ts";
import type { MadeApt } from "./apt.ts";
import type { Published, PublishedArtefact } from "./indexes.ts";
import type { MadePlatform } from "./platform.ts";

/** What the outputs say of an image. */
export function imageOutput({ name, key }: Pick<StackImage, "name" | "key">) {
	return { name, key };
}

/** An image that is for who uses the stack, as the outputs say it. */
interface PublishedOutput extends ReturnType<typeof imageOutput> {
	readonly digest: pulumi.Output<string | undefined> | undefined;
}

/** What the outputs say of what is published, by its artefact: of several platforms the index, and each. */
export function publishedOutput({
	platforms,
	index,
}: PublishedArtefact): [
	artefact: string,
	PublishedOutput & { platforms?: Record<string, PublishedOutput> },
] {
	const output = ({ image, digest }: Pick<Published, "image" | "digest">) => ({
		...imageOutput(image),
		digest,
	});
	const [{ of: first }] = platforms;
	if (platforms.length === 1) return [first.image.artefact, output(first)];
	const each = platforms.map(({ platform, of }) => [platform, output(of)]);
	return [first.image.artefact, { ...output(index ?? first), platforms: Object.fromEntries(each) }];
}

/** What the outputs say of one of a stack's Pythons itself, and of its packages for each platform. */
export function pythonOutput(
	python: StackPython,
	made: readonly MadePlatform[],
	apt?: MadeApt["output"],
) {
	const { version, series, variant, patches } = python;
	const ofPlatforms = made.flatMap(({ settings: { platform }, pythons }) =>
		pythons.flatMap((each) =>
			each.python === python
				? [[platform, packagesOutput(python, each.package, apt)] as const]
				: [],
		),
	);
	return {
		version,
		series: series.series,
		...(variant && { variant }),
		...(patches && { patches: patches.patches.map(({ name, cves }) => ({ name, cves })) }),
		endOfLife: series.endOfLife,
		...ofPlatforms[0]?.[1],
		...(ofPlatforms.length > 1 && { platforms: Object.fromEntries(ofPlatforms) }),
	};
}

function packagesOutput({ packages }: StackPython, deb: PythonPackage, apt: MadeApt["output"]) {
	return {
		package: {
			name: deb.packageName,
			version: deb.version,
			architecture: deb.architecture,
			file: deb.file,
			sha256: deb.sha256,
			key: deb.image.key,
			...(apt && { apt }),
		},
		...(packages && { packages: deb.files }),
	};
}
