import { registryHost } from "../image-name.ts";
import { isBeside, isInDaemon, remoteDigest } from "./daemon.ts";

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
	// The registry comes first: it can be asked without a daemon.
	if (registryHost(name) !== undefined && (await remoteDigest(name, signal)) !== undefined)
		return "registry";
	return (await isInDaemon(name)) || (await isBeside(name, signal)) ? "daemon" : "nowhere";
}

/** Whether an image has still to be pushed: its name has a registry, which does not have it. */
export function lacksPush(name: string, place: Place): boolean {
	return registryHost(name) !== undefined && place !== "registry";
}
