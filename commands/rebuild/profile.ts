import { PackageURL } from "packageurl-js";
import { NO_REGISTRY, tagOf } from "../../components/image-name.ts";
import type { Descriptor } from "../../components/sbom/provenance.ts";
import { docker } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import { sha256 } from "../../components/step/file.ts";
import { eachEntry } from "../../components/step/saved-image.ts";
import { tarOf } from "../../components/step/tar.ts";
import { type PublishedImage, readDependencies, readPublished, readTar } from "./published.ts";

/** Name of an image's file that has what PGO's training counted. */
const PROFILE = /^profile-[0-9a-f]{12}\.tar$/;

/**
 * Have a daemon find what PGO's training counted, where the package in a published image was made with
 * it: another training counts something else.
 *
 * @param stack whose build finds it.
 * @throws StepError where it is not what the package's provenance says.
 */
export async function giveProfile(
	image: PublishedImage,
	architecture: string,
	stack: string,
): Promise<void> {
	const found = await findPackage(image, architecture);
	if (found === undefined) return;
	const profile = found.dependencies.find(({ name = "" }) => PROFILE.test(name));
	if (profile?.name === undefined) return;
	const content = await readFile(found.image, profile.name);
	if (sha256(content) !== profile.digest?.sha256)
		throw new StepError(
			`${profile.name} in ${found.image.name} is not the one that its provenance names`,
			"somebody changed the image or its provenance",
		);
	const name = `${NO_REGISTRY}/debian-python/${stack}:${profile.name.replace(/\.tar$/, "")}`;
	const input = await tarOf([[{ name: "profile.tar", mode: 0o644, mtime: new Date(0) }, content]]);
	await docker(["import", `--platform=${image.platform}`, "-", name], { input });
}

interface Package {
	readonly image: PublishedImage;
	readonly dependencies: readonly Descriptor[];
}

/** The package's image that an image was made of, by the provenances in between. */
async function findPackage(
	image: PublishedImage,
	architecture: string,
): Promise<Package | undefined> {
	const dependencies = await readDependencies(image);
	if (tagOf(image.name).startsWith("package-")) return { image, dependencies };
	const names = dependencies.flatMap(({ uri = "" }) => imageOf(uri) ?? []);
	const next = ["package-", "python-"]
		.map((start) => names.find((name) => tagOf(name).startsWith(start)))
		.find((name) => name !== undefined && name !== image.name);
	if (next === undefined) return undefined;
	return findPackage(await readPublished(next, architecture), architecture);
}

/** The image that a package URL is of (imagePurl). */
function imageOf(uri: string): string | undefined {
	if (!uri.startsWith("pkg:docker/")) return undefined;
	const { namespace, name, version } = PackageURL.fromString(uri);
	return `${namespace ? `${namespace}/` : ""}${name}:${version}`;
}

/** A file of an image of one layer. */
async function readFile(image: PublishedImage, path: string): Promise<Buffer> {
	let found = Buffer.alloc(0);
	const [layer = ""] = image.layers;
	await eachEntry(await readTar(image, layer), async ({ name }, content) => {
		if (name === path) found = Buffer.concat(await Array.fromAsync(content));
	});
	return found;
}
