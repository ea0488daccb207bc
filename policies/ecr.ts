import type { LifecyclePolicyArgs } from "@pulumi/aws/ecr/lifecyclePolicy.js";
import type { RepositoryArgs } from "@pulumi/aws/ecr/repository.js";
import type * as inputs from "@pulumi/aws/types/input.js";
import type { Unwrap } from "@pulumi/pulumi";
import { registryHost, repositoryOf, tagOf } from "../components/image-name.ts";
import { pushStep } from "../components/registry/step.ts";
import type { Problem } from "./problem.ts";
import { type CommandInputs, stepInputs } from "./step-inputs.ts";

type Repository = Unwrap<RepositoryArgs>;
type LifecycleRule = Unwrap<inputs.ecr.LifecyclePolicyRule>;

/** Where the program says it. */
const REGISTRY = "components/registry/registry.ts";
const POLICIES = "components/registry/ecr-policies.ts";

/** A repository whose images are not scanned, not encrypted on purpose, or may be replaced. */
export function repositoryProblems(repository: Repository): Problem[] {
	const isScanned = repository.imageScanningConfiguration?.scanOnPush === true;
	const isEncrypted = repository.encryptionConfigurations?.some((it) => it.encryptionType);
	const mutability = repository.imageTagMutability ?? "MUTABLE";
	return [
		...missing(isScanned, {
			key: "imageScanningConfiguration",
			reason: "does not scan on push: nobody is told of known holes",
			remedy: `set scanOnPush: true in ${REGISTRY}`,
		}),
		...missing(isEncrypted === true, {
			key: "encryptionConfigurations",
			reason: "is not there: how images are encrypted is left to AWS's default",
			remedy: `set encryptionType: AES256 or KMS in ${REGISTRY}`,
		}),
		...missing(mutability.startsWith("IMMUTABLE"), {
			key: "imageTagMutability",
			reason: `is ${mutability}: a published image can be replaced`,
			remedy: `set IMMUTABLE_WITH_EXCLUSION in ${REGISTRY}`,
		}),
	];
}

function missing(isThere: boolean, problem: Problem): Problem[] {
	return isThere ? [] : [problem];
}

/** A repository that lets a published tag move. */
export function exclusionProblems(
	{ imageTagMutabilityExclusionFilters: filters = [] }: Repository,
	published: readonly string[],
): Problem[] {
	return filters.flatMap(({ filter }) => {
		const moving = published.find((tag) => wildcard(filter).test(tag));
		return missing(moving === undefined, {
			key: "imageTagMutabilityExclusionFilters",
			reason: `has ${filter}, so that ${moving}, which is published, can be replaced`,
			remedy: `name what moves alone: movingTags in ${POLICIES}`,
		});
	});
}

/** What is wrong where a repository has no lifecycle policy. */
export const NO_LIFECYCLE: Problem = {
	key: "LifecyclePolicy",
	reason: "is not there: caches and what no tag leads to stay, and are paid, for ever",
	remedy: `give the repository one, as ${REGISTRY} does`,
};

/** A lifecycle policy of which a published image expires. Packages count as caches: they spare a compile. */
export function lifecycleProblems(
	{ policy }: Unwrap<LifecyclePolicyArgs>,
	published: readonly string[],
): Problem[] {
	// The program has an object, and the provider makes text of it.
	const { rules } = (typeof policy === "string" ? JSON.parse(policy) : policy) as {
		rules: readonly LifecycleRule[];
	};
	const kept = published.filter((tag) => !tag.startsWith("package-"));
	return rules.flatMap((rule) => {
		const expiring = kept.find((tag) => mayExpire(rule, tag));
		return missing(expiring === undefined, {
			key: "policy",
			reason: `has rule ${rule.rulePriority}, by which ${expiring}, which is published, expires`,
			remedy: `let rules name caches alone: lifecyclePolicy in ${POLICIES}`,
		});
	});
}

/** Whether a rule looks at a tag (Amazon ECR user guide, "Lifecycle policy properties"). */
function mayExpire({ selection }: LifecycleRule, tag: string): boolean {
	const { tagStatus, tagPrefixList = [] } = selection;
	// The provider's types lack it.
	const { tagPatternList = [] } = selection as { tagPatternList?: readonly string[] };
	if (tagStatus !== "tagged") return tagStatus === "any";
	return (
		tagPrefixList.some((prefix) => tag.startsWith(prefix)) ||
		tagPatternList.some((pattern) => wildcard(pattern).test(tag))
	);
}

/** Amazon ECR's wildcards: `*` is any text. */
function wildcard(pattern: string): RegExp {
	return new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
}

/** The tags that a stack publishes in a repository. */
export function publishedTags(
	repository: string,
	commands: readonly CommandInputs[],
): readonly string[] {
	return commands.flatMap((command) => {
		const push = stepInputs(pushStep, command);
		return push?.KIND === "published" && pathOf(push.IMAGE) === repository
			? [tagOf(push.IMAGE)]
			: [];
	});
}

/** The path of an image's repository, as Amazon ECR's API has it. */
function pathOf(image: string): string {
	const host = registryHost(image);
	return repositoryOf(image).slice(host === undefined ? 0 : host.length + 1);
}
