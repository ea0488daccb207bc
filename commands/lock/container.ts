import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileEntries } from "../../components/app-files.ts";
import {
	CONTEXT as DOWNLOADS_CONTEXT,
	indexOptions,
	VOLUME,
} from "../../components/downloads/downloads.ts";
import {
	copyFrom,
	copyInto,
	makeContainer,
	runContainer,
} from "../../components/step/container.ts";
import { docker } from "../../components/step/docker.ts";
import type { Step } from "../../components/step/step.ts";
import { tarOf } from "../../components/step/tar.ts";
import type { LockedWith } from "./folders.ts";

const CONTEXT = "commands/lock/context";

/** What a wheel's build says as well. */
const GIT_VERSION = "components/wheel/context/git_version.py";

/** What context/lock.py is asked for. */
export interface LockRequest {
	/** From what is locked. */
	readonly source: LockSource;
	/** Whether the newest versions are taken, and not those of the locks that are there. */
	readonly upgrade: boolean;
	/** Where the app's folder is among those that it is locked with; empty: there is no other. */
	readonly folder: string;
	/** Of a uv.lock, its path from there. */
	readonly uvLock: string;
	readonly uv: { readonly version: string; readonly sha256: string };
	readonly fromSource: ":all:" | readonly string[];
	/** Debian packages that the builds need. */
	readonly packages: readonly string[];
	/** What `uname -m` says of each of the stack's platforms, the container's first. */
	readonly machines: readonly string[];
	/** The app's name, if it is a package: what builds it is locked as well. */
	readonly app: string | null;
	/** By name of a distribution, the lock of what builds it that is there. */
	readonly preferences: Readonly<Record<string, string>>;
}

/** From what an app may be locked. */
export type LockSource = "uv.lock" | "pyproject.toml" | "requirements.in" | "requirements.txt";

/** What context/lock.py gives; locks are as uv writes pylock.toml. */
export interface LockResult {
	/** Of what the app has at run time. */
	readonly lock: string;
	/** The new uv.lock; null where there is none. */
	readonly uvLock: string | null;
	/** By name of a distribution that is compiled, or is a folder: of what builds it. */
	readonly groups: Readonly<Record<string, BuildGroup>>;
}

/** What builds a distribution. */
export interface BuildGroup {
	/** SHA-256 of its source distributions, sorted; none: it is the app, or a folder. */
	readonly sdists: readonly string[];
	/** Empty where it needs nothing. */
	readonly lock: string;
}

/** Where an app is locked. */
export interface LockPlace {
	/** The stack's image wheelbuild, which is there. */
	readonly image: string;
	readonly platform: string;
	readonly caBundle?: string | undefined;
	/** The app's folder. */
	readonly folder: string;
	/** The folders that it is locked with, itself among them: `.`. */
	readonly folders: readonly LockedWith[];
}

/** Where the folders are in the container. */
const FOLDERS = "app";

/** The path of an app's folder in the container. */
export function placeOf({ folder }: Pick<LockRequest, "folder">): string {
	return posix.join("/mnt", FOLDERS, folder);
}

/** Lock an app in a container, with the Python, the glibc and the platform that it will have. */
export async function lockInContainer(
	step: Step,
	place: LockPlace,
	request: LockRequest,
): Promise<LockResult> {
	const command = ["/venv/bin/python", "-I", "-B", "/mnt/lock.py", "/mnt"];
	const container = await makeContainer(step, place.image, command, [
		`--platform=${place.platform}`,
		"--entrypoint=",
		"--user=0:0",
		`--volume=${VOLUME}:/downloads`,
		...indexOptions(),
		...(place.caBundle === undefined ? [] : CERTIFICATES.map((name) => `--env=${name}=${BUNDLE}`)),
	]);
	for (const context of [CONTEXT, DOWNLOADS_CONTEXT])
		await copyInto(container, `${context}/.`, "/mnt/");
	await copyInto(container, GIT_VERSION, "/mnt/git_version.py");
	if (place.caBundle !== undefined) await copyInto(container, place.caBundle, BUNDLE);
	const input = await tarOf([
		[{ name: "request.json" }, JSON.stringify(request)],
		...place.folders.flatMap((each) => entriesOf(place.folder, request.folder, each)),
	]);
	await docker(["cp", "-", `${container}:/mnt`], { input });
	await runContainer(step, container, (line) => {
		if (line.startsWith("==> ")) step.progress(line.slice("==> ".length));
		// What fetch.py says of a file that is there, and what the error has.
		else if (!/^(file|error:) /.test(line)) process.stderr.write(`${line}\n`);
	});
	const { files } = await copyFrom(container, "/mnt/result.json");
	return JSON.parse(String(files.get("result.json"))) as LockResult;
}

function entriesOf(
	app: string,
	at: string,
	{ path, files, sources }: LockedWith,
): ReturnType<typeof fileEntries> {
	const folder = posix.join(app, path);
	const place = posix.join(FOLDERS, at, path);
	const entries = fileEntries({ folder, files }, place);
	if (sources === "") return entries;
	const text = readFileSync(join(folder, "pyproject.toml"), "utf8");
	// The last of one name stays.
	return [...entries, [{ name: `${place}/pyproject.toml`, mode: 0o644 }, `${text}\n${sources}`]];
}

const BUNDLE = "/mnt/ca-bundle.crt";

/** The variables that Python and uv, and pip, read the bundle's path from. */
const CERTIFICATES = ["SSL_CERT_FILE", "PIP_CERT"];
