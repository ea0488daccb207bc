import * as pulumi from "@pulumi/pulumi";
import { imageInputs, labelled } from "../components/image.ts";
import { onDaemon } from "../components/step/daemon.ts";
import { type DockerHost, dockerVariables } from "../stacks/docker-hosts.ts";
import type {
	AccessInputs,
	BucketInputs,
	EcrPolicyInputs,
	EcrRepositoryInputs,
	KmsAliasInputs,
	KmsKeyInputs,
} from "./aws.ts";
import {
	type CommandInputs,
	localCommand,
	type RemoteImageInputs,
	type Run,
	remoteImage,
} from "./handlers.ts";
import type { StackConfig } from "./stack-config.ts";
import { withStackLock } from "./stack-lock.ts";

/** The stack's outputs, as `pulumi stack output --json` has them. */
export type Outputs = Record<string, unknown>;

/**
 * Build a stack, which no other run in this checkout does meanwhile; or preview that, which keeps nobody
 * waiting. Once in a process: Pulumi's SDK has one program.
 *
 * @throws the first error of the program or of a resource. The caller then stops the others.
 */
export function runStack(stack: string, config: StackConfig, run: Run): Promise<Outputs> {
	// Without an engine Pulumi's SDK writes the program's warnings here, once each.
	console.warn = (text: string) => run.report.line(text.replace("[runtime] ", ""));
	const work = () => runProgram(stack, config, run);
	return run.preview ? work() : withStackLock(stack, run, work);
}

/**
 * Run the Pulumi program in this process: the resources that it registers are made here, on the
 * Docker daemon, by handlers in the place of Pulumi's engine and providers.
 */
async function runProgram(
	stack: string,
	{ project, config }: StackConfig,
	run: Run,
): Promise<Outputs> {
	const artefacts = new Artefacts();
	const daemons = new Daemons();
	const failed = Promise.withResolvers<never>();
	async function orFail<T>(work: () => Promise<T>): Promise<T> {
		try {
			return await work();
		} catch (error) {
			failed.reject(error);
			// What depends on this must not start, and the SDK would print a stack trace.
			return new Promise(() => {});
		}
	}
	// The SDK also rejects promises that only its own host looks at.
	process.on("unhandledRejection", failed.reject);
	await pulumi.runtime.setMocks(
		{
			newResource: ({ type, name, inputs, provider }) =>
				orFail(async () => {
					const artefact = artefacts.of(type, name, inputs);
					const daemon = daemons.of(type, name, inputs, provider);
					const make = () => makeResource(run, artefact, type, inputs as object);
					return { id: name, state: await onDaemon(daemon, make) };
				}),
			call: ({ token }) => orFail(async () => (await aws()).awsInvoke(token)),
		},
		project,
		stack,
	);
	pulumi.runtime.setAllConfig(config);
	const program = pulumi.runtime.runInPulumiStack(() => import("../infra/index.ts"));
	const outputs = await Promise.race([program, failed.promise]);
	// The outputs are known before the last resource is made: wait for all registrations.
	await Promise.race([pulumi.runtime.disconnect(), failed.promise]);
	// Through Pulumi's own serialisation, outputs become plain values.
	return (await Promise.race([plain(outputs), failed.promise])) as Outputs;
}

/** Whose each resource is: its image's artefact. */
class Artefacts {
	/** By the names of their images: what pushes or describes one comes after what makes it. */
	readonly #known = new Map<string, string>();

	of(type: string, name: string, inputs: object): string {
		const { image, artefact } =
			type === "docker:index/remoteImage:RemoteImage"
				? { image: (inputs as RemoteImageInputs).name, artefact: name.replace(/-image$/, "") }
				: commandParts(inputs as Partial<CommandInputs>);
		if (artefact !== undefined) this.#known.set(image, artefact);
		return this.#known.get(image) ?? name;
	}
}

/** Which Docker daemon each resource is made on. */
class Daemons {
	/** Docker's variables, by the names of the providers for its images. */
	readonly #known = new Map<string, Readonly<Record<string, string>>>();

	/** Docker's variables; undefined: this machine's daemon. */
	of(type: string, name: string, inputs: object, provider: string | undefined) {
		if (type === "pulumi:providers:docker")
			this.#known.set(name, dockerVariables(inputs as DockerHost));
		// A provider is told by its URN and ID.
		const [, ofProvider = ""] = /::([^:]+)::[^:]*$/.exec(provider ?? "") ?? [];
		const { environment = {} } = inputs as Partial<CommandInputs>;
		const { DOCKER_HOST, DOCKER_CONTEXT } = environment;
		if (DOCKER_CONTEXT !== undefined) return dockerVariables({ context: DOCKER_CONTEXT });
		if (DOCKER_HOST !== undefined) return dockerVariables({ host: DOCKER_HOST });
		return this.#known.get(ofProvider);
	}
}

interface ImageParts {
	readonly image: string;
	/** Of what makes the image. */
	readonly artefact: string | undefined;
}

function commandParts({ environment = {} }: Partial<CommandInputs>): ImageParts {
	const { IMAGE: image = "", LABELS, ARTEFACT } = environment;
	const kind = LABELS === undefined ? undefined : labelled(imageInputs.LABELS.parse(LABELS)).kind;
	return { image, artefact: ARTEFACT ?? kind };
}

/** Makes each resource for real, on the Docker daemon and in AWS; in a preview it only tells. */
async function makeResource(
	run: Run,
	artefact: string,
	type: string,
	inputs: object,
): Promise<object> {
	switch (type) {
		case "docker:index/remoteImage:RemoteImage":
			return remoteImage(run, artefact, inputs as RemoteImageInputs);
		case "command:local:Command":
			return localCommand(run, artefact, inputs as CommandInputs);
		case "aws:ecr/repository:Repository":
			return run.preview ? inputs : (await aws()).ecrRepository(inputs as EcrRepositoryInputs);
		case "aws:ecr/lifecyclePolicy:LifecyclePolicy":
			return run.preview ? inputs : (await aws()).ecrLifecyclePolicy(inputs as EcrPolicyInputs);
		case "aws:ecr/repositoryPolicy:RepositoryPolicy":
			return run.preview ? inputs : (await aws()).ecrRepositoryPolicy(inputs as EcrPolicyInputs);
		case "aws:kms/key:Key":
			return run.preview ? inputs : (await aws()).kmsKey(inputs as KmsKeyInputs);
		case "aws:kms/alias:Alias":
			return run.preview ? inputs : (await aws()).kmsAlias(inputs as KmsAliasInputs);
		case "aws:s3/bucket:Bucket":
			return run.preview ? inputs : (await aws()).s3Bucket(inputs as BucketInputs);
		case "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":
			return run.preview ? inputs : (await aws()).s3PublicAccessBlock(inputs as AccessInputs);
		default:
			return inputs;
	}
}

/** What needs AWS's SDK, which takes a while to load: only for stacks that are there. */
function aws() {
	return import("./aws.ts");
}

function plain(value: unknown): Promise<unknown> {
	return new Promise((resolve) => {
		(pulumi.output(value) as pulumi.Output<unknown>).apply(resolve);
	});
}
