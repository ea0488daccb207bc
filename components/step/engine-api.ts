import { type IncomingMessage, request } from "node:http";
import { execa } from "execa";
import { dockerError } from "./docker.ts";
import { StepError } from "./error.ts";

/** How long the daemon may take for an answer, in ms. */
const TIMEOUT = 60_000;

/** What the Docker daemon answers. */
export interface EngineAnswer {
	readonly status: number;
	readonly body: string;
}

/**
 * Ask the Docker daemon what its command-line client has no command for (Docker Engine API). The
 * client carries the connection, so that its context, DOCKER_HOST, TLS and ssh hold here too.
 *
 * @param path such as /distribution/NAME/json.
 * @throws StepError where the daemon cannot be reached.
 */
export async function askEngine(
	path: string,
	headers: Readonly<Record<string, string>>,
	signal?: AbortSignal,
): Promise<EngineAnswer> {
	const args = ["system", "dial-stdio"];
	const client = execa("docker", args, {
		buffer: { stdout: false },
		cancelSignal: signal,
		timeout: TIMEOUT,
		reject: false,
	});
	const connection = client.duplex();
	try {
		const response = await new Promise<IncomingMessage>((resolve, reject) => {
			const call = request(
				{
					path,
					host: "docker",
					headers: { ...headers, connection: "close" },
					createConnection: () => connection,
				},
				resolve,
			);
			call.on("error", reject).end();
		});
		const body = Buffer.concat((await response.toArray()) as Buffer[]).toString();
		return { status: response.statusCode ?? 0, body };
	} catch {
		const result = await client;
		if (result.isCanceled) throw new StepError("stopped");
		if (result.timedOut)
			throw new StepError(`the Docker daemon did not answer in ${TIMEOUT / 1000} s`, "run again");
		throw dockerError(args, result);
	} finally {
		connection.on("error", () => undefined).destroy();
		client.kill();
	}
}
