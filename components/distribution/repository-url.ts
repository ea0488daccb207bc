import { isDockerHub } from "../../stacks/image-reference.ts";
import { isLoopback } from "./loopback.ts";

/**
 * Where a registry answers for a repository (OCI distribution specification, "Endpoints"), without a
 * slash at the end. Docker Hub's registry has another name than its images, and there names may be
 * short (distribution reference, "normalize.go").
 *
 * @param host the registry, as image names have it.
 * @param path the repository in it, such as debian/eol.
 */
export function repositoryUrl(host: string, path: string): string {
	if (isDockerHub(host))
		return `https://registry-1.docker.io/v2/${path.includes("/") ? path : `library/${path}`}`;
	return `${isLoopback(host) ? "http" : "https"}://${host}/v2/${path}`;
}
