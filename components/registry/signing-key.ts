import * as kms from "@pulumi/aws/kms/index.js";
import type * as pulumi from "@pulumi/pulumi";
import { ownRepository } from "../../stacks/stack-name.ts";
import { AWS_KMS } from "../signing/aws-kms.ts";

/** How many days after a stack's end its key can be had back: the most that AWS KMS has. */
const DELETION_DAYS = 30;

/** The name of a stack's own key, which is known before there is one (AWS KMS, "CreateAlias"). */
export function signingAlias(context: { project: string; stack: string }): string {
	return `alias/${ownRepository(context).replace(/[^a-z0-9/_-]/g, "-")}`;
}

/**
 * The key of a stack with `signing: kms`, under its alias. What it signed stays good without it: who
 * verifies has the public key.
 *
 * @returns what must be there before the first signature.
 */
export function signingKey(
	parent: pulumi.Resource,
	name: string,
	alias: string,
): [kms.Key, kms.Alias] {
	const key = new kms.Key(
		`${name}-signing-key`,
		{
			description: `signs the images of ${alias.replace("alias/", "")}`,
			customerMasterKeySpec: "ECC_NIST_P256",
			keyUsage: "SIGN_VERIFY",
			deletionWindowInDays: DELETION_DAYS,
			// By it a run without a state finds the key again.
			tags: { alias },
		},
		{ parent },
	);
	const named = new kms.Alias(
		`${name}-signing-alias`,
		{ name: alias, targetKeyId: key.keyId },
		{ parent },
	);
	return [key, named];
}

/**
 * What the step that pushes gets as signer, of what the config has. In Amazon ECR the key's region is that
 * of the registry, which the machine's own settings need not name.
 *
 * @param host of the registry.
 */
export function signerName(signing: string, alias: string, host: string): string {
	if (signing !== "kms") return signing;
	const [, account, region] = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\./.exec(host) ?? [];
	if (account === undefined || region === undefined) return AWS_KMS + alias;
	return `${AWS_KMS}arn:${partitionOf(region)}:kms:${region}:${account}:${alias}`;
}

/** The partition of an ARN (AWS, "Amazon Resource Names"). */
function partitionOf(region: string): string {
	const [, other] = /^(cn|us-gov)-/.exec(region) ?? [];
	return other === undefined ? "aws" : `aws-${other}`;
}
