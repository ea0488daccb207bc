import {
	CreateRepositoryCommand,
	ECRClient,
	type ImageTagMutability,
	type ImageTagMutabilityExclusionFilter,
	PutImageTagMutabilityCommand,
	PutLifecyclePolicyCommand,
	SetRepositoryPolicyCommand,
} from "@aws-sdk/client-ecr";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { StepError } from "../components/step/error.ts";

/*
 * What the aws provider does for the resources of this project, by AWS's own SDK: credentials,
 * region and endpoint (AWS_ENDPOINT_URL) come from the usual places.
 */

/** Inputs of aws.ecr.Repository, as this project sets them. */
export interface EcrRepositoryInputs {
	name: string;
	imageTagMutability: ImageTagMutability;
	imageTagMutabilityExclusionFilters: ImageTagMutabilityExclusionFilter[];
	imageScanningConfiguration: { scanOnPush: boolean };
	encryptionConfigurations: { encryptionType: "AES256" | "KMS" }[];
}

/** Inputs of a lifecycle or repository policy. */
export interface EcrPolicyInputs {
	repository: string;
	policy: object;
}

/** Create the repository, or bring the one that is there to the wanted mutability. */
export async function ecrRepository(inputs: EcrRepositoryInputs): Promise<object> {
	const tags = {
		repositoryName: inputs.name,
		imageTagMutability: inputs.imageTagMutability,
		imageTagMutabilityExclusionFilters: inputs.imageTagMutabilityExclusionFilters,
	};
	const create = new CreateRepositoryCommand({
		...tags,
		imageScanningConfiguration: inputs.imageScanningConfiguration,
		encryptionConfiguration: inputs.encryptionConfigurations[0],
	});
	await aws(`the ECR repository ${inputs.name}`, async () => {
		const client = new ECRClient();
		try {
			await client.send(create);
		} catch (error) {
			if ((error as Error).name !== "RepositoryAlreadyExistsException") throw error;
			await client.send(new PutImageTagMutabilityCommand(tags));
		}
	});
	return inputs;
}

/** Put the repository's lifecycle policy. */
export async function ecrLifecyclePolicy({ repository, policy }: EcrPolicyInputs): Promise<object> {
	const put = new PutLifecyclePolicyCommand({
		repositoryName: repository,
		lifecyclePolicyText: JSON.stringify(policy),
	});
	await aws(`the lifecycle policy of ${repository}`, () => new ECRClient().send(put));
	return { repository, policy };
}

/** Set the policy that says who may pull. */
export async function ecrRepositoryPolicy({
	repository,
	policy,
}: EcrPolicyInputs): Promise<object> {
	const set = new SetRepositoryPolicyCommand({
		repositoryName: repository,
		policyText: JSON.stringify(policy),
	});
	await aws(`the policy of ${repository}`, () => new ECRClient().send(set));
	return { repository, policy };
}

/** The invokes of the aws provider that the program makes. */
export async function awsInvoke(token: string): Promise<Record<string, unknown>> {
	switch (token) {
		case "aws:index/getCallerIdentity:getCallerIdentity": {
			const identity = await aws("your AWS account", () =>
				new STSClient().send(new GetCallerIdentityCommand()),
			);
			return { accountId: identity.Account };
		}
		case "aws:index/getRegion:getRegion":
			return { region: await aws("your AWS region", () => new STSClient().config.region()) };
		case "aws:index/getPartition:getPartition": {
			const region = await aws("your AWS region", () => new STSClient().config.region());
			return { dnsSuffix: region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com" };
		}
		default:
			throw new Error(`the local run has no ${token}`);
	}
}

/** Call AWS; a failure is one line with the remedy. */
async function aws<T>(what: string, call: () => Promise<T>): Promise<T> {
	try {
		return await call();
	} catch (error) {
		const { name, message } = error as Error;
		throw new StepError(
			`AWS does not give or take ${what}: ${name}: ${message.split("\n")[0]}`,
			"check AWS_REGION and your credentials (aws sts get-caller-identity), then run again",
		);
	}
}
