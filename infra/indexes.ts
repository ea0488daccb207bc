import type * as pulumi from "@pulumi/pulumi";
import { appAlias } from "../components/app/app.ts";
import type { StackImage } from "../components/image.ts";
import {
	ImageIndex,
	type ImageIndexArgs,
	indexImage,
	type PlatformImage,
} from "../components/image-index/image-index.ts";
import { registryHost, repositoryOf } from "../components/image-name.ts";
import { pythonAliases } from "../components/python/python.ts";
import { MINIMAL } from "../stacks/minimal.ts";
import type { Platform, Settings } from "../stacks/settings.ts";
import type { MadePlatform } from "./platform.ts";
import { hasMinimalAliases, hasPythonAliases } from "./python.ts";

/** Whether a stack publishes indexes: of one platform there is none, and no daemon has one. */
export function hasIndexes(
	{ platforms }: Pick<Settings, "platforms">,
	repository: string,
): boolean {
	return platforms.length > 1 && registryHost(repository) !== undefined;
}

/**
 * The indexes of a stack, by its settings.
 *
 * @param images of each of its platforms.
 */
export function indexImages(
	settings: Pick<Settings, "platforms">,
	repository: string,
	images: readonly (readonly StackImage[])[],
): StackImage[] {
	if (!hasIndexes(settings, repository)) return [];
	const published = images.map((each) => each.filter(({ kind }) => isPublished(kind)));
	return zip(settings, published).map(([first, ...others]) =>
		indexImage([imageFor(first), ...others.map(imageFor)]),
	);
}

function imageFor({ platform, of }: ForPlatform<StackImage>): PlatformImage {
	return { platform, image: of };
}

/** Whether an image is for who uses the stack: the others are only there to make these from. */
function isPublished(kind: string): boolean {
	return ["python", "wheelbuild", "minimal"].includes(kind) || kind.startsWith("app-");
}

/** What is published for one platform. */
export interface Published {
	readonly image: StackImage;
	/** The resource that publishes it. */
	readonly resource: pulumi.Resource;
	readonly digest: pulumi.Output<string | undefined> | undefined;
	/** The names that move to it, or to its index. */
	readonly aliases: readonly string[];
}

/** What is published of a stack: for each artefact what there is for each platform, and its index. */
export interface PublishedArtefact {
	readonly platforms: readonly [ForPlatform<Published>, ...ForPlatform<Published>[]];
	/** Undefined where there is none; see {@link hasIndexes}. */
	readonly index?: ImageIndex;
}

/** What is published of a stack, with the indexes, which are made here. */
export function publish(
	settings: Settings,
	site: ImageIndexArgs["site"],
	made: readonly MadePlatform[],
): PublishedArtefact[] {
	return zip(settings, made.map(published)).map((platforms) => {
		if (!hasIndexes(settings, site.repository)) return { platforms };
		const [first, ...others] = platforms;
		const imageOf = ({ platform, of }: ForPlatform<Published>) => ({ platform, image: of.image });
		const index = new ImageIndex({
			site,
			images: [imageOf(first), ...others.map(imageOf)],
			aliases: first.of.aliases,
			dependsOn: platforms.map(({ of }) => of.resource),
		});
		return { platforms, index };
	});
}

function published({ settings, pythons, apps }: MadePlatform): Published[] {
	return [
		...pythons.flatMap(({ python, pythonImage, wheelbuild, minimal }) => [
			publishedBy(pythonImage, (place) =>
				hasPythonAliases(settings, python) ? pythonAliases(place, python) : [],
			),
			publishedBy(wheelbuild),
			...(minimal === undefined
				? []
				: [
						publishedBy(minimal, (place) =>
							hasMinimalAliases(settings) ? pythonAliases(place, python, MINIMAL) : [],
						),
					]),
		]),
		...apps.map(({ image }) => publishedBy(image, (place) => [appAlias(place)])),
	];
}

/** @param aliasesAt the names that move to it, by where it is named; none by default. */
function publishedBy(
	resource: pulumi.Resource & Pick<Published, "image" | "digest">,
	aliasesAt: (place: { readonly repository: string }) => readonly string[] = () => [],
): Published {
	const { image, digest } = resource;
	return { resource, image, digest, aliases: aliasesAt({ repository: repositoryOf(image.name) }) };
}

/** What there is for one of the platforms. */
interface ForPlatform<T> {
	readonly platform: Platform;
	readonly of: T;
}

/** Lists of what each platform has, as one of what there is for each: all have the same, in one order. */
function zip<T>(
	{ platforms: [first, ...others] }: Pick<Settings, "platforms">,
	[list = [], ...lists]: readonly (readonly T[])[],
): [ForPlatform<T>, ...ForPlatform<T>[]][] {
	return list.map((of, place) => [
		{ platform: first, of },
		...others.map((platform, index) => ({ platform, of: lists[index]?.[place] as T })),
	]);
}
