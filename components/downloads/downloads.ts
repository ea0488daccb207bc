import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LockedFile } from "../../stacks/lock/lock.ts";
import { copyInto, makeContainer, runContainer } from "../step/container.ts";
import type { Step } from "../step/step.ts";

/**
 * The volume that keeps what was fetched, on purpose: a cache, which may be removed at any time. Who
 * mounts it at /downloads finds a file by {@link downloadPath}; read it only.
 */
export const VOLUME = "debian-python-downloads";

/** Where a container with the volume has a file: beside those of other locks, by its SHA-256. */
export function downloadPath({ sha256, name }: LockedFile): string {
	return `/downloads/${sha256}/${name}`;
}

/** Its fetch.py is a module as well. */
export const CONTEXT = "components/downloads/context";

/** Options of docker create, by which a container has the package indexes of this machine's environment. */
export function indexOptions(): string[] {
	const names = ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"];
	// By their names alone: there may be a password, which no command line shows.
	return names.flatMap((name) => (process.env[name] === undefined ? [] : [`--env=${name}`]));
}

/** A file that is to be had, and whose it is: errors name that. */
export interface WantedFile extends LockedFile {
	/** Normalised name of the distribution: by it the package index is asked for a file without URL. */
	readonly distribution: string;
	readonly version: string;
}

/** What {@link fetchFiles} needs. */
export interface FetchArgs {
	/** An image with Python and pip, which is there: python or wheelbuild. */
	readonly image: string;
	readonly platform: string;
	readonly files: readonly WantedFile[];
	/** CA certificates, for a machine behind a TLS proxy. */
	readonly caBundle?: string | undefined;
}

/**
 * Have files of a lock in the volume that keeps them: what is there is not fetched again, and several
 * runs may share it. A file without an URL is found in the package index by its hash: that of
 * PIP_INDEX_URL, of the image's pip configuration, or pip's own, or one of PIP_EXTRA_INDEX_URL. Each
 * file's hash is checked.
 *
 * @throws StepError that names distribution, file, host, reason and remedy.
 */
export async function fetchFiles(step: Step, args: FetchArgs): Promise<void> {
	if (args.files.length === 0) return;
	const command = ["python3", "-I", "-B", "/mnt/fetch.py", "/mnt/wanted.json", "/downloads"];
	const container = await makeContainer(step, args.image, command, [
		`--platform=${args.platform}`,
		"--entrypoint=",
		"--user=0:0",
		`--volume=${VOLUME}:/downloads`,
		...indexOptions(),
		...(args.caBundle === undefined ? [] : ["--env=SSL_CERT_FILE=/mnt/ca-bundle.crt"]),
	]);
	const wanted = join(step.createFolder(), "wanted.json");
	await writeFile(wanted, JSON.stringify(args.files));
	await copyInto(container, `${CONTEXT}/.`, "/mnt/");
	await copyInto(container, wanted, "/mnt/wanted.json");
	if (args.caBundle !== undefined) await copyInto(container, args.caBundle, "/mnt/ca-bundle.crt");
	await runContainer(step, container, (line) => {
		// What is there already is no progress, and the error has its own line.
		if (!/^(file|error:) /.test(line)) step.progress(line);
	});
}
