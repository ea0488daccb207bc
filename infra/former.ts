import * as pulumi from "@pulumi/pulumi";
import { lookUp, type Place } from "../components/distribution/presence.ts";
import { attachedTypes } from "../components/distribution/referrers.ts";
import { repositoryOf, tagOf } from "../components/image-name.ts";
import { isCache } from "../components/registry/ecr-policies.ts";
import { BUNDLE_TYPE } from "../components/sbom/media-types.ts";
import { onDaemon } from "../components/step/daemon.ts";
import type { Patch } from "../stacks/patches/patch-set.ts";
import { suffixOf } from "../stacks/platforms.ts";
import { knownSide, patchesText, type Side } from "../stacks/rotation.ts";
import type { Platform, Settings, StackPython } from "../stacks/settings.ts";
import { pythonName, type Variant } from "../stacks/variants.ts";
import { daemonOf } from "./docker-hosts.ts";

/** Of the outputs of infra/index.ts, as an older version of the program may have written them. */
export interface FormerOutputs {
	readonly images?: Readonly<Record<string, PublishedImage>>;
	readonly apps?: Readonly<Record<string, PublishedImage>>;
	readonly package?: {
		readonly key?: string;
		readonly architecture?: string;
		readonly apt?: object;
	};
	readonly debian?: { readonly codename?: string };
	readonly cpython?: Omit<FormerPython, "package">;
	readonly pythons?: Readonly<Record<string, FormerPython>>;
	/** Of a stack of several, the first one first. */
	readonly platforms?: readonly Platform[];
}

interface FormerPython {
	readonly version?: string;
	readonly variant?: Variant;
	readonly patches?: readonly Pick<Patch, "name" | "cves">[];
	readonly package?: { readonly key?: string };
	readonly platforms?: ByPlatform<Pick<FormerPython, "package">>;
}

/** What there is for each of several platforms. */
type ByPlatform<T> = Readonly<Partial<Record<Platform, T>>> | undefined;

/** An image that was deployed. */
export interface DeployedImage {
	readonly name: string;
	readonly key: string;
}

/** The same, or the index of those of several platforms. */
interface PublishedImage extends DeployedImage {
	readonly platforms?: ByPlatform<DeployedImage>;
}

/**
 * The stack's outputs as they were when it was last deployed; empty where it never was, undefined where
 * nobody can tell, as in a local run. The invoke is what StackReference itself reads with, but makes
 * no resource (pulumi/pulumi, pkg/resource/deploy/builtins.go): a preview's events have a default
 * provider for it, which neither Pulumi's summary nor the state has.
 */
export async function formerOutputs(): Promise<FormerOutputs | undefined> {
	try {
		// Without an engine there is no organization.
		const name = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
		const { outputs } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {
			name,
		})) as { outputs?: FormerOutputs };
		return outputs;
	} catch {
		// A preview without the comparison is still one.
		return undefined;
	}
}

/**
 * What the stack was for the users of one of its Pythons when it was last deployed: with the one of the
 * same series, in whose place the first one may have come. Undefined where there was none.
 */
export function deployedSide(
	former: FormerOutputs | undefined,
	python: Pick<StackPython, "series" | "variant" | "suffix">,
): Side | undefined {
	const { debian, cpython, pythons, package: deb } = former ?? {};
	const before = pythons?.[pythonName(python)] ?? (python.suffix === "" ? cpython : undefined);
	const side = knownSide(debian?.codename, before?.version, deb?.architecture);
	return (
		side && {
			...side,
			python: { ...side.python, variant: before?.variant },
			patches: patchesText(before?.patches),
		}
	);
}

/** The images that were deployed last, by artefact. */
export function deployedImages(former: FormerOutputs | undefined): Map<string, DeployedImage> {
	const { images = {}, apps = {}, pythons = {}, package: deb, platforms = [] } = former ?? {};
	// The engine sorts the keys of a record.
	const byPlatform = <T>(artefact: string, of: ByPlatform<T>, one: T): [string, T][] =>
		of === undefined
			? [[artefact, one]]
			: platforms.map((each, index) => [artefact + suffixOf(each, index), of[each] as T]);
	const ofApps = Object.entries(apps).map(([name, image]) => [`app-${name}`, image] as const);
	const deployed = new Map(
		[...Object.entries(images), ...ofApps].flatMap(([artefact, image]) => [
			...byPlatform<DeployedImage>(artefact, image.platforms, image),
			...(image.platforms ? [[`${artefact}-index`, image] as const] : []),
		]),
	);
	// The outputs have no names of the packages' images: they lie beside the others.
	const name = deployed.get("debbase")?.name;
	const keys = new Map([["package", deb?.key]]);
	// The first one's is told twice.
	for (const [series, python] of Object.entries(pythons)) {
		const artefact = python.package?.key === deb?.key ? "package" : `package-${series}`;
		for (const [each, own] of byPlatform<Pick<FormerPython, "package">>(
			artefact,
			python.platforms,
			python,
		))
			keys.set(each, own.package?.key);
	}
	for (const [artefact, key] of keys)
		if (name !== undefined && key !== undefined)
			deployed.set(artefact, { name: `${repositoryOf(name)}:package-${key}`, key });
	return deployed;
}

/** What there is now of the images that were deployed. What nobody answers for is left out. */
export interface DeployedState {
	/** Where they are, by name. */
	readonly places: ReadonlyMap<string, Place>;
	/** Names of those that the stack signs, and that are in their registry without any signature. */
	readonly unsigned: ReadonlySet<string>;
}

/** Look what there is of the images that were deployed. Nothing is changed, and nothing fails. */
export async function deployedState(
	deployed: ReadonlyMap<string, DeployedImage>,
	settings: Settings,
): Promise<DeployedState> {
	const places = new Map<string, Place>();
	const unsigned = new Set<string>();
	const problems = new Set<string>();
	const look = async ({ name }: DeployedImage) => {
		try {
			const { place, digest } = await lookUp(name);
			places.set(name, place);
			if (settings.signing === undefined || digest === undefined || isCached(name)) return;
			if (!(await isSigned(name, digest))) unsigned.add(name);
		} catch (error) {
			problems.add((error as Error).message);
		}
	};
	await Promise.all(
		[...deployed].map(([artefact, image]) =>
			onDaemon(daemonOf(settings, artefact), () => look(image)),
		),
	);
	// A preview says it of each image; an up goes on as if nothing was lost.
	for (const problem of pulumi.runtime.isDryRun() ? [] : problems)
		void pulumi.log.warn(`nobody can tell whether what was deployed is still there: ${problem}`);
	return { places, unsigned };
}

/** Whether an image only saves work, by its tag: nobody signs it. */
function isCached(name: string): boolean {
	return isCache(tagOf(name).split("-")[0] ?? "");
}

/** Whether anybody signed what a registry has of an image: whose key it is, nobody needs to know for that. */
async function isSigned(name: string, digest: string): Promise<boolean> {
	return (await attachedTypes(name, digest)).includes(BUNDLE_TYPE);
}
