import * as ecr from "@pulumi/aws/ecr/index.js";
import * as pulumi from "@pulumi/pulumi";
import { isDockerHub } from "../../stacks/image-reference.ts";
import type { Settings } from "../../stacks/settings.ts";
import { pythonName, versionName } from "../../stacks/variants.ts";
import type { ImageSite } from "../image.ts";
import { registryHost } from "../image-name.ts";
import type { RepositoryAddress } from "./address.ts";
import {
	APP_ALIAS,
	appLifecyclePolicy,
	lifecyclePolicy,
	movingTags,
	pullPolicy,
} from "./ecr-policies.ts";
import { signerName, signingAlias, signingKey } from "./signing-key.ts";

/** What {@link ImageRegistry} needs. */
export interface ImageRegistryArgs {
	readonly settings: Settings;
	/** Where the images are named; see {@link repositoryAddress}. */
	readonly address: RepositoryAddress;
	/** Name of the app whose own repository it is; absent: it is the stack's. */
	readonly app?: string;
}

/**
 * Where an app's images are named: in a stack's repository, or on Docker Hub, which has none in another,
 * beside it. The stack's name stays in it, so that stacks do not move each other's tags.
 */
export function appRepository(repository: string, app: string): string {
	return `${repository}${isDockerHub(registryHost(repository)) ? "-" : "/"}${app}`;
}

/**
 * Where the images of a stack, or of one of its apps, are named and pushed: a repository in Amazon ECR
 * that the stack owns, one in another registry, or, without a registry, names for the Docker daemon
 * alone.
 */
export class ImageRegistry extends pulumi.ComponentResource {
	readonly site: ImageSite;

	constructor(name: string, args: ImageRegistryArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:ImageRegistry", name, {}, opts);
		const { settings, address, app } = args;
		const children = settings.registry.kind === "ecr" ? ecrRepository(this, name, args) : [];
		const { signing } = settings;
		const alias = signingAlias(settings);
		// An app's images are signed by its stack's.
		if (signing === "kms" && app === undefined) children.push(...signingKey(this, name, alias));
		this.site = {
			repository: app === undefined ? address.repository : appRepository(address.repository, app),
			platform: settings.platform,
			...(settings.caBundle === undefined ? {} : { caBundle: settings.caBundle }),
			...(address.host !== undefined && {
				registry: {
					dependsOn: children,
					...(signing !== undefined && { signing: signerName(signing, alias, address.host) }),
				},
			}),
		};
		this.registerOutputs({ repository: this.site.repository });
	}
}

/** The repository, and what decides which images stay in it and who may pull them. */
function ecrRepository(
	parent: ImageRegistry,
	name: string,
	{ settings, address: { path }, app }: ImageRegistryArgs,
): pulumi.Resource[] {
	const [python] = settings.pythons;
	const names = [versionName(python), pythonName(python)] as const;
	const moving = app === undefined ? movingTags(...names) : [APP_ALIAS];
	const repository = new ecr.Repository(
		`${name}-repository`,
		{
			name: app === undefined ? path : appRepository(path, app),
			imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
			imageTagMutabilityExclusionFilters: moving.map((filter) => ({
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
		{
			repository: repository.name,
			policy: app === undefined ? lifecyclePolicy() : appLifecyclePolicy(),
		},
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
