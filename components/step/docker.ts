import { execa, type Options } from "execa";
import { StepError } from "./error.ts";

/** Label of every container, volume and image that this project makes. */
export const PROJECT_LABEL = "debian-python.project";

/**
 * Run the docker command-line client, which brings the user's context, credentials and DOCKER_HOST.
 *
 * @returns its standard output, without the last newline.
 * @throws StepError with the daemon's own words and, where it is known, the remedy.
 */
export async function docker(args: readonly string[], options: Options = {}): Promise<string> {
	const result = await execa("docker", [...args], { ...options, reject: false });
	if (result.isCanceled) throw new StepError("stopped");
	if (result.failed) throw dockerError(args, result);
	return String(result.stdout ?? "");
}

/** What {@link dockerError} looks at: a part of execa's result. */
interface FailedCall {
	/** Such as ENOENT, where the program could not be started. */
	readonly code?: string;
	readonly stderr?: unknown;
}

/** Images that are asked for together, and their IDs. */
interface Question {
	readonly names: string[];
	readonly ids: Promise<readonly (string | undefined | Promise<string | undefined>)[]>;
}

/** The question that will be asked once all who run now have said what they want to know. */
let question: Question | undefined;

/**
 * The ID of a local image, or undefined where the daemon does not have it. Those who ask at the same
 * time are answered by one call of docker: each is a process, of which a stack would start six.
 */
export async function imageId(name: string): Promise<string | undefined> {
	question ??= newQuestion();
	const index = question.names.push(name) - 1;
	return (await question.ids)[index];
}

function newQuestion(): Question {
	const names: string[] = [];
	const ids = Promise.resolve().then(() => {
		question = undefined;
		return imageIds(names);
	});
	return { names, ids };
}

async function imageIds(names: readonly string[]) {
	if (names.length > 1) {
		const args = ["image", "inspect", "--format", "{{.Id}}", ...names];
		const { failed, stdout } = await execa("docker", args, { reject: false });
		if (!failed) return stdout.split("\n");
	}
	// Where not all are there, each has an answer of its own.
	return names.map((name) => imageField(name, "{{.Id}}"));
}

/** A label of a local image; undefined where the image or the label is missing. */
export async function imageLabel(name: string, label: string): Promise<string | undefined> {
	return (await imageConfig(name))?.Labels?.[label];
}

/** What containers of an image start with, as docker image inspect has it; what is empty may be null. */
export interface ImageConfig {
	readonly Labels?: Readonly<Record<string, string>> | null;
	/** As NAME=VALUE. */
	readonly Env?: readonly string[] | null;
	readonly Cmd?: readonly string[] | null;
	readonly User?: string;
	/** By port and protocol, as `8000/tcp`. */
	readonly ExposedPorts?: Readonly<Record<string, object>> | null;
}

/** The config of a local image; undefined where the daemon does not have it. */
export async function imageConfig(name: string): Promise<ImageConfig | undefined> {
	const config = await imageField(name, "{{json .Config}}");
	return config === undefined ? undefined : (JSON.parse(config) as ImageConfig);
}

async function imageField(name: string, format: string): Promise<string | undefined> {
	const args = ["image", "inspect", "--format", format, name];
	const result = await execa("docker", args, { reject: false });
	if (!result.failed) return result.stdout;
	if (/no such image/i.test(result.stderr)) return undefined;
	throw dockerError(args, result);
}

/** One line for a failed call of docker. */
export function dockerError(args: readonly string[], result: FailedCall): StepError {
	if (result.code === "ENOENT") {
		return new StepError(
			"docker: command not found",
			"install Docker (Debian: apt-get install docker.io)",
		);
	}
	const stderr = String(result.stderr ?? "").trim();
	return (
		explainDocker(stderr) ??
		new StepError(`docker ${args[0]} ${args[1] ?? ""}: ${lastLine(stderr)}`)
	);
}

/** The faults that Docker words in many ways, in our words and with the remedy; else undefined. */
export function explainDocker(text: string): StepError | undefined {
	const client = explainClient(text);
	if (client !== undefined) return client;
	// Docker takes the host for a registry; the connection that is refused is not the daemon's.
	if (/https?:\/\/localhost\/v2\//.test(text)) {
		return new StepError(
			"an image of a stack without a registry is not in the Docker daemon (any more)",
			"run again: npm start builds what is missing",
		);
	}
	if (/no space left on device|disk quota exceeded/i.test(text)) {
		return new StepError(
			"the disk of the Docker daemon is full (no space left on device)",
			"free some: docker system df; docker image prune",
		);
	}
	if (
		/cannot connect to the docker daemon|error during connect|connection refused|broken pipe|unexpected EOF|connection reset/i.test(
			text,
		)
	) {
		return new StepError(
			`the Docker daemon at ${endpoint(text)} cannot be reached, or went away`,
			"start it (systemctl start docker, or dockerd), set DOCKER_HOST or choose another context (docker context ls), then run again: what is done is kept",
		);
	}
	return undefined;
}

/** What the client itself does not do, whatever daemon and registry are: in our words; else undefined. */
export function explainClient(text: string): StepError | undefined {
	const helper = /docker-credential-[\w.-]+(?=": executable file not found)/.exec(text)?.[0];
	if (helper !== undefined) {
		return new StepError(
			`${helper}, which Docker's config.json names, is not on PATH`,
			"install it, or take credsStore or credHelpers out of that file and log in with docker login",
		);
	}
	if (/buildx component is missing or broken/.test(text)) {
		return new StepError(
			"DOCKER_BUILDKIT=1 is set, but Docker's client has no buildx",
			"unset DOCKER_BUILDKIT, or install buildx (Debian: apt-get install docker-buildx; Docker's own packages: docker-buildx-plugin)",
		);
	}
	const trust = /^(?:1|true|t)$/i.test(process.env.DOCKER_CONTENT_TRUST ?? "");
	if (trust && /notary|trust data|invalid reference format/i.test(text)) {
		return new StepError(
			`DOCKER_CONTENT_TRUST=${process.env.DOCKER_CONTENT_TRUST} makes Docker want signatures, which the stack's images do not have`,
			"unset DOCKER_CONTENT_TRUST for this run: bases are pinned by their digests",
		);
	}
	const context = /context "([^"]+)": context not found/.exec(text)?.[1];
	if (context !== undefined)
		return new StepError(
			`the Docker context ${context} does not exist`,
			"docker context ls has those that do",
		);
	return undefined;
}

/** Where the daemon was looked for: Docker's own words, else what chooses it. */
function endpoint(text: string): string {
	const told = /docker daemon at (\S+?)\.?(?:\s|$)/i.exec(text)?.[1];
	const { DOCKER_HOST, DOCKER_CONTEXT } = process.env;
	return (
		told ??
		DOCKER_HOST ??
		`the endpoint of the context ${DOCKER_CONTEXT ?? "in use (docker context show)"}`
	);
}

/** What Docker says last, without what it puts before the daemon's words. */
export function lastLine(text: string): string {
	const line = text.trim().split("\n").at(-1) ?? "";
	return line.replace(/^Error response from daemon: /, "");
}

/**
 * A value inside a `--change` instruction of docker commit and docker import: these are parsed as a
 * Dockerfile, where quotes, backslashes and `$` mean something (Dockerfile reference, "Environment
 * replacement").
 */
export function quoteInstruction(value: string): string {
	return `"${value.replace(/[\\"$]/g, "\\$&")}"`;
}

/** `--change` arguments that set labels. */
export function labelChanges(labels: Readonly<Record<string, string>>): string[] {
	return Object.entries(labels).flatMap(([name, value]) => [
		"--change",
		`LABEL ${name}=${quoteInstruction(value)}`,
	]);
}
