import {
	DeleteObjectCommand,
	GetObjectCommand,
	PutObjectCommand,
	paginateListObjectsV2,
	S3Client,
} from "@aws-sdk/client-s3";
import { StepError } from "../step/error.ts";
import type { Store, StoreOptions } from "./store.ts";

/** What never changes under its name may be kept for ever; an InRelease, and what is beside it, be asked for. */
const KEEP = "public, max-age=31536000, immutable";
const ASK = "no-cache";

/**
 * A repository in a bucket of Amazon S3. Files are replaced by its conditional writes, so no lock is
 * left by who is killed (S3 user guide, "Preventing object overwrites with conditional writes").
 */
export function bucketStore(bucket: string, { region, signal }: StoreOptions = {}): Store {
	const client = new S3Client(region === undefined ? {} : { region });
	const abort = signal === undefined ? {} : { abortSignal: signal };

	async function put(
		path: string,
		content: Buffer,
		condition: { IfMatch?: string; IfNoneMatch?: string } = {},
	): Promise<void> {
		const CacheControl = /^pool\/|\/by-hash\//.test(path) ? KEEP : ASK;
		const object = { Bucket: bucket, Key: path, Body: content, CacheControl };
		await client.send(new PutObjectCommand({ ...object, ...condition }), abort);
	}

	return {
		async read(path) {
			const get = new GetObjectCommand({ Bucket: bucket, Key: path });
			const answer = await asked(bucket, async () => {
				try {
					const { Body, ETag, LastModified } = await client.send(get, abort);
					const content = Buffer.from((await Body?.transformToByteArray()) ?? []);
					return { content, version: ETag ?? "", modified: LastModified ?? new Date(0) };
				} catch (error) {
					// The stack's own bucket is not there before its first up.
					if (["NoSuchKey", "NoSuchBucket"].includes((error as Error).name)) return undefined;
					throw error;
				}
			});
			return answer;
		},
		write: (path, content) => asked(bucket, () => put(path, content)),
		replace: (path, content, version) =>
			asked(bucket, async () => {
				try {
					await put(
						path,
						content,
						version === undefined ? { IfNoneMatch: "*" } : { IfMatch: version },
					);
					return true;
				} catch (error) {
					if (isLost(error as Error)) return false;
					throw error;
				}
			}),
		list: (folder) =>
			asked(bucket, async () => {
				const list = { Bucket: bucket, Prefix: `${folder}/` };
				const pages = await Array.fromAsync(paginateListObjectsV2({ client }, list));
				return pages
					.flatMap(({ Contents = [] }) => Contents)
					.map(({ Key = "", LastModified = new Date() }) => ({
						path: Key,
						modified: LastModified,
					}));
			}),
		remove: (path) =>
			asked(bucket, async () => {
				await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: path }), abort);
			}),
	};
}

/** Whether a conditional write came too late: another one was, or is, there, or it was removed. */
function isLost({ name }: Error): boolean {
	return ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"].includes(name);
}

/** Ask AWS; a failure is one line with the remedy. */
async function asked<T>(bucket: string, ask: () => Promise<T>): Promise<T> {
	try {
		return await ask();
	} catch (error) {
		const { name, message } = error as Error;
		if (name === "AbortError") throw new StepError("stopped");
		throw new StepError(
			`Amazon S3 does not give or take a file of s3://${bucket} (${name}: ${message})`,
			"see that the bucket is there, that AWS_REGION is its own, and that the credentials have s3:GetObject, s3:PutObject and s3:DeleteObject on it and s3:ListBucket",
		);
	}
}
