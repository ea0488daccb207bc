import { execa } from "execa";
import {
	docker,
	dockerError,
	explainDocker,
	imageId,
	imageLabel,
} from "../components/step/docker.ts";
import { StepError } from "../components/step/error.ts";
import { findImage, pushImage, registryHost, remoteDigest } from "../components/step/registry.ts";
import { whyBuild } from "../components/step/why.ts";
import type { Report } from "./report.ts";

/** What a local run gives to each resource. */
export interface Run {
	readonly report: Report;
	/** Say what would be done, and do nothing. */
	readonly preview: boolean;
	/** Whether the run is asked for this artefact. */
	wants(artefact: string): boolean;
	/** Aborted when the run stops. */
	readonly signal: AbortSignal;
}

/** A resource that makes an image: how the provider's inputs say which, and how it is made. */
interface ImageWork {
	readonly image: string;
	readonly labels: Readonly<Record<string, string>>;
	/** Make the image, or see that all is there that belongs to it. */
	make(exists: boolean): Promise<void>;
}

/** Inputs of docker.RemoteImage, as this project sets them. */
export interface RemoteImageInputs {
	name: string;
	build: {
		context: string;
		dockerfile: string;
		platform: string;
		buildArgs: Record<string, string>;
		labels: Record<string, string>;
		tags: string[];
	};
}

/** Inputs of command.local.Command, as this project sets them. */
export interface CommandInputs {
	create: string;
	environment: Record<string, string>;
}

/** What the docker provider does for a RemoteImage with a build block, except that it reuses. */
export async function remoteImage(
	run: Run,
	artefact: string,
	inputs: RemoteImageInputs,
): Promise<object> {
	const { name, build } = inputs;
	await makeImage(run, artefact, {
		image: name,
		labels: build.labels,
		async make(exists) {
			if (!exists) await dockerBuild(run, artefact, build);
			else for (const tag of build.tags) await docker(["tag", name, tag]);
		},
	});
	return { ...inputs, imageId: await imageId(name) };
}

/** Inputs of docker.RegistryImage, as this project sets them. */
export interface RegistryImageInputs {
	name: string;
	/** Has a key where the name moves from image to image. */
	triggers?: Record<string, string>;
}

/** What the docker provider does for a RegistryImage; it also never moves a published tag. */
export async function registryImage(
	run: Run,
	artefact: string,
	inputs: RegistryImageInputs,
): Promise<object> {
	const { name, triggers = {} } = inputs;
	const done = run.report.start(artefact);
	const tag = name.slice(name.lastIndexOf(":") + 1);
	if (!run.wants(artefact)) return inputs;
	const there = await remoteDigest(name, run.signal);
	const same = there !== undefined && (await repoDigests(name)).includes(there);
	if (same || (run.preview && there !== undefined && !("key" in triggers)))
		return { ...inputs, sha256Digest: there };
	if (run.preview) {
		done("to push", tag);
		return inputs;
	}
	if (there !== undefined && isPublished(artefact, triggers)) throw otherContent(name, there);
	run.report.progress(artefact, `push ${name}`);
	const sha256Digest = await pushImage(name, run.signal);
	done("pushed", tag);
	return { ...inputs, sha256Digest };
}

/** Caches may be built again on another machine, and aliases move; the rest is published once. */
function isPublished(artefact: string, triggers: Record<string, string>): boolean {
	return ["package", "python", "wheelbuild"].includes(artefact) && !("key" in triggers);
}

function otherContent(name: string, digest: string): StepError {
	return new StepError(
		`${name} is published with other content (${digest}), and a published tag never moves`,
		"raise packageRelease to publish this content, or remove the image here (docker image rm) to use the published one",
	);
}

async function repoDigests(name: string): Promise<string[]> {
	const listing = await docker([
		"image",
		"inspect",
		"--format",
		"{{range .RepoDigests}}{{.}} {{end}}",
		name,
	]).catch(() => "");
	return listing.split(" ").map((digest) => digest.split("@")[1] ?? "");
}

/** What the command provider does for a Command; all commands of this project make an image. */
export async function localCommand(
	run: Run,
	artefact: string,
	inputs: CommandInputs,
): Promise<object> {
	const image = inputs.environment.IMAGE ?? "";
	// Where it does not run: what it would print, as far as the image tells.
	let stdout: string | undefined;
	await makeImage(run, artefact, {
		image,
		labels: JSON.parse(inputs.environment.LABELS ?? "{}") as Record<string, string>,
		async make() {
			stdout = await runCommand(run, artefact, inputs);
		},
	});
	const sha256 = await imageLabel(image, "debian-python.deb.sha256");
	return { ...inputs, stdout: stdout ?? JSON.stringify({ image, sha256: sha256 ?? null }) };
}

async function makeImage(run: Run, artefact: string, work: ImageWork): Promise<void> {
	const done = run.report.start(artefact);
	if (!run.wants(artefact)) return done("skipped", "not needed for the target");
	const exists = run.preview
		? await existsSomewhere(run, work.image)
		: await findImage(work.image, run.signal);
	const why = exists ? "" : await whyBuild(work.image, work.labels);
	if (run.preview) return done(exists ? "reused" : "to build", why);
	if (!exists) run.report.progress(artefact, `build: ${why}`);
	await work.make(exists);
	done(exists ? "reused" : "built");
}

/** For a preview: nothing is pulled. */
async function existsSomewhere(run: Run, image: string): Promise<boolean> {
	if ((await imageId(image)) !== undefined) return true;
	return registryHost(image) !== undefined && (await remoteDigest(image, run.signal)) !== undefined;
}

async function dockerBuild(
	run: Run,
	artefact: string,
	build: RemoteImageInputs["build"],
): Promise<void> {
	const pairs = (flag: string, record: Record<string, string>) =>
		Object.entries(record).map(([key, value]) => `${flag}=${key}=${value}`);
	const args = [
		"build",
		"--force-rm",
		`--platform=${build.platform}`,
		`--file=${build.context}/${build.dockerfile}`,
		...build.tags.map((tag) => `--tag=${tag}`),
		...pairs("--build-arg", build.buildArgs),
		...pairs("--label", build.labels),
		build.context,
	];
	// The default builder is the daemon itself, which has the image that FROM names.
	const env = {
		BUILDKIT_PROGRESS: "plain",
		BUILDX_BUILDER: "default",
		// With one, the containerd image store makes an index, whose digest docker manifest does not tell.
		BUILDX_NO_DEFAULT_ATTESTATIONS: "1",
	};
	const child = execa("docker", args, { env, all: true, cancelSignal: run.signal, reject: false });
	for await (const line of child.iterable({ from: "all" })) {
		const step = /^(?:Step \d+\/\d+ : |#\d+ \[[\w -]*\d+\/\d+\] )((?:FROM|COPY|RUN) .*)$/.exec(
			String(line),
		);
		if (step !== null) run.report.progress(artefact, shorten(step[1] ?? ""));
	}
	const result = await child;
	if (!result.failed) return;
	if (result.code === "ENOENT") throw dockerError(args, result);
	throw (
		explainDocker(result.all) ??
		new StepError(`docker build ${build.context}: ${buildFailure(result.all)}`)
	);
}

/** One short line of an instruction, whatever its length. */
function shorten(text: string): string {
	const line = text.replaceAll(/\s+/g, " ");
	return line.length > 60 ? `${line.slice(0, 60)}...` : line;
}

/** The first error that apt or the shell names; else what Docker says last. */
function buildFailure(output: string): string {
	const lines = output.trim().split("\n");
	return (lines.find((line) => /(^|\s)E: /.test(line)) ?? lines.at(-1) ?? "").trim();
}

async function runCommand(
	run: Run,
	artefact: string,
	{ create, environment }: CommandInputs,
): Promise<string> {
	const child = execa("/bin/sh", ["-c", create], {
		env: { ...environment, DEBIAN_PYTHON_RUN: String(process.pid) },
		cancelSignal: run.signal,
		// A step that is told to stop takes its container down first.
		forceKillAfterDelay: 60_000,
		reject: false,
	});
	for await (const line of child.iterable({ from: "stderr" })) {
		const text = String(line);
		if (text.startsWith("==> ")) run.report.progress(artefact, text.slice("==> ".length));
	}
	const result = await child;
	if (!result.failed) return result.stdout;
	const error = result.stderr.split("\n").findLast((line) => line.startsWith("error: "));
	throw new StepError(
		error?.slice("error: ".length) ?? `${create}: ${result.stderr.trim() || result.shortMessage}`,
	);
}
