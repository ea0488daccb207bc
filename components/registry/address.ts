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

/** What the name of a registry in Amazon ECR is made of. */
export interface AwsPlace {
	readonly accountId: string;
	readonly region: string;
	readonly dnsSuffix: string;
}

/**
 * The address of a stack's repository. It is known before the repository exists, so that a first
 * preview has all names: Amazon ECR's follow from account and region (Amazon ECR user guide,
 * "Amazon ECR private registry").
 *
 * @param awsPlace asks AWS; by default Pulumi's provider does, which needs Pulumi's engine.
 * @throws where AWS is asked and has no credentials or region.
 */
export async function repositoryAddress(
	settings: Settings,
	awsPlace = invokeAws,
): Promise<RepositoryAddress> {
	const { registry } = settings;
	const own = ownRepository(settings);
	if (registry.kind === "none") return { path: own, repository: `${NO_REGISTRY}/${own}` };
	if (registry.kind === "registry") return address(registry.address, registry.repository);
	const { accountId, region, dnsSuffix } = await awsPlace();
	return address(`${accountId}.dkr.ecr.${region}.${dnsSuffix}`, own);
}

/** Ask Pulumi's provider. */
export async function invokeAws(): Promise<AwsPlace> {
	const [{ accountId }, { region }, { dnsSuffix }] = await Promise.all([
		getCallerIdentity(),
		getRegion(),
		getPartition(),
	]);
	return { accountId, region, dnsSuffix };
}

function address(host: string, path: string): RepositoryAddress {
	return { host, path, repository: `${host}/${path}` };
}
