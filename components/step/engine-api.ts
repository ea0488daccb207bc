import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { daemonVariables } from "./daemon.ts";
import { dockerError } from "./docker-error.ts";
import { StepError } from "./error.ts";

/** How long the daemon may take for an answer by default, in ms. */
const TIMEOUT = 60_000;

/** Connections at once: each is a process of the client. */
const CONNECTIONS = 4;

const DIAL = ["system", "dial-stdio"];

/** What the Docker daemon answers. */
export interface EngineAnswer {
	readonly status: number;
	readonly body: string;
	/** Whether the daemon is Podman, which says so in each answer. */
	readonly isPodman: boolean;
}

/** What is asked beside the path. */
export interface EngineQuestion {
	/** GET by default. */
	readonly method?: "GET" | "POST" | "DELETE";
	readonly headers?: Readonly<Record<string, string>>;
	/** What is sent: nothing by default. */
	readonly body?: Buffer;
	/** How long the daemon may take for an answer, in ms: 60 s by default. */
	readonly timeout?: number;
	readonly signal?: AbortSignal | undefined;
}

/**
 * Ask the Docker daemon (Docker Engine API), for what its command-line client has no command for, and
 * where a process for each of many questions would take longer than the answers. The client carries
 * the connection, so that its context, DOCKER_HOST, TLS and ssh hold here too.
 *
 * @param path such as /distribution/NAME/json. What is asked must be the same when it is asked twice: a
 * connection that went away meanwhile is made anew.
 * @throws StepError where the daemon cannot be reached.
 */
export async function askEngine(
	path: string,
	{ method = "GET", headers = {}, body: sent, timeout = TIMEOUT, signal }: EngineQuestion = {},
): Promise<EngineAnswer> {
	const time = AbortSignal.timeout(timeout);
	const call = request({
		agent: agentOf(daemonVariables()),
		path: encodeURI(path),
		method,
		host: "docker",
		headers,
		signal: signal === undefined ? time : AbortSignal.any([signal, time]),
	});
	try {
		const [response] = (await once(call.end(sent), "response")) as [IncomingMessage];
		const body = Buffer.concat((await response.toArray()) as Buffer[]).toString();
		const isPodman = response.headers["libpod-api-version"] !== undefined;
		return { status: response.statusCode ?? 0, body, isPodman };
	} catch (error) {
		if (signal?.aborted) throw new StepError("stopped");
		if (time.aborted)
			throw new StepError(`the Docker daemon did not answer in ${timeout / 1000} s`, "run again");
		if (call.reusedSocket)
			return askEngine(path, { method, headers, ...(sent && { body: sent }), timeout, signal });
		const connection = call.socket as Connection | null;
		throw dockerError(DIAL, (await connection?.fault) ?? { stderr: String(error) });
	}
}

/** A connection that a process of the docker client carries: its standard input and output. */
class Connection extends Duplex {
	/** Why the client could not connect, or does not any more: known once it has ended. */
	readonly fault: Promise<{ code?: string; stderr: string }>;
	readonly #client: ChildProcessWithoutNullStreams;

	constructor(variables: Readonly<Record<string, string>>) {
		super();
		this.#client = spawn("docker", DIAL, {
			stdio: "pipe",
			env: { ...process.env, ...variables },
		});
		const { stdin, stdout, stderr } = this.#client;
		let said = "";
		stderr.on("data", (data) => {
			said += data;
		});
		stdout.on("data", (data) => this.push(data) || stdout.pause());
		stdout.on("end", () => this.push(null));
		// What is written to a client that is gone: why, its end says.
		stdin.on("error", () => undefined);
		this.fault = new Promise((resolve) => {
			this.#client.on("error", ({ code }: NodeJS.ErrnoException) =>
				resolve({ ...(code !== undefined && { code }), stderr: said }),
			);
			this.#client.on("close", () => resolve({ stderr: said }));
		});
		void this.fault.then(() => this.destroy());
	}

	override _read(): void {
		this.#client.stdout.resume();
	}

	override _write(data: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
		this.#client.stdin.write(data, () => done());
	}

	override _final(done: () => void): void {
		this.#client.stdin.end(done);
	}

	override _destroy(error: Error | null, done: (error: Error | null) => void): void {
		this.#client.kill();
		done(error);
	}

	/** An idle one keeps no process from its end. */
	unref(): this {
		for (const part of this.#parts()) part.unref();
		return this;
	}

	ref(): this {
		for (const part of this.#parts()) part.ref();
		return this;
	}

	/** What a process waits for; Node's pipes to a child are sockets. */
	#parts(): readonly { ref(): void; unref(): void }[] {
		return [this.#client, ...(this.#client.stdio.slice(0, 3) as Socket[])];
	}

	/** For TCP alone. */
	setKeepAlive(): this {
		return this;
	}

	/** For TCP alone. */
	setNoDelay(): this {
		return this;
	}

	/** Each question has its own. */
	setTimeout(): this {
		return this;
	}
}

class Connections extends Agent {
	readonly #variables: Readonly<Record<string, string>>;

	constructor(variables: Readonly<Record<string, string>>) {
		super({ keepAlive: true, maxSockets: CONNECTIONS });
		this.#variables = variables;
	}

	override createConnection(): Duplex {
		return new Connection(this.#variables);
	}
}

/** By the variables that say which daemon they are to. */
const agents = new Map<string, Connections>();

function agentOf(variables: Readonly<Record<string, string>>): Connections {
	const key = JSON.stringify(variables);
	const agent = agents.get(key) ?? new Connections(variables);
	agents.set(key, agent);
	return agent;
}
