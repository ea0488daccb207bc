import {
	type TokenAnswer,
	withAuthorization,
} from "../../components/distribution/authorization.ts";
import { MANIFEST_TYPES } from "../../components/distribution/client.ts";
import { loginAdvice } from "../../components/distribution/credentials.ts";
import { repositoryUrl } from "../../components/distribution/repository-url.ts";
import { StepError } from "../../components/step/error.ts";
import type { ImageReference } from "../../stacks/image-reference.ts";
import { ask, askJson } from "./ask.ts";

/**
 * The digest that a tag has in its registry now, as `docker pull` would show it: of the index, where
 * the tag leads to one. Only asked for, so that it does not count as a pull (Docker Hub's usage
 * limits), and from this machine, not from the Docker daemon's.
 *
 * @throws StepError that names the registry where it does not answer or does not know the tag.
 */
export async function tagDigest(reference: ImageReference): Promise<string> {
	const { host = "docker.io", path, tag = "latest" } = reference;
	const url = `${repositoryUrl(host, path)}/manifests/${tag}`;
	const head = (headers: Record<string, string>) =>
		ask(url, { method: "HEAD", headers: { accept: MANIFEST_TYPES, ...headers } });
	const response = await withAuthorization(host, head, askToken);
	const digest = response.headers.get("docker-content-digest");
	if (response.ok && digest !== null && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
	throw response.status === 401 || response.status === 403
		? new StepError(`${host} does not show ${path}:${tag}`, await loginAdvice(host))
		: new StepError(
				`${host} tells no digest of ${path}:${tag} (status ${response.status})`,
				"see that the tag exists, or run again later",
			);
}

async function askToken(url: string, authorization?: string): Promise<TokenAnswer> {
	return (await askJson(url, { ...(authorization && { authorization }) })) as TokenAnswer;
}
