import type * as inputs from "@pulumi/aws/types/input.js";

/**
 * Artefacts that only save work: what is lost of them is built again. `builder` is the moving name
 * of the newest pybuild of a recipe.
 */
export const CACHE_ARTEFACTS = ["debbase", "pybuild", "builder"] as const;

/** How many images of each cache artefact stay: some rotations of the base, for a way back. */
const CACHE_COUNT = 10;

/** How many packages stay; they are what saves a compile, and small. */
const PACKAGE_COUNT = 50;

/**
 * The repository's lifecycle policy. Published images (python, wheelbuild) are in no rule, so they
 * stay; what no tag leads to is of no use after a week.
 */
export function lifecyclePolicy(): inputs.ecr.LifecyclePolicyDocument {
	const counts = [
		...["base", ...CACHE_ARTEFACTS].map((artefact) => [artefact, CACHE_COUNT] as const),
		["package", PACKAGE_COUNT] as const,
	];
	return {
		rules: [
			...counts.map(([artefact, count], index) => ({
				rulePriority: index + 1,
				description: `The ${count} newest ${artefact} images`,
				selection: {
					tagStatus: "tagged",
					tagPrefixList: [`${artefact}-`],
					countType: "imageCountMoreThan",
					countNumber: count,
				},
				action: { type: "expire" },
			})),
			{
				rulePriority: counts.length + 1,
				description: "Images without a tag for a week",
				selection: {
					tagStatus: "untagged",
					countType: "sinceImagePushed",
					countUnit: "days",
					countNumber: 7,
				},
				action: { type: "expire" },
			},
		],
	};
}

/**
 * A repository policy that lets other AWS accounts pull (Amazon ECR user guide, "Private repository
 * policy examples").
 *
 * @param accounts their 12-digit IDs.
 */
export function pullPolicy(accounts: readonly string[]): inputs.ecr.PolicyDocument {
	return {
		Version: "2012-10-17",
		Statement: [
			{
				Sid: "Pull",
				Effect: "Allow",
				Principal: { AWS: accounts.map((account) => `arn:aws:iam::${account}:root`) },
				Action: [
					"ecr:BatchCheckLayerAvailability",
					"ecr:BatchGetImage",
					"ecr:GetDownloadUrlForLayer",
				],
			},
		],
	};
}
