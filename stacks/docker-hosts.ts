/** The Docker daemons where the work of a stack's further platforms runs. */

import type { ConfigReader } from "./config-reader.ts";
import { type Platform, Refusal } from "./config-values.ts";
import type { Settings } from "./settings.ts";

/** Which daemon, as Docker's client is told: by its address, or by a context (docker context). */
export type DockerHost = { readonly host: string } | { readonly context: string };

/** Each platform's daemon; one that is not there has the daemon of this machine. */
export type DockerHosts = Readonly<Partial<Record<Platform, DockerHost>>>;

/** `ssh://[user@]host[:port]`, `tcp://host:port`, `unix:///path`, or the name of a context. */
export function parseDockerHost(value: string): DockerHost {
	if (/^(ssh:\/\/([\w.-]+@)?[\w.-]+(:\d+)?|tcp:\/\/[\w.-]+:\d+|unix:\/\/\/[\w./-]+)$/.test(value))
		return { host: value };
	if (/^[A-Za-z0-9][\w.+-]*$/.test(value)) return { context: value };
	throw new Refusal("has a host that is neither an address nor the name of a context");
}

/** The hosts of a stack's platforms; what is wrong with them the reader has. */
export function readDockerHosts(
	reader: ConfigReader,
	platforms: Settings["platforms"] | undefined,
): DockerHosts {
	const entries = reader.read("dockerHosts") ?? [];
	const [first, ...others] = platforms ?? [];
	for (const { platform } of first === undefined ? [] : entries) {
		if (platform === first)
			reader.refuse(
				"dockerHosts",
				new Refusal(
					`has ${platform}, the first of platforms`,
					"remove that entry, and choose its daemon as ever, by DOCKER_HOST or docker context use",
				),
			);
		else if (!others.includes(platform))
			reader.refuse(
				"dockerHosts",
				new Refusal(
					`has ${platform}, which is not among platforms`,
					`add it to platforms, or remove that entry`,
				),
			);
	}
	return Object.fromEntries(entries.map(({ platform, host }) => [platform, host]));
}

/** The variables by which Docker's client finds a daemon. An address in the environment is stronger than a context. */
export function dockerVariables(of: DockerHost): Readonly<Record<string, string>> {
	return "host" in of ? { DOCKER_HOST: of.host } : { DOCKER_CONTEXT: of.context, DOCKER_HOST: "" };
}
