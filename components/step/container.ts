import { basename, dirname } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { execa } from "execa";
import { extract } from "tar-stream";
import { IGNORED } from "../../stacks/ignored.ts";
import { docker } from "./docker.ts";
import { causeIn, dockerError, explainConnection, explainMachine } from "./docker-error.ts";
import { StepError } from "./error.ts";
import { proxiesOf } from "./proxies.ts";
import type { Step } from "./step.ts";
import { tarOf } from "./tar.ts";

/** How much of a failed container's output goes into the error: enough to see the cause. */
const TAIL_LINES = 30;

/**
 * The first process of a container that is run: the command, which ends when standard input does. That
 * is the lifeline to the step: it closes when the step or its docker client is gone, killed or not, and
 * the daemon on another machine. Of what runs here kill spares only the first process, which then ends
 * too, as the command has.
 */
const LIFELINE = `
	exec 3<&0
	{ cat <&3 >/dev/null; kill -KILL -1; } &
	exec 3<&-
	"$@" </dev/null
	exit`;

/**
 * Where folders of another image are in a container: its programs, which are in two folders where /usr is not
 * merged, and its `/venv`. The places are in every Debian root.
 */
const TOOLS = { "/bin": "/media", "/usr/bin": "/home", "/venv": "/srv" } as const;

/**
 * Make a container for {@link runContainer}. One without a network has no proxies of this machine.
 *
 * @param command what runs in it; the image's own entry point is left alone.
 * @param options further ones of docker create.
 * @param tools an image whose shell it has, and other programs, where its own has none; see {@link TOOLS}.
 */
export async function makeContainer(
	step: Step,
	image: string,
	command: readonly string[],
	options: readonly string[],
	tools?: string,
): Promise<string> {
	const args =
		tools === undefined
			? withLifeline(image, command, options)
			: await withTools(step, image, command, options, tools);
	// Proxies, often with a password, are of no use there, and what runs may be a stranger's.
	if (options.includes("--network=none")) return step.createPristineContainer(args);
	return step.createContainer(args);
}

/** The same for a container that is to be committed. */
export function makePristineContainer(
	step: Step,
	image: string,
	command: readonly string[],
	options: readonly string[],
): Promise<string> {
	return step.createPristineContainer(withLifeline(image, command, options));
}

function withLifeline(
	image: string,
	command: readonly string[],
	options: readonly string[],
): string[] {
	const lifeline = ["/bin/sh", "-c", LIFELINE, "lifeline", ...command];
	return ["--interactive", ...options, image, ...lifeline];
}

/** The same by the shell of another image, whose programs come in volumes. */
async function withTools(
	step: Step,
	image: string,
	command: readonly string[],
	options: readonly string[],
	tools: string,
): Promise<string[]> {
	const places: string[] = [];
	const holder = [...options.filter((option) => option.startsWith("--platform=")), tools, "none"];
	for (const [source, target] of Object.entries(TOOLS)) {
		const volume = await step.createVolume();
		holder.unshift(`--volume=${volume}:${source}`);
		places.push(`--volume=${volume}:${target}:ro`);
	}
	// Docker fills a new volume with what the image holds where it is mounted.
	await step.createContainer(holder);
	const folder = TOOLS["/bin"];
	const lifeline = [`${folder}/sh`, "-c", LIFELINE.replace("cat", `${folder}/cat`), "lifeline"];
	return ["--interactive", ...options, ...places, image, ...lifeline, ...command];
}

/**
 * Start a container of {@link makeContainer}, wait for its end, and show what it says.
 *
 * @param onLine gets each line of output; without it all lines are shown.
 * @throws StepError with the container's own `error: ...` line, where it printed one.
 */
export async function runContainer(
	step: Step,
	container: string,
	onLine: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): Promise<void> {
	const started = execa("docker", ["start", "--attach", "--interactive", container], {
		all: true,
		buffer: false,
		cancelSignal: step.signal,
		// Any other signal the client would hand on, and stay.
		killSignal: "SIGKILL",
		reject: false,
	});
	const tail: string[] = [];
	for await (const line of started.iterable({ from: "all" })) {
		tail.push(String(line));
		if (tail.length > TAIL_LINES) tail.shift();
		onLine(String(line));
	}
	const result = await started;
	if (result.isCanceled) throw new StepError("stopped");
	if (result.failed) throw await containerError(container, tail, result.exitCode);
}

async function containerError(
	container: string,
	tail: readonly string[],
	status: number | undefined,
): Promise<StepError> {
	const said = tail.findLast((line) => line.startsWith("error: "));
	if (said !== undefined) return new StepError(said.slice("error: ".length));
	const output = tail.join("\n");
	const known = explainMachine(output);
	if (known !== undefined) return known;
	// Fails with the daemon's reason where the daemon is what went away.
	const state = await docker([
		"inspect",
		"--format",
		"{{.State.ExitCode}} {{.State.OOMKilled}}",
		container,
	]);
	const [exitCode, outOfMemory] = state.split(" ");
	if (outOfMemory === "true")
		return new StepError("the container ran out of memory", "give Docker more of it");
	// The client ends as the command did, and says nothing then.
	const lost = Number(exitCode) === status ? undefined : explainConnection(output);
	if (lost !== undefined) return lost;
	return new StepError(
		`the container ended with exit code ${exitCode}: ${causeIn(tail) || "it said nothing"}`,
	);
}

/**
 * Copy a file, or with `FOLDER/.` a folder's content, into a container that is made or running: into
 * a folder that is there, whose path ends with a slash, or as one that is new in one that is there.
 * Files arrive as root's, readable for all and executable for none: neither the modes nor the owner of
 * a checkout matter, and what no key has is not copied.
 */
export async function copyInto(container: string, source: string, target: string): Promise<void> {
	const whole = source.endsWith("/.");
	// A bundle such as /etc/ssl/certs/ca-certificates.crt may be a link: take what it leads to.
	const [folder, name] = whole ? [source, "."] : [dirname(source), basename(source)];
	const isThere = target.endsWith("/");
	const rename = whole
		? isThere
			? []
			: [`--transform=s|^\\.|${basename(target)}|`]
		: [`--transform=s|^${regexpQuote(name)}$|${basename(target)}|`];
	const tar = [
		"--create",
		"--dereference",
		"--owner=0",
		"--group=0",
		"--numeric-owner",
		"--mode=a-x,u=rwX,go=rX",
		...(whole ? IGNORED.map((pattern) => `--exclude=${pattern}`) : []),
	];
	const result = await execa("tar", [...tar, ...rename, `--directory=${folder}`, "--", name], {
		encoding: "buffer",
		reject: false,
		maxBuffer: 1024 ** 3,
	});
	if (result.failed)
		throw new StepError(`${source} cannot be read: ${String(result.stderr).trim()}`);
	const into = whole && isThere ? target : dirname(target);
	await docker(["cp", "-", `${container}:${into}`], { input: result.stdout });
}

/**
 * Make a container that is only there to be read, or to fill a volume. It is never started: its
 * command, which must be given, need not exist.
 *
 * @param options further ones of docker create.
 */
export function holdImage(
	step: Step,
	image: string,
	platform: string,
	...options: readonly string[]
): Promise<string> {
	return step.createContainer([`--platform=${platform}`, ...options, image, "none"]);
}

/** What {@link fillVolume} needs. */
export interface VolumeContent {
	readonly image: string;
	readonly platform: string;
	/** The image's folder that the volume starts as a copy of. */
	readonly folder: string;
	/** A folder of this machine, whose content is there too. */
	readonly context: string;
	/** Further folders of this machine, by their names in it. */
	readonly folders?: Readonly<Record<string, string>>;
	/** CA certificates, which are there as `ca-bundle.crt`. */
	readonly caBundle?: string | undefined;
}

/**
 * The command that runs a script of a volume at /mnt with this machine's proxies in its environment,
 * and the same on a machine that has none: it is what the image's history says.
 */
export function mountedScript(script: string, ...args: readonly string[]): string[] {
	return ["/bin/sh", "-c", `. /mnt/${PROXIES}; exec /bin/sh /mnt/${script} "$@"`, script, ...args];
}

/** File of a volume that sets the proxies which Docker's client gives to containers. */
const PROXIES = "proxies.sh";

/** Make a volume with files for a container. */
export async function fillVolume(
	step: Step,
	{ image, platform, folder, context, folders = {}, caBundle }: VolumeContent,
): Promise<string> {
	const volume = await step.createVolume();
	// Docker fills a new volume with what the image holds where it is mounted.
	const holder = await holdImage(step, image, platform, `--volume=${volume}:${folder}`);
	await copyInto(holder, `${context}/.`, `${folder}/`);
	for (const [name, source] of Object.entries(folders))
		await copyInto(holder, `${source}/.`, `${folder}/${name}`);
	await writeProxies(holder, folder);
	if (caBundle) await copyInto(holder, caBundle, `${folder}/ca-bundle.crt`);
	return volume;
}

/** The client gave them to the holder, as it does to each container that it creates. */
async function writeProxies(holder: string, folder: string): Promise<void> {
	const variables = await docker(["inspect", "--format", "{{json .Config.Env}}", holder]);
	const lines = proxiesOf((JSON.parse(variables) as string[] | null) ?? []).map(
		(variable) => `export '${variable.replaceAll("'", "'\\''")}'\n`,
	);
	const input = await tarOf([[{ name: PROXIES, mode: 0o644 }, lines.join("")]]);
	await docker(["cp", "-", `${holder}:${folder}`], { input });
}

/** What {@link copyFrom} found, by path; paths begin with the name of what was copied. */
export interface Copied {
	readonly files: ReadonlyMap<string, Buffer>;
	/** Symbolic links, and where they lead to. */
	readonly links: ReadonlyMap<string, string>;
}

/**
 * Read a file or a folder of a container, which need not have been started.
 *
 * @param wants which paths are kept; all of them by default.
 */
export async function copyFrom(
	container: string,
	path: string,
	wants: (path: string) => boolean = () => true,
): Promise<Copied> {
	const copy = execa("docker", ["cp", `${container}:${path}`, "-"], {
		buffer: { stdout: false },
		reject: false,
	});
	const files = new Map<string, Buffer>();
	const links = new Map<string, string>();
	const entries = extract();
	const read = (async () => {
		for await (const entry of entries) {
			const { name, type, linkname } = entry.header;
			if (!wants(name)) {
				entry.resume();
				continue;
			}
			const content = Buffer.concat(await Array.fromAsync(entry as AsyncIterable<Buffer>));
			if (type === "file") files.set(name, content);
			else if (type === "symlink") links.set(name, linkname ?? "");
		}
	})();
	await Promise.all([pipeline(copy.stdout, entries), read]).catch(() => undefined);
	const result = await copy;
	if (result.failed) throw dockerError(["cp", path], result);
	return { files, links };
}

/**
 * Copy a file or a folder, as the archive that docker cp makes of it, into another docker command.
 *
 * @returns the paths in the archive, which begin with the name of what was copied.
 */
export async function copyOut(
	container: string,
	path: string,
	into: readonly string[],
): Promise<string[]> {
	const out = ["cp", `${container}:${path}`, "-"];
	const read = execa("docker", out, { buffer: { stdout: false }, reject: false });
	const paths = tarPaths(read.stdout);
	const copied = await read.pipe("docker", [...into], { reject: false });
	const [source] = copied.pipedFrom;
	if (source?.failed) throw dockerError(out, source);
	if (copied.failed) throw dockerError(into, copied);
	return paths;
}

/** The paths in an archive, without a slash at their end. */
async function tarPaths(archive: Readable): Promise<string[]> {
	const entries = extract();
	// What breaks it off has an error of its own.
	const whole = pipeline(archive, entries).catch(() => undefined);
	const paths: string[] = [];
	try {
		for await (const entry of entries) {
			paths.push(entry.header.name.replace(/\/$/, ""));
			entry.resume();
		}
	} catch {
		// As above.
	}
	await whole;
	return paths;
}

function regexpQuote(text: string): string {
	return text.replace(/[.*[\]^$\\|]/g, "\\$&");
}
