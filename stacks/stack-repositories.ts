/** Where the stacks of this project have their images, by their files. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { ownRepository } from "./stack-name.ts";

/** The host of a registry in Amazon ECR (user guide, "Private registries"). */
const ECR_HOST = /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/;

/** The stacks that have a file in a folder (default: the current one), in order of their names: letters, digits and . _ - as in Pulumi. */
export function stackNames(folder = "."): string[] {
	return readdirSync(folder)
		.flatMap((name) => /^Pulumi\.([\w.-]+)\.yaml$/.exec(name)?.[1] ?? [])
		.sort();
}

/** The same but `local`, which stays what one machine alone can build. */
export function productionStacks(): string[] {
	return stackNames().filter((stack) => stack !== "local");
}

/**
 * The repositories that the stacks with a file in the current folder have, or would have without a
 * registry: those in the daemon alone too. Files that are not YAML count as absent: the stack's own run
 * tells of them.
 *
 * @param host of a registry, for stacks in Amazon ECR, whose files do not tell it.
 */
export function stackRepositories(host: string | undefined): string[] {
	if (!existsSync("Pulumi.yaml")) return [];
	const { name: project } = read("Pulumi.yaml");
	if (project === undefined) return [];
	return stackNames().flatMap((stack) => {
		const { config } = read(`Pulumi.${stack}.yaml`);
		const registry = config?.[`${project}:registry`] ?? config?.registry ?? "none";
		const own = ownRepository({ project, stack });
		return [`localhost/${own}`, repositoryIn(String(registry), own, host) ?? []].flat();
	});
}

function repositoryIn(registry: string, own: string, host = ""): string | undefined {
	if (registry === "none") return undefined;
	if (registry === "ecr") return ECR_HOST.test(host) ? `${host}/${own}` : undefined;
	return registry;
}

interface StackFile {
	readonly name?: string;
	readonly config?: Readonly<Record<string, unknown>>;
}

function read(file: string): StackFile {
	try {
		return (parse(readFileSync(file, "utf8")) ?? {}) as StackFile;
	} catch {
		return {};
	}
}
