import { execa } from "execa";
import { type DockerConfig, dockerConfigFile, readDockerConfig } from "../step/docker-config.ts";
import { isLoopback } from "./loopback.ts";

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
	return `registry: the machine's Docker has no credentials for ${host}, which wants some; ${await loginAdvice(host)}`;
}

/** The command that logs in to a registry; Amazon ECR's is in its user guide, "Private registry authentication". */
export function loginCommand(host: string): string {
	// Also its FIPS and its dual-stack endpoint: dkr.ecr-fips.<region>, dkr-ecr.<region>.on.aws.
	const region = /^\d+\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\./.exec(host)?.[1];
	if (region === undefined) return `docker login ${host}`;
	return `aws ecr get-login-password --region ${region} | docker login --username AWS --password-stdin ${host}`;
}

/**
 * What gives this machine credentials for a registry. Docker goes on without any where a credential
 * helper is missing, and never names it: so it is named here.
 */
export async function loginAdvice(host: string): Promise<string> {
	const helper = credentialHelper(readDockerConfig(), host);
	const login = `run: ${loginCommand(host)}`;
	if (helper === undefined) return login;
	const program = `docker-credential-${helper}`;
	// One that does not know the word may wait for input.
	const options = { reject: false, stdin: "ignore", timeout: PROBE_TIMEOUT } as const;
	const { code } = await execa(program, ["version"], options);
	if (code !== "ENOENT") return login;
	return `${program}, which ${dockerConfigFile()} names, is not on PATH: install it, or take it out of that file and ${login}`;
}

/** The header by which the Docker daemon gets the credentials of this machine for a registry (Docker Engine API, "Authentication"). */
export async function registryAuthHeader(host: string): Promise<Record<string, string>> {
	const known = await dockerCredentials(host);
	if (known === undefined) return {};
	const { username, password, isToken } = known;
	const secret = isToken ? { identitytoken: password } : { username, password };
	const text = JSON.stringify({ ...secret, serveraddress: serverName(host) });
	// With its padding, which Node's base64url leaves out and an engine of 2023 insists on.
	const encoded = Buffer.from(text).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
	return { "x-registry-auth": encoded };
}

/** A name and its password, at a registry. */
export interface Credentials {
	readonly username: string;
	readonly password: string;
	/** Whether the password is an identity token. */
	readonly isToken: boolean;
}

/**
 * The credentials that the machine's Docker has for a registry, from a credential helper
 * (docker-credential-helpers, "Development": JSON with Username and Secret) or from the config file.
 */
export async function dockerCredentials(host: string): Promise<Credentials | undefined> {
	const config = readDockerConfig();
	const server = serverName(host);
	const helper = credentialHelper(config, host);
	if (helper !== undefined) {
		const asked = await execa(`docker-credential-${helper}`, ["get"], {
			input: server,
			reject: false,
		});
		const found = asked.failed ? undefined : parseHelper(asked.stdout);
		if (found !== undefined) return found;
	}
	const entry = config.auths?.[server] ?? config.auths?.[`https://${server}`];
	const [username = "", ...rest] = Buffer.from(entry?.auth ?? "", "base64")
		.toString()
		.split(":");
	// Where there is a token, it stands in for the password.
	const password = entry?.identitytoken ?? rest.join(":");
	const isToken = entry?.identitytoken !== undefined;
	return password === "" ? undefined : { username, password, isToken };
}

function parseHelper(output: string): Credentials | undefined {
	try {
		const { Username, Secret } = JSON.parse(output) as { Username: string; Secret: string };
		// "<token>" says so (docker login reference, "Credential helper protocol").
		return { username: Username, password: Secret, isToken: Username === "<token>" };
	} catch {
		return undefined;
	}
}

/** A registry's name in Docker's config file; Docker Hub has its own (docker/cli, "IndexServer"). */
function serverName(host: string): string {
	return host === "docker.io" ? "https://index.docker.io/v1/" : host;
}

/** The helper that has a registry's credentials: docker-credential-NAME. */
function credentialHelper(
	{ credHelpers, credsStore }: DockerConfig,
	host: string,
): string | undefined {
	return credHelpers?.[serverName(host)] ?? credsStore;
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
