import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { StackImage } from "../components/image.ts";
import { dockerVariables } from "../stacks/docker-hosts.ts";
import { type PlatformSettings, perPlatform } from "../stacks/platforms.ts";
import type { Settings } from "../stacks/settings.ts";

/**
 * What lets all that a component registers work on the Docker daemon of a platform: a provider for what
 * Docker builds, and the variables of Docker's client for commands.
 */
export function onDockerHost({
	dockerHost,
	platformSuffix,
}: PlatformSettings): pulumi.ComponentResourceOptions {
	if (dockerHost === undefined) return {};
	const provider = new docker.Provider(`docker${platformSuffix}`, { ...dockerHost });
	const variables = dockerVariables(dockerHost);
	return {
		providers: { docker: provider },
		transformations: [
			({ type, props, opts }) =>
				type === "command:local:Command"
					? { props: { ...props, environment: { ...props.environment, ...variables } }, opts }
					: undefined,
		],
	};
}

/** Images with the daemon that they are made on. */
export function withDaemon(
	{ dockerHost }: PlatformSettings,
	images: readonly StackImage[],
): readonly StackImage[] {
	if (dockerHost === undefined) return images;
	const daemon = dockerVariables(dockerHost);
	return images.map((image) => ({ ...image, daemon }));
}

/** The daemon of an artefact, by its name; undefined: this machine's. */
export function daemonOf(settings: Settings, artefact: string): StackImage["daemon"] {
	const found = perPlatform(settings).find(
		({ platformSuffix, dockerHost }) => dockerHost && artefact.endsWith(platformSuffix),
	);
	return found?.dockerHost && dockerVariables(found.dockerHost);
}
