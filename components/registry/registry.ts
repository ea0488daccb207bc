import * as ecr from "@pulumi/aws/ecr/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../stacks/settings.ts";
import type { ImageSite } from "../image.ts";
import type { RepositoryAddress } from "./address.ts";
import { lifecyclePolicy, movingTags, pullPolicy } from "./ecr-policies.ts";

/** What {@link ImageRegistry} needs. */
export interface ImageRegistryArgs {
	readonly settings: Settings;
	/** Where the images are named; see {@link repositoryAddress}. */
	readonly address: RepositoryAddress;
}

/**
 * Where the images of a stack are named and pushed: a repository in Amazon ECR that the stack owns,
 * one in another registry, or, without a registry, names for the Docker daemon alone.
 */
export class ImageRegistry extends pulumi.ComponentResource {
	readonly site: ImageSite;

	constructor(name: string, args: ImageRegistryArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:ImageRegistry", name, {}, opts);
		const { settings, address } = args;
		const children =
			settings.registry.kind === "ecr" ? ecrRepository(this, name, settings, address) : [];
		this.site = {
			repository: address.repository,
			platform: settings.platform,
			...(settings.caBundle === undefined ? {} : { caBundle: settings.caBundle }),
			...(address.host === undefined ? {} : { registry: { dependsOn: children } }),
		};
		this.registerOutputs({ repository: this.site.repository });
	}
}

/** The repository, and what decides which images stay in it and who may pull them. */
function ecrRepository(
	parent: ImageRegistry,
	name: string,
	settings: Settings,
	{ path }: RepositoryAddress,
): pulumi.Resource[] {
	const { version, series } = settings.python;
	const repository = new ecr.Repository(
		`${name}-repository`,
		{
			name: path,
			imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
			imageTagMutabilityExclusionFilters: movingTags(version, series.series).map((filter) => ({
				filter,
				filterType: "WILDCARD",
			})),
			imageScanningConfiguration: { scanOnPush: true },
			encryptionConfigurations: [{ encryptionType: "AES256" }],
			// Destroying a stack must not take published images along.
			forceDelete: false,
		},
		{ parent },
	);
	const lifecycle = new ecr.LifecyclePolicy(
		`${name}-lifecycle`,
		{ repository: repository.name, policy: lifecyclePolicy() },
		{ parent, deletedWith: repository },
	);
	if (settings.ecrPullAccounts.length === 0) return [repository, lifecycle];
	const policy = new ecr.RepositoryPolicy(
		`${name}-policy`,
		{ repository: repository.name, policy: pullPolicy(settings.ecrPullAccounts) },
		{ parent, deletedWith: repository },
	);
	return [repository, lifecycle, policy];
}
