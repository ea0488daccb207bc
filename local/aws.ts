import {
	CreateRepositoryCommand,
	ECRClient,
	type ImageTagMutability,
	type ImageTagMutabilityExclusionFilter,
	PutImageTagMutabilityCommand,
	PutLifecyclePolicyCommand,
	SetRepositoryPolicyCommand,
} from "@aws-sdk/client-ecr";
import {
	CreateAliasCommand,
	CreateKeyCommand,
	DescribeKeyCommand,
	type KeySpec,
	type KeyUsageType,
	KMSClient,
} from "@aws-sdk/client-kms";
import {
	type BucketLocationConstraint,
	CreateBucketCommand,
	PutPublicAccessBlockCommand,
	S3Client,
} from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import * as pulumi from "@pulumi/pulumi";
import type { AwsPlace } from "../components/registry/address.ts";
import { StepError } from "../components/step/error.ts";

/*
 * What the aws provider does for the resources of this project, by AWS's own SDK: credentials,
 * region and endpoint (AWS_ENDPOINT_URL) come from the usual places.
 */

/** Ends of host names by the start of a region, where they differ (botocore, `partitions.json`). */
const DNS_SUFFIXES = {
	"cn-": "amazonaws.com.cn",
	"eusc-": "amazonaws.eu",
	"us-iso-": "c2s.ic.gov",
	"us-isob-": "sc2s.sgov.gov",
	"us-isof-": "csp.hci.ic.gov",
	"eu-isoe-": "cloud.adc-e.uk",
};

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
		const client = new ECRClient(place());
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
	await aws(`the lifecycle policy of ${repository}`, () => new ECRClient(place()).send(put));
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
	await aws(`the policy of ${repository}`, () => new ECRClient(place()).send(set));
	return { repository, policy };
}

/** Inputs of aws.kms.Key, as this project sets them. */
export interface KmsKeyInputs {
	description: string;
	customerMasterKeySpec: KeySpec;
	keyUsage: KeyUsageType;
	tags: { alias: string };
}

/** Inputs of aws.kms.Alias. */
export interface KmsAliasInputs {
	name: string;
	targetKeyId: string;
}

/** Create the key, or find the one that has its alias. */
export async function kmsKey(inputs: KmsKeyInputs): Promise<object> {
	const { alias } = inputs.tags;
	const client = new KMSClient(place());
	const create = new CreateKeyCommand({
		Description: inputs.description,
		KeySpec: inputs.customerMasterKeySpec,
		KeyUsage: inputs.keyUsage,
		Tags: [{ TagKey: "alias", TagValue: alias }],
	});
	const { KeyMetadata } = await aws(`the KMS key ${alias}`, async () => {
		try {
			return await client.send(new DescribeKeyCommand({ KeyId: alias }));
		} catch (error) {
			if ((error as Error).name !== "NotFoundException") throw error;
			return client.send(create);
		}
	});
	return { ...inputs, keyId: KeyMetadata?.KeyId };
}

/** Give a key its alias, where nothing has it. */
export async function kmsAlias({ name, targetKeyId }: KmsAliasInputs): Promise<object> {
	const create = new CreateAliasCommand({ AliasName: name, TargetKeyId: targetKeyId });
	await aws(`the KMS alias ${name}`, async () => {
		try {
			await new KMSClient(place()).send(create);
		} catch (error) {
			if ((error as Error).name !== "AlreadyExistsException") throw error;
		}
	});
	return { name, targetKeyId };
}

/** Inputs of aws.s3.Bucket, as this project sets them. */
export interface BucketInputs {
	bucket: string;
}

/** Create the bucket, or find it. */
export async function s3Bucket(inputs: BucketInputs): Promise<object> {
	const name = await region();
	// Where requests go by default, and which it is then no value for (S3 API reference, "CreateBucket").
	const elsewhere = name !== "us-east-1" && {
		CreateBucketConfiguration: { LocationConstraint: name as BucketLocationConstraint },
	};
	const create = new CreateBucketCommand({ Bucket: inputs.bucket, ...elsewhere });
	await aws(`the S3 bucket ${inputs.bucket}`, async () => {
		try {
			await new S3Client(place()).send(create);
		} catch (error) {
			if ((error as Error).name !== "BucketAlreadyOwnedByYou") throw error;
		}
	});
	return inputs;
}

/** Inputs of aws.s3.BucketPublicAccessBlock. */
export interface AccessInputs {
	bucket: string;
	blockPublicAcls: boolean;
	blockPublicPolicy: boolean;
	ignorePublicAcls: boolean;
	restrictPublicBuckets: boolean;
}

/** Keep everybody out of a bucket who is not allowed in. */
export async function s3PublicAccessBlock(inputs: AccessInputs): Promise<object> {
	const put = new PutPublicAccessBlockCommand({
		Bucket: inputs.bucket,
		PublicAccessBlockConfiguration: {
			BlockPublicAcls: inputs.blockPublicAcls,
			BlockPublicPolicy: inputs.blockPublicPolicy,
			IgnorePublicAcls: inputs.ignorePublicAcls,
			RestrictPublicBuckets: inputs.restrictPublicBuckets,
		},
	});
	await aws(`who may read ${inputs.bucket}`, () => new S3Client(place()).send(put));
	return inputs;
}

/** The invokes of the aws provider that the program makes. */
export async function awsInvoke(token: string): Promise<Record<string, unknown>> {
	switch (token) {
		case "aws:index/getCallerIdentity:getCallerIdentity":
			return { accountId: await account() };
		case "aws:index/getRegion:getRegion":
			return { region: await region() };
		case "aws:index/getPartition:getPartition":
			return { dnsSuffix: dnsSuffix(await region()) };
		default:
			throw new Error(`the local run has no ${token}`);
	}
}

/** What the name of a registry in Amazon ECR is made of. */
export async function awsPlace(): Promise<AwsPlace> {
	const [accountId, name] = await Promise.all([account(), region()]);
	return { accountId, region: name, dnsSuffix: dnsSuffix(name) };
}

async function account(): Promise<string> {
	const ask = () => new STSClient(place()).send(new GetCallerIdentityCommand());
	return (await aws("your AWS account", ask)).Account ?? "";
}

function region(): Promise<string> {
	return aws("your AWS region", () => new STSClient(place()).config.region());
}

function dnsSuffix(region: string): string {
	const known = Object.entries(DNS_SUFFIXES).find(([start]) => region.startsWith(start));
	return known?.[1] ?? "amazonaws.com";
}

/** The region where the aws provider looks and the SDK does not; without one, the SDK looks on. */
function place(): { region?: string } {
	const name =
		new pulumi.Config("aws").get("region") ||
		process.env.AWS_REGION ||
		process.env.AWS_DEFAULT_REGION;
	return name ? { region: name } : {};
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
