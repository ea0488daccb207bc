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

/** The ID of a local image, or undefined where the daemon does not have it. */
export function imageId(name: string): Promise<string | undefined> {
	return imageField(name, "{{.Id}}");
}

/** A label of a local image; undefined where the image or the label is missing. */
export async function imageLabel(name: string, label: string): Promise<string | undefined> {
	const labels = await imageField(name, "{{json .Config.Labels}}");
	const parsed =
		labels === undefined ? null : (JSON.parse(labels) as Record<string, string> | null);
	return parsed?.[label];
}

/** The environment that containers of a local image have, as NAME=VALUE; undefined where it is missing. */
export async function imageEnvironment(name: string): Promise<string[] | undefined> {
	const variables = await imageField(name, "{{json .Config.Env}}");
	return variables === undefined ? undefined : ((JSON.parse(variables) as string[] | null) ?? []);
}

async function imageField(name: string, format: string): Promise<string | undefined> {
	const args = ["image", "inspect", "--format", format, name];
	const result = await execa("docker", args, { reject: false });
	if (!result.failed) return result.stdout;
	if (/no such image/i.test(result.stderr)) return undefined;
	throw dockerError(args, result);
}

/**
 * One line for a failed call of docker.
 */
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
	const host = process.env.DOCKER_HOST ?? "the local socket";
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
			`the Docker daemon at ${host} cannot be reached, or went away`,
			"start it (systemctl start docker, or dockerd) or set DOCKER_HOST, then run again: what is done is kept",
		);
	}
	return undefined;
}

function lastLine(text: string): string {
	return (
		text
			.split("\n")
			.at(-1)
			?.replace(/^Error response from daemon: /, "") ?? ""
	);
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
