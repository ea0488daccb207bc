import { LifecyclePolicy } from "@pulumi/aws/ecr/lifecyclePolicy.js";
import { Repository } from "@pulumi/aws/ecr/repository.js";
import { Command } from "@pulumi/command/local/command.js";
import { RemoteImage } from "@pulumi/docker/remoteImage.js";
import {
	type Policies,
	type PolicyResource,
	type ReportViolation,
	type ResourceValidationArgs,
	type StackValidationArgs,
	validateResourceOfType,
} from "@pulumi/policy";
import type { Resource, Unwrap } from "@pulumi/pulumi";
import { baseImageProblems, bootstrapProblems } from "./base.ts";
import {
	exclusionProblems,
	lifecycleProblems,
	NO_LIFECYCLE,
	publishedTags,
	repositoryProblems,
} from "./ecr.ts";
import { type Problem, violation, type Where } from "./problem.ts";
import { secretProblems } from "./secrets.ts";
import { signingProblems } from "./signing.ts";
import { isProduction, signing } from "./stack.ts";
import { profileProblems, supportProblems } from "./support.ts";

/** All policies of the pack. */
export const policies: Policies = [
	{
		name: "production-base-pinned",
		description:
			"The base of a stack in production is pinned: an image by its digest, an archive by a moment.",
		validateResource: [
			validateResourceOfType(RemoteImage, inProduction(baseImageProblems)),
			validateResourceOfType(Command, inProduction(bootstrapProblems)),
		],
	},
	{
		name: "production-supported",
		description: "Of a stack in production neither Debian nor CPython is past its support.",
		validateResource: validateResourceOfType(
			Command,
			inProduction((command) => supportProblems(command, new Date())),
		),
	},
	{
		name: "production-profile",
		description: "A stack in production is compiled with PGO and LTO.",
		validateResource: validateResourceOfType(Command, inProduction(profileProblems)),
	},
	{
		name: "ecr-repository",
		description: "A repository in Amazon ECR scans, encrypts, and keeps what is published.",
		validateResource: validateResourceOfType(Repository, checked(repositoryProblems)),
	},
	{
		name: "ecr-published-stays",
		description: "What is published in Amazon ECR neither moves nor expires.",
		validateStack: publishedStays,
	},
	{
		name: "published-signed",
		description: "What is published is signed, where the stack's config says by whom.",
		validateResource: validateResourceOfType(
			Command,
			checked((command) => signingProblems(command, signing())),
		),
	},
	{
		name: "command-without-secrets",
		description: "No input of a command looks like a secret.",
		validateResource: validateResourceOfType(Command, checked(secretProblems)),
	},
];

/** What Pulumi calls for a resource, of what looks at its inputs. */
function checked<Inputs>(problems: (inputs: Inputs) => readonly Problem[]) {
	return (inputs: Inputs, args: ResourceValidationArgs, report: ReportViolation) => {
		reportAll(problems(inputs), args, report);
	};
}

/** The same, where the stack is tagged production. */
function inProduction<Inputs>(problems: (inputs: Inputs) => readonly Problem[]) {
	return (inputs: Inputs, args: ResourceValidationArgs, report: ReportViolation) => {
		if (isProduction(args.stackTags)) reportAll(problems(inputs), args, report);
	};
}

function reportAll(problems: readonly Problem[], where: Where, report: ReportViolation): void {
	for (const problem of problems) report(violation(where, problem), where.urn);
}

function publishedStays({ resources }: StackValidationArgs, report: ReportViolation): void {
	const commands = ofType(resources, Command).map(({ inputs }) => inputs);
	const lifecycles = ofType(resources, LifecyclePolicy);
	for (const repository of ofType(resources, Repository)) {
		const { name = "" } = repository.inputs;
		const published = publishedTags(name, commands);
		reportAll(exclusionProblems(repository.inputs, published), repository, report);
		const own = lifecycles.filter(({ inputs }) => inputs.repository === name);
		if (own.length === 0) reportAll([NO_LIFECYCLE], repository, report);
		for (const lifecycle of own)
			reportAll(lifecycleProblems(lifecycle.inputs, published), lifecycle, report);
	}
}

/** The resources of a class. Of a stack Pulumi tells their outputs, and the inputs are among them. */
function ofType<Args>(
	resources: readonly PolicyResource[],
	// biome-ignore lint/suspicious/noExplicitAny: whatever options it takes
	resourceClass: new (name: string, args: Args, ...rest: any[]) => Resource,
) {
	return resources
		.filter((resource) => resource.isType(resourceClass))
		.map(({ urn, name, props }) => ({ urn, name, inputs: props as Unwrap<NonNullable<Args>> }));
}
