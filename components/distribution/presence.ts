import { registryHost } from "../image-name.ts";
import { imageId } from "../step/docker.ts";
import { proxiesOf } from "../step/proxies.ts";
import { findImage, hasKey, isBeside, isInDaemon, remoteDigest } from "./daemon.ts";
import { registryConfig } from "./inputs.ts";

/**
 * Where an image is, which is what "is it there?" means everywhere: its `registry` has it; the `daemon`
 * has it, or can have it without a build from the repository of another stack, and its registry, if its
 * name has one, does not have it; or it is `nowhere`.
 */
export type Place = "registry" | "daemon" | "nowhere";

/**
 * Where an image is. Nothing is pulled. A step finds it at either place (findImage): only what is
 * nowhere is built.
 *
 * @throws StepError where the daemon or the registry does not answer: that says nothing.
 */
export async function imagePlace(name: string, signal?: AbortSignal): Promise<Place> {
	return (await lookUp(name, signal)).place;
}

/** {@link imagePlace}, and in the registry the digest under which it has the image, `sha256:...`. */
export async function lookUp(
	name: string,
	signal?: AbortSignal,
): Promise<{ readonly place: Place; readonly digest?: string }> {
	// The registry comes first: it can be asked without a daemon.
	const digest = registryHost(name) === undefined ? undefined : await remoteDigest(name, signal);
	if (digest !== undefined) return { place: "registry", digest };
	const isHere = (await isInDaemon(name)) || (await isBeside(name, signal));
	return { place: isHere ? "daemon" : "nowhere" };
}

/**
 * Whether an image was made before, here or elsewhere: the daemon has it, or else its registry, from where
 * who works with it pulls it then (needImage): most of what a stack needs is only needed to make the rest.
 * Where this machine cannot look into the registry itself, the image is pulled, and looked into.
 *
 * @throws StepError as {@link findImage}.
 */
export async function isMade(name: string, signal?: AbortSignal): Promise<boolean> {
	if (registryHost(name) === undefined || (await imageId(name)) !== undefined)
		return findImage(name, signal);
	const isPublished = (await remoteDigest(name, signal)) !== undefined;
	return (isPublished && (await isSound(name))) || findImage(name, signal);
}

/** Whether its registry has an image under its key, without any proxy in it, as far as can be seen. */
async function isSound(name: string): Promise<boolean> {
	const config = await registryConfig(name).catch(() => undefined);
	if (config === undefined) return false;
	return hasKey(name, config.Labels) && proxiesOf(config.Env ?? []).length === 0;
}

/** Whether an image has still to be pushed: its name has a registry, which does not have it. */
export function lacksPush(name: string, place: Place): boolean {
	return registryHost(name) !== undefined && place !== "registry";
}
