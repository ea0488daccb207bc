import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity.js";
import { getPartition } from "@pulumi/aws/getPartition.js";
import { getRegion } from "@pulumi/aws/getRegion.js";
import type { Settings } from "../../stacks/settings.ts";
import { ownRepository } from "../../stacks/stack-name.ts";
import { NO_REGISTRY } from "../image-name.ts";

/** Where the images of a stack are named. */
export interface RepositoryAddress {
	/** Host, with its port where it has one; undefined without a registry. */
	readonly host?: string;
	/** Path of the repository in the registry. */
	readonly path: string;
	/** `host/path`, or without a registry `localhost/path`: what stands before a tag. */
	readonly repository: string;
}

/**
 * The address of a stack's repository. It is known before the repository exists, so that a first
 * preview has all names: Amazon ECR's follow from account and region (Amazon ECR user guide,
 * "Amazon ECR private registry").
 *
 * @throws where AWS is asked and has no credentials or region.
 */
export async function repositoryAddress(settings: Settings): Promise<RepositoryAddress> {
	const { registry } = settings;
	const own = ownRepository(settings);
	if (registry.kind === "none") return { path: own, repository: `${NO_REGISTRY}/${own}` };
	if (registry.kind === "registry") return address(registry.address, registry.repository);
	const [{ accountId }, { region }, { dnsSuffix }] = await Promise.all([
		getCallerIdentity(),
		getRegion(),
		getPartition(),
	]);
	return address(`${accountId}.dkr.ecr.${region}.${dnsSuffix}`, own);
}

function address(host: string, path: string): RepositoryAddress {
	return { host, path, repository: `${host}/${path}` };
}
