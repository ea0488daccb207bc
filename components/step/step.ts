import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker, PROJECT_LABEL } from "./docker.ts";
import { copyWithoutProxies, readDockerConfig } from "./docker-config.ts";
import { engine } from "./engine.ts";
import { askEngine } from "./engine-api.ts";
import { StepError } from "./error.ts";
import { fail } from "./failure.ts";
import { cannotWrite } from "./file.ts";
import { fixImage } from "./fixed-image.ts";
import { temporaryName } from "./owner.ts";
import { stopController } from "./stop.ts";
import { sweep, unfinishedName } from "./sweep.ts";

/**
 * What a step (a program that a command resource runs) has in hand. All that it makes here is
 * removed when the step ends, however it ends, short of SIGKILL; what that leaves, the next step
 * of any run sweeps.
 */
export interface Step {
	/** Aborted when the step is told to stop, or when the run that started it is gone. */
	readonly signal: AbortSignal;
	/** Tell a person what is going on: one line on standard error. */
	progress(line: string): void;
	/** Make a container that is removed with the step; returns its ID. */
	createContainer(args: readonly string[]): Promise<string>;
	/**
	 * Make a container that will become an image: nothing of this machine gets into its config, which
	 * docker commit keeps. It gets this machine's proxies by fillVolume (container.ts).
	 */
	createPristineContainer(args: readonly string[]): Promise<string>;
	/** A name for an image that is in the making: what has it is removed with the step, unless it has got another one by then. */
	unfinishedImage(): string;
	/**
	 * Make an image of a container, which is the same whenever and wherever it is made of the same layers;
	 * returns its ID. It is removed with the step if it has not got a name by then.
	 *
	 * @param instructions of a Dockerfile, for its config.
	 * @param created the moment that the image is of: by default that of the one that it was made from.
	 */
	commitContainer(
		container: string,
		instructions: readonly string[],
		created?: Date,
	): Promise<string>;
	/** Make a named volume that is removed with the step; returns its name. */
	createVolume(): Promise<string>;
	/** Make a folder for temporary files that is removed with the step; returns its path. */
	createFolder(): string;
}

/**
 * Run a step as this process: its result goes to standard output as one line of JSON, which is what
 * the command resource keeps in the stack's state; an error goes to standard error as one line.
 */
export async function runStep<Result extends object>(
	work: (step: Step) => Promise<Result>,
): Promise<void> {
	// Pulumi's command provider and the local run both are the parent or its parent's shell.
	const abort = stopController(Number(process.env.DEBIAN_PYTHON_RUN ?? process.ppid));
	try {
		const result = await withStep(abort.signal, work);
		process.stdout.write(`${JSON.stringify(result)}\n`);
	} catch (error) {
		fail(abort.signal.aborted ? new StepError("stopped") : error);
	}
	process.exit();
}

/** Do a step's work in a process that has more to do. */
export async function withStep<Result>(
	signal: AbortSignal,
	work: (step: Step) => Promise<Result>,
): Promise<Result> {
	const undo: (() => Promise<unknown>)[] = [];
	try {
		// A local run has swept, and each of its steps would find nothing.
		if (process.env.DEBIAN_PYTHON_RUN === undefined) await sweep();
		return await work(makeStep(signal, undo));
	} finally {
		// Newest first: a volume cannot go before the container that uses it.
		for (const remove of undo.reverse()) await remove().catch(() => undefined);
	}
}

/** Remove something of the daemon's, which need not be there. */
function forget(path: string): Promise<unknown> {
	return askEngine(path, { method: "DELETE" });
}

/**
 * Wait for things that are done at once, until the last has ended: none goes on behind a step's end.
 *
 * @returns what they return.
 * @throws what the first of them threw, in the order of the list.
 */
export async function allOf<const Works extends readonly Promise<unknown>[]>(
	works: Works,
): Promise<{ -readonly [Index in keyof Works]: Awaited<Works[Index]> }> {
	await Promise.allSettled(works);
	return Promise.all(works);
}

function makeStep(signal: AbortSignal, undo: (() => Promise<unknown>)[]): Step {
	return {
		signal,
		progress: (line) => process.stderr.write(`==> ${line}\n`),
		createContainer,
		createPristineContainer(args) {
			// Its name is random by default.
			const constant = ["--hostname=debian-python", ...args];
			if (readDockerConfig().proxies === undefined) return createContainer(constant);
			const folder = createFolder();
			copyWithoutProxies(folder);
			return createContainer(constant, { DOCKER_CONFIG: folder });
		},
		unfinishedImage,
		async commitContainer(container, instructions, created) {
			const committed = unfinishedImage();
			await (await engine()).commit(container, committed, instructions, signal);
			const { body } = await askEngine(`/containers/${container}/json`, { signal });
			const { Image: from } = JSON.parse(body) as { Image: string };
			return fixImage({ committed, from, name: unfinishedImage(), created });
		},
		async createVolume() {
			const name = temporaryName();
			undo.push(() => forget(`/volumes/${name}?force=true`));
			return docker(["volume", "create", "--label", `${PROJECT_LABEL}=debian-python`, name]);
		},
		createFolder,
	};
	async function createContainer(args: readonly string[], env: Record<string, string> = {}) {
		const name = temporaryName();
		// Before the call: the daemon may make the container although the client is stopped.
		undo.push(() => forget(`/containers/${name}?force=true&v=true`));
		const own = ["--name", name, "--label", `${PROJECT_LABEL}=debian-python`];
		await docker(["create", ...own, ...args], { cancelSignal: signal, env });
		if (args.some((arg) => arg.startsWith("--volume="))) await (await engine()).fillVolumes(name);
		return name;
	}
	function unfinishedImage() {
		// By it a later run finds what a killed one left, and nothing else.
		const name = unfinishedName(temporaryName());
		undo.push(() => forget(`/images/${name}?noprune=true`));
		return name;
	}
	function createFolder() {
		const folder = join(tmpdir(), temporaryName());
		try {
			mkdirSync(folder, { mode: 0o755 });
		} catch (error) {
			throw cannotWrite(tmpdir(), error);
		}
		undo.push(() => rm(folder, { recursive: true, force: true }));
		return folder;
	}
}
