/** The platforms that a stack's images are for. */

import type { ConfigReader } from "./config-reader.ts";
import { type Platform, Refusal } from "./config-values.ts";
import type { DockerHost } from "./docker-hosts.ts";
import type { Settings, StackPython } from "./settings.ts";

/** Debian's names of the architectures. */
export type Architecture = "amd64" | "arm64";

/** Debian's name of a platform's architecture. */
export function architectureOf(platform: Platform): Architecture {
	return platform === "linux/arm64" ? "arm64" : "amd64";
}

/** A stack's platforms: of its list, or the one of the short form; undefined where they are refused. */
export function readPlatforms(reader: ConfigReader): Settings["platforms"] | undefined {
	const several = reader.read("platforms");
	const single = reader.read("platform");
	const isRefused = several === undefined && reader.text("platforms") !== undefined;
	if (single === undefined || isRefused) return undefined;
	const [first, ...others] = several ?? [];
	if (first === undefined) return [single];
	// Pulumi gives the default of a key that no stack file has.
	if (single !== "linux/amd64")
		reader.refuse("platform", new Refusal("is given beside platforms", "remove one of the two"));
	return [first, ...others];
}

/** The settings of a stack for one of its platforms. */
export interface PlatformSettings extends Settings {
	/** What the names of its artefacts end with, such as `-arm64`: nothing for the first. */
	readonly platformSuffix: string;
	/** The Docker daemon of its own; absent where that is the machine's. */
	readonly dockerHost?: DockerHost;
	/** The platform whose compiler is used for it; absent where that is its own. See {@link isCross}. */
	readonly compiledOn?: Platform;
}

/**
 * Whether a Python is compiled by another platform's compiler: quickly, where no machine of its own is at
 * hand. PGO runs what it compiles, which an emulated machine does ten times slower.
 */
export function isCross(
	{ compiledOn }: Pick<PlatformSettings, "compiledOn">,
	{ profile }: Pick<StackPython, "profile">,
): boolean {
	return compiledOn !== undefined && profile === "quick";
}

/** A stack's settings for each of its platforms, as if it had no other. */
export function perPlatform(
	settings: Settings,
): readonly [PlatformSettings, ...PlatformSettings[]] {
	const of = (platform: Platform, index: number): PlatformSettings => {
		const architecture = architectureOf(platform);
		const dockerHost = settings.dockerHosts[platform];
		return {
			...settings,
			platform,
			architecture,
			platformSuffix: suffixOf(platform, index),
			...(dockerHost !== undefined && { dockerHost }),
			...(index > 0 && dockerHost === undefined && { compiledOn: settings.platform }),
		};
	};
	const [first, ...others] = settings.platforms;
	return [of(first, 0), ...others.map((platform, index) => of(platform, index + 1))];
}

/**
 * What the names of a platform's artefacts end with, such as `-arm64`: nothing for the first.
 *
 * @param index its place in the list, counted from 0.
 */
export function suffixOf(platform: Platform, index: number): string {
	return index === 0 ? "" : `-${architectureOf(platform)}`;
}

/** What {@link suffixOf} gave the name of an artefact that is no app's. */
export function platformSuffixOf(artefact: string): string {
	return /-(amd64|arm64)$/.exec(artefact)?.[0] ?? "";
}
