import { docker, imageBytes, inspectImage } from "../../components/step/docker.ts";
import { seriesName } from "../../stacks/cpython.ts";
import { type Measured, startKinds } from "./measure.ts";
import { best, geometricMean } from "./statistics.ts";
import { RELEASE_OWN, type Subject } from "./subjects.ts";

/** One image's figures. */
export interface Row {
	readonly name: string;
	/** What `python3 --version` says, without its first word. */
	readonly version: string;
	/** Time of each program as a part of the reference's, by the program's name. */
	readonly ratios: ReadonlyMap<string, number>;
	/** Geometric mean of the ratios. */
	readonly mean: number;
	/** The same beside the release's own Python, see {@link releaseOwn}. */
	readonly besideOwn: number | undefined;
	/** Best time of each kind of start, in seconds, in the order of {@link startKinds}. */
	readonly starts: readonly number[];
	/** Bytes over the base; of an image that does not stand on it, undefined. */
	readonly bytes: number | undefined;
}

/**
 * Figures of each image, beside a reference.
 *
 * @param base image over which sizes are told.
 */
export async function summarise(
	measured: readonly Measured[],
	reference: Subject,
	base: string,
): Promise<Row[]> {
	const compared = measured.find(({ subject }) => subject === reference);
	if (compared === undefined) throw new Error(`${reference.name} was not measured`);
	const versions = new Map<Measured, string>();
	for (const one of measured) versions.set(one, await version(one.subject.image));
	const own = releaseOwn(versions, compared);
	const rows = [];
	for (const [one, python] of versions) {
		const ratios = ratiosOf(one, compared);
		rows.push({
			name: one.subject.name,
			version: python,
			ratios,
			mean: geometricMean([...ratios.values()]),
			besideOwn: own && geometricMean([...ratiosOf(one, own).values()]),
			starts: Object.keys(startKinds).map((kind) => best(one.starts.get(kind) ?? [])),
			bytes: await bytesOver(base, one.subject.image),
		});
	}
	return rows;
}

/**
 * The release's own Python, where all can be told beside it too: it is of the series of the stack's,
 * which is the first that was measured, and not the reference already.
 */
export function releaseOwn(
	versions: ReadonlyMap<Measured, string>,
	reference: Measured,
): Measured | undefined {
	const [stacks] = versions.values();
	const [own, version] = [...versions].find(([one]) => one.subject.name === RELEASE_OWN) ?? [];
	return own !== reference && seriesName(version ?? "") === seriesName(stacks ?? "")
		? own
		: undefined;
}

/** Time of each program as a part of the reference's, best beside best. */
export function ratiosOf(one: Measured, reference: Measured): Map<string, number> {
	return new Map(
		[...one.programs].map(([name, times]) => [
			name,
			best(times) / best(reference.programs.get(name) ?? []),
		]),
	);
}

async function version(image: string): Promise<string> {
	const text = await docker([
		"run",
		"--rm",
		"--network=none",
		"--entrypoint=python3",
		image,
		"--version",
	]);
	return text.replace(/^Python /, "");
}

async function bytesOver(base: string, image: string): Promise<number | undefined> {
	const [under, over] = [await layersOf(base), await layersOf(image)];
	const stands = under.every((layer, index) => layer === over[index]);
	return stands ? (await imageBytes(image)) - (await imageBytes(base)) : undefined;
}

async function layersOf(image: string): Promise<readonly string[]> {
	return (await inspectImage(image))?.RootFS.Layers ?? [];
}
