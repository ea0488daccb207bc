import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { findImage } from "../distribution/daemon.ts";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { PROJECT_LABEL } from "../step/docker.ts";
import { StepError } from "../step/error.ts";
import { loadLayers } from "../step/layers.ts";
import { runStep, type Step } from "../step/step.ts";
import { bootstrapStep } from "./step.ts";

const inputs = readInputs(bootstrapStep);

/** The gpgv that forgives a key's expiry, which the images have too. */
const FROZEN_GPGV = "components/debbase/context/frozen/gpgv";

/** What the options name, from the project's root. */
const CONTEXT = "components/base/context";

/** What a bootstrap takes in TMPDIR for a moment, in MB: the root twice, and apt's files. */
const NEEDED = 500;

/** Longest bootstrap, in ms: it takes a minute or two, of which 50 MB are a download. */
const TIMEOUT = 30 * 60_000;

/** What mmdebstrap says where its user cannot be root in a namespace. */
const NO_NAMESPACE =
	/^E: (unshare syscall failed|cannot find new[ug]idmap|new[ug]idmap |failed to parse \/etc\/sub)/;

/** The root file system, in the step's folder. */
const ROOT = "root.tar";

/** The moment that the image is of: a snapshot's own, else now. */
const CREATED = new Date(inputs.CREATED ?? Date.now());

await runStep<ResultOf<typeof bootstrapStep>>(async (step) => {
	const { IMAGE: image } = inputs;
	if (!(await findImage(image, step.signal))) {
		const folder = step.createFolder();
		await needSpace(folder);
		await needExecution(folder);
		await bootstrap(step, folder);
		await loadImage(step, folder, image);
	}
	return { image };
});

/** On a full disk apt inside waits without an end: look first. */
async function needSpace(folder: string): Promise<void> {
	const { bavail, bsize } = await statfs(folder);
	const free = Math.floor((bavail * bsize) / 1e6);
	if (free >= NEEDED) return;
	throw new StepError(
		`the folder for temporary files, ${tmpdir()}, has ${free} MB free, and a base takes ${NEEDED} MB there`,
		"make room there, or set TMPDIR to a folder that has it",
	);
}

/** The root's own programs run there. */
async function needExecution(folder: string): Promise<void> {
	const program = join(folder, "program");
	await writeFile(program, "#!/bin/sh\n", { mode: 0o755 });
	const { code } = await execa(program, { reject: false });
	if (code !== "EACCES") return;
	throw new StepError(
		`no program runs in the folder for temporary files, ${tmpdir()}: it is mounted with noexec`,
		"set TMPDIR to a folder of another file system",
	);
}

async function bootstrap(step: Step, folder: string): Promise<void> {
	await checkHooks();
	step.progress(`bootstrap ${inputs.RELEASE} with mmdebstrap`);
	const frozenKeys = inputs.FROZEN_KEYS;
	const trust =
		frozenKeys.length > 0
			? await trustFrozen(step, folder, frozenKeys)
			: [`--keyring=${inputs.KEYRING}`];
	await shareContext(folder);
	const made = await execa("mmdebstrap", [...trust, ...mmdebstrapArguments(join(folder, ROOT))], {
		cwd: folder,
		// No file is younger than this: mmdebstrap(1), SOURCE_DATE_EPOCH.
		env: { TMPDIR: folder, SOURCE_DATE_EPOCH: String(Math.floor(CREATED.getTime() / 1000)) },
		cancelSignal: step.signal,
		timeout: TIMEOUT,
		reject: false,
	});
	if (made.isCanceled) throw new StepError("stopped");
	if (made.failed) throw bootstrapError(made);
}

/**
 * Copy what the hooks read for everybody, whatever the umask: where this user is not root, they run as
 * another user, who cannot read a clone that is this one's alone.
 */
async function shareContext(folder: string): Promise<void> {
	await chmod(folder, 0o755);
	const shared = join(folder, dirname(CONTEXT));
	await mkdir(shared, { recursive: true });
	await execa("cp", ["-R", CONTEXT, shared]);
	await execa("chmod", ["-R", "u=rwX,go=rX", join(folder, "components")]);
}

/** Without one of its hooks the root is another one, of which the key knows nothing. */
async function checkHooks(): Promise<void> {
	const flag = "--hook-dir=";
	const hooks = inputs.OPTIONS.filter((option) => option.startsWith(flag));
	const missing = hooks.map((hook) => hook.slice(flag.length)).find((hook) => !existsSync(hook));
	const there = await execa("mmdebstrap", ["--version"], { reject: false });
	if (missing === undefined || there.code === "ENOENT") return;
	throw new StepError(
		`mmdebstrap has no ${missing}: it is too old`,
		"install mmdebstrap 1.3 or newer (Debian 12 and later have it), or set `base` to an image reference",
	);
}

/**
 * mmdebstrap's options to verify an archive that changes no more: by the release's own keys alone,
 * even where they have expired. apt's settings are for this run: the last hook removes them.
 */
async function trustFrozen(step: Step, folder: string, keys: readonly string[]): Promise<string[]> {
	const keyring = join(folder, "keyring.gpg");
	await exportKeys(step, folder, keys, keyring);
	const gpgv = join(folder, "gpgv");
	await copyFile(FROZEN_GPGV, gpgv);
	await writeFile(join(folder, "keys"), `${keys.join("\n")}\n`);
	// apt reads them as its own user, whatever the umask is here.
	await chmod(gpgv, 0o755);
	for (const file of [keyring, join(folder, "keys")]) await chmod(file, 0o644);
	return [`--keyring=${keyring}`, `--aptopt=Apt::Key::gpgvcommand "${gpgv}"`];
}

/** Write these keys of the keyring, and no others, into a keyring of their own. */
async function exportKeys(
	step: Step,
	folder: string,
	keys: readonly string[],
	file: string,
): Promise<void> {
	const keyring = inputs.KEYRING;
	const args = [
		...["--batch", "--quiet", `--homedir=${folder}`, "--no-default-keyring"],
		...[`--keyring=${keyring}`, `--output=${file}`, "--export", ...keys],
	];
	const result = await execa("gpg", args, { cancelSignal: step.signal, reject: false });
	if (result.code === "ENOENT" || !(await hasGpgv())) {
		throw new StepError(
			"gpg or gpgv: command not found",
			"install them (Debian: apt-get install gpg gpgv), or set `base` to an image reference",
		);
	}
	if (!existsSync(file)) {
		throw new StepError(
			`the keyring ${keyring} has none of the keys of ${inputs.RELEASE}`,
			"install or update it (Debian: apt-get install debian-archive-keyring), then run again",
		);
	}
}

async function hasGpgv(): Promise<boolean> {
	return (await execa("gpgv", ["--version"], { reject: false })).code !== "ENOENT";
}

function mmdebstrapArguments(root: string): string[] {
	return [
		...inputs.OPTIONS,
		// What it takes by itself where there are no IDs for that, fakechroot, ends in a hook.
		...(process.getuid?.() === 0 ? [] : ["--mode=unshare"]),
		`--architectures=${inputs.ARCHITECTURE}`,
		inputs.RELEASE,
		root,
		...(inputs.SOURCES ?? "").split("\n").filter((line) => line !== ""),
	];
}

function bootstrapError(result: { code?: string; stderr?: unknown; timedOut: boolean }): StepError {
	if (result.code === "ENOENT") {
		return new StepError(
			"mmdebstrap: command not found",
			"install it (Debian: apt-get install mmdebstrap), or set `base` to an image reference",
		);
	}
	const lines = String(result.stderr ?? "").split("\n");
	// Why a signature is refused, apt says in a warning; apt 3 in the second way.
	const error =
		lines.find((line) => /^W: .*(GPG error|signature verification failed)/.test(line)) ??
		lines.find((line) => line.startsWith("E:"));
	if (NO_NAMESPACE.test(error ?? "")) {
		const { USER = "USER" } = process.env;
		return new StepError(
			`mmdebstrap cannot bootstrap ${inputs.RELEASE} as another user than root: ${error?.slice(3)}`,
			`give that user IDs (as root: apt-get install uidmap; usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${USER}), run as root, or set \`base\` to an image reference`,
		);
	}
	if (error?.includes("install arch-test"))
		return new StepError(
			"arch-test: command not found, which mmdebstrap asks whether this machine runs programs of another architecture",
			"apt-get install arch-test",
		);
	const why = result.timedOut
		? `no end after ${TIMEOUT / 60_000} minutes`
		: (error?.slice(3) ?? "see its output");
	return new StepError(
		`mmdebstrap cannot bootstrap ${inputs.RELEASE}: ${why}`,
		"check the network, the release's keyring and the disk space of /tmp, then run again",
	);
}

/** Load a root as an image of one layer: the same root gives the same image anywhere. */
function loadImage(step: Step, folder: string, image: string): Promise<void> {
	const labels = {
		...inputs.LABELS,
		"debian-python.base.created": CREATED.toISOString(),
		[PROJECT_LABEL]: "debian-python",
	};
	return loadLayers(step, image, {
		...{ folder, layers: [ROOT], created: CREATED, comment: "mmdebstrap" },
		platform: `linux/${inputs.ARCHITECTURE}`,
		config: { Cmd: ["bash"], Labels: labels },
	});
}
