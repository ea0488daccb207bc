import { docker, imageConfig } from "./docker.ts";
import { StepError } from "./error.ts";

/*
 * Docker's client gives the proxies of its config file to every container that it creates (docker
 * documentation, "Use a proxy server with the Docker CLI"), often with a password, and docker commit
 * would keep them.
 */

/** Of variables such as `http_proxy=http://user:secret@host`: those that are proxies. */
export function proxiesOf(variables: readonly string[]): string[] {
	return variables.filter((variable) => /^(https?|ftp|all|no)_proxy=/i.test(variable));
}

/**
 * Names of the proxies in an image's environment that no ENV in its history set: the base of a
 * company may have some on purpose.
 */
export async function strayProxies(image: string): Promise<string[]> {
	const proxies = proxiesOf((await imageConfig(image))?.Env ?? []);
	if (proxies.length === 0) return [];
	const history = await docker([
		...["image", "history", "--no-trunc", "--format", "{{.CreatedBy}}", image],
	]);
	return (
		proxies
			.map((variable) => variable.slice(0, variable.indexOf("=")))
			// The client adds them in any order.
			.sort()
			.filter((name) => !new RegExp(`\\bENV\\b.*\\b${name}\\b`).test(history))
	);
}

/** @throws StepError where an image has a machine's proxies; their values are not told. */
export async function refuseProxies(image: string): Promise<void> {
	const names = await strayProxies(image);
	if (names.length === 0) return;
	throw new StepError(
		`the image ${image} has ${names.join(", ")} of the machine that made it in its environment, maybe with a password`,
		"change that password, remove the image (docker image rm, and in its registry), then run again",
	);
}
