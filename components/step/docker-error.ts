import { stripVTControlCharacters } from "node:util";
import { daemonVariables } from "./daemon.ts";
import { EMULATION_REMEDY } from "./emulation.ts";
import { StepError } from "./error.ts";

/** What {@link dockerError} looks at: a part of execa's result. */
interface FailedCall {
	/** Such as ENOENT, where the program could not be started. */
	readonly code?: string;
	readonly stderr?: unknown;
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
	return explainDocker(stderr) ?? inDockersWords(args, stderr);
}

/**
 * One line for what the daemon answers that it does not do: it is there.
 *
 * @param body of its answer, or a line of one that goes on (Docker Engine API).
 */
export function answerError(args: readonly string[], body: string): StepError {
	const { message, error } = JSON.parse(body) as { message?: string; error?: string };
	const words = message ?? error ?? body;
	return explainMachine(words) ?? inDockersWords(args, words);
}

function inDockersWords(args: readonly string[], text: string): StepError {
	return new StepError(`docker ${args[0]} ${args[1] ?? ""}: ${lastLine(text)}`);
}

/** The faults that Docker words in many ways, in our words and with the remedy; else undefined. */
export function explainDocker(text: string): StepError | undefined {
	return explainMachine(text) ?? explainConnection(text);
}

/**
 * The same for what programs in containers say too, whose own connections {@link explainConnection} would take
 * for the daemon's.
 */
export function explainMachine(text: string): StepError | undefined {
	const client = explainClient(text);
	if (client !== undefined) return client;
	// Docker takes the host for a registry; the connection that is refused is not the daemon's.
	if (/https?:\/\/localhost\/v2\//.test(text)) {
		return new StepError(
			"an image of a stack without a registry is not in the Docker daemon (any more)",
			"run again: npm start builds what is missing",
		);
	}
	if (/exec format error/i.test(text)) {
		return new StepError(
			"the Docker daemon's machine does not run programs of another architecture (exec format error)",
			EMULATION_REMEDY,
		);
	}
	if (/no space left on device|disk quota exceeded/i.test(text)) {
		return new StepError(
			"the disk of the Docker daemon is full (no space left on device)",
			"free some: docker system df; docker image prune",
		);
	}
	return undefined;
}

/** What the client says of a daemon that it does not reach, or not any more: in our words; else undefined. */
export function explainConnection(text: string): StepError | undefined {
	// Then it was reached: the connection is another one, as to a registry.
	if (ANSWER.test(text)) return undefined;
	if (
		!/cannot connect to the docker daemon|failed to open the raw stream connection|error during connect|connection refused|broken pipe|unexpected EOF|connection reset/i.test(
			text,
		)
	)
		return undefined;
	return new StepError(
		`the Docker daemon at ${endpoint(text)} cannot be reached, or went away (${lastLine(text)})`,
		"start it (systemctl start docker, or dockerd), set DOCKER_HOST or choose another context (docker context ls), then run again: what is done is kept",
	);
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
	const socket = /: dial unix (\S+): /.exec(text)?.[1];
	const { DOCKER_HOST, DOCKER_CONTEXT } = { ...process.env, ...daemonVariables() };
	return (
		told ??
		(socket && `unix://${socket}`) ??
		// Empty where a context is chosen instead.
		(DOCKER_HOST ||
			`the endpoint of the context ${DOCKER_CONTEXT ?? "in use (docker context show)"}`)
	);
}

/** What Docker says last, without what it puts before the daemon's words. */
export function lastLine(text: string): string {
	const line = text.trim().split("\n").at(-1) ?? "";
	return line.replace(ANSWER, "");
}

/** What the client puts before what the daemon answers. */
const ANSWER = /^Error response from daemon: /m;

/** What tells best why a program ended: the first error that apt or dpkg names, else the last line. */
export function causeIn(lines: readonly string[]): string {
	// Docker's classic builder colours what is on standard error.
	const plain = lines.map(stripVTControlCharacters);
	return (plain.find((line) => /(^|\s)E: /.test(line)) ?? plain.at(-1) ?? "").trim();
}
