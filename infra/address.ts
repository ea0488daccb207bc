import * as pulumi from "@pulumi/pulumi";
import { credentialsProblem } from "../components/distribution/credentials.ts";
import { type RepositoryAddress, repositoryAddress } from "../components/registry/address.ts";
import type { Settings } from "../stacks/settings.ts";

/**
 * The address of a stack's repository, to which this machine can push as far as that can be seen.
 *
 * @param awsPlace as {@link repositoryAddress} has it.
 * @throws RunError where this machine has no credentials for it; and as {@link repositoryAddress}.
 */
export async function usableAddress(
	settings: Settings,
	awsPlace?: Parameters<typeof repositoryAddress>[1],
): Promise<RepositoryAddress> {
	const address = await repositoryAddress(settings, awsPlace);
	const { host } = address;
	const problem = host && (await credentialsProblem(host, settings.registry.kind === "ecr"));
	if (problem) throw new pulumi.RunError(problem);
	return address;
}
