import type * as inputs from "@pulumi/aws/types/input.js";

/**
 * Artefacts that only save work: what is lost of them is built again. `builder` is the moving name
 * of the newest pybuild of a recipe.
 */
const CACHE_ARTEFACTS = ["base", "debbase", "pybuild", "builder"] as const;

/** Whether a tag of this artefact may move, since another machine may build it again. */
export function isCache(artefact: string): boolean {
	// The tag of crossbuild is one of builder's.
	return ["crossbuild", ...CACHE_ARTEFACTS].includes(artefact);
}

/**
 * How many images of each cache artefact stay. A way back needs them only so as to build nothing at
 * all: further back than so many rotations of the base they are built again, and nothing is compiled.
 */
const CACHE_COUNT = 10;

/** What a compile leaves for the next one. Equal keys may have other bytes, so their tags do not move. */
const COMPILED_ARTEFACTS = ["compiled", "profile"] as const;

/** How many packages stay; they are what saves a compile, on the way back too, and small. */
const PACKAGE_COUNT = 50;

/**
 * Filters for the tags that may move: caches, which another machine may build again, and the aliases
 * of a Python, which move by design. Everything else is published once. Amazon ECR takes at most five
 * filters, with at most two wildcards each (user guide, "Image tag mutability"). Each says how a tag
 * begins, since what stands behind that may be the name of a distribution or of an app, as in
 * dependencies-database-….
 *
 * @param version of the stack's Python, such as 3.13.5.
 * @param series of it, such as 3.13.
 */
export function movingTags(version: string, series: string): string[] {
	// The first is base, builder and buildwheel: nothing that is published begins so.
	return ["b*", "debbase-*", "pybuild-*", `python-${version}`, `python-${series}`];
}

/** What leads to the newest image of an app, in its own repository: engines take it where no tag is named. */
export const APP_ALIAS = "latest";

/**
 * The repository's lifecycle policy. Published images (python, wheelbuild) are in no rule, so they
 * stay, for an alias to go back to; so do those of apps (wheel, wheelhouse, dependencies), since the
 * oldest wheel of all may be one that today's locks have. What no tag leads to is of no use after a week.
 */
export function lifecyclePolicy(): inputs.ecr.LifecyclePolicyDocument {
	const counts = [
		...[...CACHE_ARTEFACTS, ...COMPILED_ARTEFACTS].map(
			(artefact) => [artefact, CACHE_COUNT] as const,
		),
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
			untaggedRule(counts.length + 1),
		],
	};
}

/** The same of an app's own repository, in which all is published. */
export function appLifecyclePolicy(): inputs.ecr.LifecyclePolicyDocument {
	return { rules: [untaggedRule(1)] };
}

function untaggedRule(rulePriority: number): inputs.ecr.LifecyclePolicyRule {
	return {
		rulePriority,
		description: "Images without a tag for a week",
		selection: {
			tagStatus: "untagged",
			countType: "sinceImagePushed",
			countUnit: "days",
			countNumber: 7,
		},
		action: { type: "expire" },
	};
}

/**
 * A repository policy that lets other AWS accounts pull (Amazon ECR user guide, "Private repository
 * policy examples").
 *
 * @param accounts their 12-digit IDs. They stand alone, since an ARN would differ in China and GovCloud
 * (IAM user guide, "AWS JSON policy elements: Principal").
 */
export function pullPolicy(accounts: readonly string[]): inputs.ecr.PolicyDocument {
	return {
		Version: "2012-10-17",
		Statement: [
			{
				Sid: "Pull",
				Effect: "Allow",
				Principal: { AWS: [...accounts] },
				Action: [
					"ecr:BatchCheckLayerAvailability",
					"ecr:BatchGetImage",
					"ecr:GetDownloadUrlForLayer",
				],
			},
		],
	};
}
