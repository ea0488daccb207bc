import * as s3 from "@pulumi/aws/s3/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../stacks/settings.ts";
import { stepCommand } from "../step/command.ts";
import type { PublishInputs } from "./inputs.ts";
import { publishStep } from "./step.ts";
import { S3 } from "./store.ts";

/** What {@link AptRepository} needs. */
export interface AptRepositoryArgs {
	readonly settings: Settings;
	readonly inputs: PublishInputs;
	/** What makes the images with the .debs. */
	readonly packages: readonly pulumi.Resource[];
	/** The stack's own bucket, as its first platform made it; undefined for that itself. */
	readonly bucket: readonly pulumi.Resource[] | undefined;
	/** Whether what was deployed is to be published or signed again. */
	readonly isLost: boolean;
}

/**
 * The .debs of a stack in an apt repository: in the suite that is named as its Debian release. Other
 * stacks publish there too, at once and from other machines.
 */
export class AptRepository extends pulumi.ComponentResource {
	/** The stack's own bucket, with what belongs to it; empty where the stack has none. */
	readonly bucket: readonly pulumi.Resource[];

	constructor(name: string, args: AptRepositoryArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:AptRepository", name, {}, opts);
		const { settings, inputs, packages, isLost } = args;
		const { place } = settings.apt ?? {};
		const isOwn = place?.kind === "bucket" && place.name === undefined;
		const ownName = inputs.PLACE.slice(S3.length);
		this.bucket = args.bucket ?? (isOwn ? ownBucket(this, name, ownName) : []);
		const dependsOn = [...packages, ...this.bucket];
		stepCommand(`${name}-publish`, publishStep, inputs, { parent: this, dependsOn }, isLost);
		this.registerOutputs({ place: inputs.PLACE });
	}
}

/** A bucket that nobody reads but who is allowed to. */
function ownBucket(parent: AptRepository, name: string, bucketName: string): pulumi.Resource[] {
	const bucket = new s3.Bucket(
		`${name}-bucket`,
		// Destroying a stack must not take published packages along.
		{ bucket: bucketName, forceDestroy: false },
		{ parent },
	);
	const block = new s3.BucketPublicAccessBlock(
		`${name}-access`,
		{
			bucket: bucket.bucket,
			blockPublicAcls: true,
			blockPublicPolicy: true,
			ignorePublicAcls: true,
			restrictPublicBuckets: true,
		},
		{ parent, deletedWith: bucket },
	);
	return [bucket, block];
}
