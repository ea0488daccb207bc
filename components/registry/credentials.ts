import { execa } from "execa";
import { isLoopback } from "../loopback.ts";
import { readDockerConfig } from "../step/docker-config.ts";
import { loginCommand } from "../step/registry.ts";

/** How long a registry may take to say whether it wants credentials, in ms. */
const PROBE_TIMEOUT = 5_000;

/**
 * Whether a push to a registry could work, asked before the first build: a registry that wants
 * credentials, of which this machine's Docker has none, would refuse only after the compile.
 *
 * @param required whether the registry always wants credentials, as Amazon ECR does.
 * @returns the problem with its remedy in one line; undefined where there is none that can be seen
 * from here. A registry that only the Docker daemon's machine reaches is left to the daemon.
 */
export async function credentialsProblem(
	host: string,
	required: boolean,
): Promise<string | undefined> {
	if ((await dockerCredentials(host)) !== undefined) return undefined;
	if (!required && !(await wantsCredentials(host))) return undefined;
	return `registry: the machine's Docker has no credentials for ${host}, which wants some; run: ${loginCommand(host)}`;
}

/** A name and its password, at a registry. */
export interface Credentials {
	readonly username: string;
	readonly password: string;
}

/**
 * The credentials that the machine's Docker has for a registry, from a credential helper
 * (docker-credential-helpers, "Development": JSON with Username and Secret) or from the config file.
 */
export async function dockerCredentials(host: string): Promise<Credentials | undefined> {
	const { auths = {}, credHelpers = {}, credsStore } = readDockerConfig();
	const server = serverName(host);
	const helper = credHelpers[server] ?? credsStore;
	if (helper !== undefined) {
		const asked = await execa(`docker-credential-${helper}`, ["get"], {
			input: server,
			reject: false,
		});
		const found = asked.failed ? undefined : parseHelper(asked.stdout);
		if (found !== undefined) return found;
	}
	const entry = auths[server] ?? auths[`https://${server}`];
	const [username = "", ...rest] = Buffer.from(entry?.auth ?? "", "base64")
		.toString()
		.split(":");
	// Where there is a token, it stands in for the password.
	const password = entry?.identitytoken ?? rest.join(":");
	return password === "" ? undefined : { username, password };
}

function parseHelper(output: string): Credentials | undefined {
	try {
		const { Username, Secret } = JSON.parse(output) as { Username: string; Secret: string };
		return { username: Username, password: Secret };
	} catch {
		return undefined;
	}
}

/** A registry's name in Docker's config file; Docker Hub has its own (docker/cli, "IndexServer"). */
function serverName(host: string): string {
	return host === "docker.io" ? "https://index.docker.io/v1/" : host;
}

/** Asks the base endpoint: 401 is "log in" (distribution specification, "Determining support"). */
async function wantsCredentials(host: string): Promise<boolean> {
	const scheme = isLoopback(host) ? "http" : "https";
	try {
		const signal = AbortSignal.timeout(PROBE_TIMEOUT);
		const { status, headers } = await fetch(`${scheme}://${host}/v2/`, { signal });
		// A token service may still give tokens to anybody; only the basic scheme never does.
		return status === 401 && /^basic/i.test(headers.get("www-authenticate") ?? "");
	} catch {
		return false;
	}
}
