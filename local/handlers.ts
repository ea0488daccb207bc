import { existsSync } from "node:fs";
import { execa } from "execa";
import { appStep } from "../components/app/step.ts";
import { dueText, lookAtSuite } from "../components/apt/look.ts";
import { publishStep } from "../components/apt/step.ts";
import { needImage, remoteDigest } from "../components/distribution/daemon.ts";
import { imagePlace, isMade } from "../components/distribution/presence.ts";
import { attachedTypes } from "../components/distribution/referrers.ts";
import { imageInputs, labelled } from "../components/image.ts";
import { indexStep } from "../components/image-index/step.ts";
import { registryHost, repositoryOf, tagOf } from "../components/image-name.ts";
import { buildStep } from "../components/package/step.ts";
import { arePackagesWritten } from "../components/package/written.ts";
import { readPublication } from "../components/registry/publication.ts";
import { pushStep } from "../components/registry/step.ts";
import { missingFiles } from "../components/sbom/attached.ts";
import type { Description } from "../components/sbom/description.ts";
import { BOM_TYPE, PROVENANCE_TYPE } from "../components/sbom/media-types.ts";
import { describeStep } from "../components/sbom/step.ts";
import { areWritten } from "../components/sbom/written.ts";
import { stepCommandLine } from "../components/step/command.ts";
import { daemonVariables } from "../components/step/daemon.ts";
import { type InputsOf, readInputs } from "../components/step/definition.ts";
import { DEB_SUM, imageId, imageLabel, tagImage } from "../components/step/docker.ts";
import {
	causeIn,
	dockerError,
	explainConnection,
	explainMachine,
	lastLine,
} from "../components/step/docker-error.ts";
import { engine } from "../components/step/engine.ts";
import { StepError } from "../components/step/error.ts";
import { hasTerminal } from "../components/step/stop.ts";
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
	readonly platform: string;
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
		platform: build.platform,
		labels: build.labels,
		async make(exists) {
			if (exists) return moveAliases(name, build.tags);
			// What is no image of the stack, the builder pulls.
			const bases = Object.values(build.buildArgs);
			for (const base of bases)
				if (base.startsWith(`${repositoryOf(name)}:`)) await needImage(base, run.signal);
			await (await engine()).build(build.tags, bases, (names) =>
				dockerBuild(run, artefact, build, names),
			);
		},
	});
	return { ...inputs, imageId: await imageId(name) };
}

/** What the command provider does for a Command, which makes, describes, pushes or publishes something. */
export function localCommand(run: Run, artefact: string, inputs: CommandInputs): Promise<object> {
	switch (inputs.create) {
		case stepCommandLine(pushStep):
			return pushCommand(run, artefact, inputs, readInputs(pushStep, inputs.environment));
		case stepCommandLine(publishStep):
			return publishCommand(run, artefact.replace(/-publish$/, ""), inputs);
		case stepCommandLine(describeStep):
			return describeCommand(run, artefact, inputs);
		case stepCommandLine(indexStep):
			return pushCommand(run, artefact, inputs, {
				...readInputs(indexStep, inputs.environment),
				DESCRIPTION: [],
			});
		default:
			return imageCommand(run, artefact, inputs);
	}
}

/** What is to be in a registry: an image, or an index of such, with what belongs to it. */
type PushedInputs = Pick<
	InputsOf<typeof pushStep>,
	"IMAGE" | "ALIASES" | "DESCRIPTION" | "SIGNING"
>;

async function pushCommand(
	run: Run,
	artefact: string,
	inputs: CommandInputs,
	args: PushedInputs,
): Promise<object> {
	const { IMAGE, ALIASES } = args;
	const done = run.report.start(artefact);
	if (!run.wants(artefact)) return { ...inputs, stdout: "{}" };
	const { digest, missing } = await readPublication(IMAGE, ALIASES, run.signal);
	if (run.preview || (missing.length === 0 && !(await lacksArtefacts(args, digest)))) {
		if (missing.length > 0) done("to push", tags(missing));
		return { ...inputs, stdout: JSON.stringify({ digest }) };
	}
	const stdout = await runCommand(run, artefact, inputs);
	if (missing.length > 0) done("pushed", tags(missing));
	return { ...inputs, stdout };
}

/** Whether there is something to attach to an image that is pushed already. */
async function lacksArtefacts(
	{ IMAGE: image, DESCRIPTION: files, SIGNING }: PushedInputs,
	digest: string | undefined,
): Promise<boolean> {
	if (digest === undefined) return false;
	try {
		if ((await missingFiles(image, digest, files)).length > 0) return true;
		if (SIGNING === undefined) return false;
		// Loaded by whom it serves.
		const { openSigner } = await import("../components/signing/signer.ts");
		const { unsignedStatements } = await import("../components/signing/sign.ts");
		const signer = await openSigner(SIGNING);
		return (await unsignedStatements({ image, digest, files }, signer)).length > 0;
	} catch {
		// What is wrong with the registry or the key, the step says.
		return true;
	}
}

/** Publish what the apt repository lacks; where that is nothing no process is started. */
async function publishCommand(run: Run, artefact: string, inputs: CommandInputs): Promise<object> {
	if (!run.wants(artefact)) return { ...inputs, stdout: "{}" };
	const args = readInputs(publishStep, inputs.environment);
	const done = run.report.start(artefact);
	const due = dueText(await lookAtSuite(args), args);
	if (due === "" || run.preview) {
		done(due === "" ? "reused" : "to push", due);
		return { ...inputs, stdout: "{}" };
	}
	const stdout = await runCommand(run, artefact, inputs);
	done("pushed", due);
	return { ...inputs, stdout };
}

function tags(names: readonly string[]): string {
	return names.map(tagOf).join(", ");
}

/** Where nothing of the image changed it does nothing, so neither a preview nor a summary has it. */
async function describeCommand(run: Run, artefact: string, inputs: CommandInputs): Promise<object> {
	if (run.preview || !run.wants(artefact)) return { ...inputs, stdout: "{}" };
	const description = readInputs(describeStep, inputs.environment);
	const { SBOM: sbom, PROVENANCE: provenance } = description;
	// No process for what is there already, nor a pull for what was made elsewhere.
	if ((await areWritten(description)) || (await isDescribed(description, run.signal)))
		return { ...inputs, stdout: JSON.stringify({ sbom, provenance }) };
	return { ...inputs, stdout: await runCommand(run, artefact, inputs) };
}

/** Whether an image's registry has what describes it, and this machine never had it. */
async function isDescribed(
	{ IMAGE: image, PROVENANCE: file }: Pick<Description, "IMAGE" | "PROVENANCE">,
	signal: AbortSignal,
): Promise<boolean> {
	if (registryHost(image) === undefined || existsSync(file)) return false;
	const digest = await remoteDigest(image, signal);
	const types = digest && (await attachedTypes(image, digest).catch(() => undefined));
	return types !== undefined && [BOM_TYPE, PROVENANCE_TYPE].every((type) => types.includes(type));
}

async function imageCommand(run: Run, artefact: string, inputs: CommandInputs): Promise<object> {
	const { IMAGE: image, LABELS: labels } = readInputs({ inputs: imageInputs }, inputs.environment);
	// Where it does not run: what it would print, as far as the image tells.
	let stdout: string | undefined;
	// A bootstrap is told the architecture alone, by Debian's name, which is Docker's too.
	const { PLATFORM, ARCHITECTURE } = inputs.environment;
	await makeImage(run, artefact, {
		image,
		platform: PLATFORM ?? `linux/${ARCHITECTURE}`,
		labels,
		async make(exists) {
			if (exists && (await isAllThere(image, inputs))) {
				const aliases = appStep.inputs.ALIASES.parse(inputs.environment.ALIASES ?? "[]");
				await moveAliases(image, aliases);
			} else stdout = await runCommand(run, artefact, inputs);
		},
	});
	const sha256 = await imageLabel(image, DEB_SUM);
	return { ...inputs, stdout: stdout ?? JSON.stringify({ image, sha256: sha256 ?? null }) };
}

/**
 * Whether a step has nothing to do, but to move its image's aliases, where that is there: none need be
 * started. The package's files belong to its image.
 */
async function isAllThere(image: string, { create, environment }: CommandInputs): Promise<boolean> {
	if (create !== stepCommandLine(buildStep)) return true;
	const sum = await imageLabel(image, DEB_SUM);
	return arePackagesWritten(readInputs(buildStep, environment), sum);
}

/** As far as the daemon has the image: the registry's aliases are for who pushes. */
async function moveAliases(image: string, aliases: readonly string[]): Promise<void> {
	if ((await imageId(image)) === undefined) return;
	for (const alias of aliases) if (alias !== image) await tagImage(image, alias);
}

async function makeImage(run: Run, artefact: string, work: ImageWork): Promise<void> {
	const done = run.report.start(artefact);
	if (!run.wants(artefact)) return done("skipped", "not needed for the target");
	const exists = run.preview
		? (await imagePlace(work.image, run.signal)) !== "nowhere"
		: await isMade(work.image, run.signal);
	const { image: name, platform, labels } = work;
	const why = exists ? "" : await whyBuild({ name, artefact, platform, ...labelled(labels) });
	if (run.preview) return done(exists ? "reused" : "to build", why);
	if (!exists) run.report.progress(artefact, `build: ${why}`);
	await work.make(exists);
	done(exists ? "reused" : "built");
}

async function dockerBuild(
	run: Run,
	artefact: string,
	build: RemoteImageInputs["build"],
	names: readonly string[],
): Promise<void> {
	const pairs = (flag: string, record: Record<string, string>) =>
		Object.entries(record).map(([key, value]) => `${flag}=${key}=${value}`);
	const args = [
		"build",
		"--force-rm",
		`--platform=${build.platform}`,
		`--file=${build.context}/${build.dockerfile}`,
		...names.map((name) => `--tag=${name}`),
		...pairs("--build-arg", build.buildArgs),
		...pairs("--label", build.labels),
		build.context,
	];
	// The default builder is the daemon itself, which has the image that FROM names.
	const daemon = daemonVariables();
	const env = {
		...daemon,
		BUILDKIT_PROGRESS: "plain",
		// That of a context has its name.
		BUILDX_BUILDER: daemon.DOCKER_CONTEXT ?? "default",
		// With one, the containerd image store makes an index of what is one image elsewhere.
		BUILDX_NO_DEFAULT_ATTESTATIONS: "1",
	};
	const child = execa("docker", args, {
		env,
		all: true,
		cancelSignal: run.signal,
		// A hangup is for the whole process group.
		detached: !hasTerminal,
		reject: false,
	});
	for await (const line of child.iterable({ from: "all" })) {
		// In the words of Docker's classic builder, of Podman's ([2/2] STEP 5/9: RUN) and of BuildKit.
		const step =
			/^(?:(?:\[\d+\/\d+\] )?Step \d+\/\d+ ?: |#\d+ \[[\w -]*\d+\/\d+\] )((?:FROM|COPY|RUN) .*)$/i.exec(
				String(line),
			);
		if (step !== null) run.report.progress(artefact, shorten(step[1] ?? ""));
	}
	const result = await child;
	if (!result.failed) return;
	if (result.code === "ENOENT") throw dockerError(args, result);
	throw (
		explainMachine(result.all) ??
		// What is before the last line may be apt's.
		explainConnection(lastLine(result.all)) ??
		new StepError(`docker build ${build.context}: ${causeIn(result.all.trim().split("\n"))}`)
	);
}

/** One short line of an instruction, whatever its length. */
function shorten(text: string): string {
	const line = text.replaceAll(/\s+/g, " ");
	return line.length > 60 ? `${line.slice(0, 60)}...` : line;
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
		detached: !hasTerminal,
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
