import type { AppSource } from "./apps/app.ts";
import { type ConfigProblem, quote } from "./config-error.ts";
import type { Registry } from "./config-values.ts";
import { parseRepository } from "./image-reference.ts";

/** Amazon ECR's longest repository name (API reference, "CreateRepository"). */
const LONGEST_ECR = 256;

/** The longest name before a tag, its registry included (distribution reference, "NameTotalLengthMax"). */
const LONGEST_NAME = 255;

/**
 * The repository that a stack's images are in, where the config does not name one: its project and its
 * stack, in lower case (distribution reference); a stack's name need not be.
 */
export function ownRepository({ project, stack }: { project: string; stack: string }): string {
	return `${project}/${stack}`.toLowerCase();
}

/** What keeps a stack's name from naming a repository, or a folder in packages/, of its own. */
export function stackNameProblems(
	context: { project: string; stack: string },
	registry: Registry,
): ConfigProblem[] {
	const reason = /^\.+$/.test(context.stack)
		? "is no name of a folder"
		: registry.kind === "registry"
			? undefined
			: repositoryProblem(ownRepository(context), registry.kind === "ecr");
	if (reason === undefined) return [];
	return [
		{
			key: "stack",
			value: quote(context.stack),
			reason,
			remedy: "name it with letters and digits, and single . _ or - between them",
		},
	];
}

/** What keeps apps from having a repository of their own in the stack's, or beside it: its length. */
export function appNameProblems(
	context: { project: string; stack: string },
	registry: Registry,
	apps: readonly Pick<AppSource, "name" | "folder">[],
): ConfigProblem[] {
	const repository =
		registry.kind === "registry"
			? `${registry.address}/${registry.repository}`
			: `${registry.kind === "ecr" ? "" : "localhost/"}${ownRepository(context)}`;
	const longest = registry.kind === "ecr" ? LONGEST_ECR : LONGEST_NAME;
	const room = longest - repository.length - "/".length;
	return apps
		.filter(({ name }) => name.length > room)
		.map(({ name, folder }) => ({
			key: `${folder}/pyproject.toml: project.name`,
			value: quote(name),
			reason: `makes the name of the app's repository longer than ${longest} characters`,
			remedy: "write a shorter one, or give the stack's repository a shorter one",
		}));
}

function repositoryProblem(path: string, isEcr: boolean): string | undefined {
	const names = `would name the repository ${quote(path)}, which`;
	// Behind a host, whatever that is: without one a project with a dot in its name would be taken for it.
	const place = parseRepository(`localhost/${path}`);
	if (typeof place === "string") return `${names} ${place}`;
	// CreateRepository's pattern: unlike Docker's it has one separator at a time.
	if (isEcr && /[._-]{2}/.test(path)) return `${names} Amazon ECR refuses: two of . _ - in a row`;
	const longest = isEcr ? LONGEST_ECR : LONGEST_NAME - "localhost/".length;
	return path.length > longest ? `${names} is longer than ${longest} characters` : undefined;
}
