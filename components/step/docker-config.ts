import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** What of the Docker client's config file this project looks at (docker CLI reference, "Configuration files"). */
export interface DockerConfig {
	readonly auths?: Readonly<Record<string, { auth?: string; identitytoken?: string }>>;
	readonly credsStore?: string;
	readonly credHelpers?: Readonly<Record<string, string>>;
	/** By daemon, or `default`: what each container and build gets as environment variables. */
	readonly proxies?: object;
}

/** The path of the client's config file. */
export function dockerConfigFile(): string {
	return join(configFolder(), "config.json");
}

/** The client's config file. */
export function readDockerConfig(): DockerConfig {
	try {
		return JSON.parse(readFileSync(dockerConfigFile(), "utf8")) as DockerConfig;
	} catch {
		// No file, or one that docker itself will complain of.
		return {};
	}
}

/**
 * Make a folder a DOCKER_CONFIG that is the machine's own (its contexts, say) without the proxies,
 * and without passwords.
 *
 * @param folder an empty one.
 */
export function copyWithoutProxies(folder: string): void {
	const own = configFolder();
	for (const name of readdirSync(own))
		if (name !== "config.json") symlinkSync(resolve(own, name), join(folder, name));
	const { proxies, auths, ...rest } = readDockerConfig();
	writeFileSync(join(folder, "config.json"), JSON.stringify(rest), { mode: 0o600 });
}

function configFolder(): string {
	return process.env.DOCKER_CONFIG ?? join(homedir(), ".docker");
}
