import { stackRepositories } from "../../stacks/stack-repositories.ts";
import { keyIn, registryHost, repositoryOf, tagOf } from "../image-name.ts";

/**
 * The names that an image would have in the project's other repositories: no repository is in a key, so
 * what is there is what this name would have. None for what has no key in its name.
 */
export function namesBeside(name: string): string[] {
	if (keyIn(name) === undefined) return [];
	const [repository, tag] = [repositoryOf(name), tagOf(name)];
	const all = stackRepositories(registryHost(name));
	const own = all
		.filter((each) => each === repository || repository.startsWith(`${each}/`))
		.sort((a, b) => b.length - a.length)[0];
	// That of an app is in its stack's.
	const app = own === undefined ? "" : repository.slice(own.length);
	return all.flatMap((each) => (each === own || each === repository ? [] : `${each}${app}:${tag}`));
}
