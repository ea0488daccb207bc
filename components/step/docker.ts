import { execa, type Options } from "execa";
import { repositoryOf, tagOf } from "../image-name.ts";
import { daemonVariables } from "./daemon.ts";
import { answerError, dockerError } from "./docker-error.ts";
import { askEngine } from "./engine-api.ts";
import { StepError } from "./error.ts";

/** Label of every container, volume and image that this project makes. */
export const PROJECT_LABEL = "debian-python.project";

/** Label of the package's image, and of those that have it installed: SHA-256 of the interpreter's .deb. */
export const DEB_SUM = "debian-python.deb.sha256";

/** Label of the package's image: the file in it that has what PGO's training counted, and its SHA-256. */
export const PROFILE_SUM = "debian-python.profile.sha256";

/**
 * Run the docker command-line client, which brings the user's context, credentials and DOCKER_HOST.
 *
 * @returns its standard output, without the last newline.
 * @throws StepError with the daemon's own words and, where it is known, the remedy.
 */
export async function docker(args: readonly string[], options: Options = {}): Promise<string> {
	const env = { ...daemonVariables(), ...options.env };
	const result = await execa("docker", [...args], { ...options, env, reject: false });
	if (result.isCanceled) throw new StepError("stopped");
	if (result.failed) throw dockerError(args, result);
	return String(result.stdout ?? "");
}

/** The ID of a local image, or undefined where the daemon does not have it. */
export async function imageId(name: string): Promise<string | undefined> {
	return (await inspectImage(name))?.Id;
}

/** A label of a local image; undefined where the image or the label is missing. */
export async function imageLabel(name: string, label: string): Promise<string | undefined> {
	return (await imageConfig(name))?.Labels?.[label];
}

/** What containers of an image start with, as docker image inspect has it; what is empty may be null. */
export interface ImageConfig {
	readonly Labels?: Readonly<Record<string, string>> | null;
	/** As NAME=VALUE. */
	readonly Env?: readonly string[] | null;
	readonly Cmd?: readonly string[] | null;
	readonly User?: string;
	/** By port and protocol, as `8000/tcp`. */
	readonly ExposedPorts?: Readonly<Record<string, object>> | null;
	readonly Healthcheck?: object | null;
}

/**
 * What of an image's config decides how its containers run (OCI image specification, "Image
 * Configuration"; the last three are Docker's). What else Docker writes is its record of the
 * container that was committed, and decides nothing.
 */
export const CONFIG_FIELDS = [
	"Env",
	"Cmd",
	"Entrypoint",
	"User",
	"WorkingDir",
	"ExposedPorts",
	"Volumes",
	"Labels",
	"StopSignal",
	"Healthcheck",
	"OnBuild",
	"Shell",
] as const;

/** The config of a local image; undefined where the daemon does not have it. */
export async function imageConfig(name: string): Promise<ImageConfig | undefined> {
	return (await inspectImage(name))?.Config;
}

/** What the daemon knows of an image (Docker Engine API, "Inspect an image"): what is read here. */
export interface InspectedImage {
	readonly Id: string;
	readonly Config: ImageConfig;
	/** RFC 3339. */
	readonly Created: string;
	readonly Architecture: string;
	/** Of the architecture. */
	readonly Variant?: string;
	/** Of the newest line of its history. */
	readonly Comment: string;
	readonly Os: string;
	readonly RootFS: {
		/** The sums of its layers' tars, the lowest first. */
		readonly Layers?: readonly string[] | null;
	};
	/** `repository@sha256:...` by which registries have it. */
	readonly RepoDigests?: readonly string[] | null;
}

/** What the daemon knows of a local image; undefined where it does not have it. */
export async function inspectImage(name: string): Promise<InspectedImage | undefined> {
	const { status, body, isPodman } = await askEngine(`/images/${name}/json`);
	if (status === 404) return undefined;
	if (status !== 200) throw answerError(["image", "inspect"], body);
	const image = JSON.parse(body) as InspectedImage;
	return isPodman ? withHealthcheck(image) : image;
}

/** A line of an image's history (Docker Engine API, "Get the history of an image"): what is read here. */
export interface HistoryLine {
	/** Seconds since 1970. */
	readonly Created: number;
	readonly CreatedBy: string;
	readonly Comment: string;
	/** Of its layer, in bytes. */
	readonly Size: number;
}

/** The history of a local image, the newest line first. */
export async function imageHistory(name: string): Promise<HistoryLine[]> {
	const { status, body } = await askEngine(`/images/${name}/history`);
	if (status !== 200) throw answerError(["image", "history"], body);
	return JSON.parse(body) as HistoryLine[];
}

/**
 * How many bytes a local image's layers have unpacked, as its image store counts them. What docker image inspect
 * calls the size is that of the compressed layers in containerd's store, which new installations of Docker 29 have.
 */
export async function imageBytes(name: string): Promise<number> {
	return (await imageHistory(name)).reduce((sum, { Size }) => sum + Size, 0);
}

/** Podman (4.3.1) tells of it by its own API alone. */
async function withHealthcheck(image: InspectedImage): Promise<InspectedImage> {
	const { body } = await askEngine(`/v4.0.0/libpod/images/${image.Id}/json`);
	const { Healthcheck } = JSON.parse(body) as Pick<ImageConfig, "Healthcheck">;
	return { ...image, Config: { ...image.Config, ...(Healthcheck && { Healthcheck }) } };
}

/**
 * Give a local image a further name, which moves to it.
 *
 * @param name with its tag.
 */
export async function tagImage(image: string, name: string): Promise<void> {
	const [repository, tag] = [repositoryOf(name), tagOf(name)];
	const path = `/images/${image}/tag?repo=${repository}&tag=${tag}`;
	const { status, body } = await askEngine(path, { method: "POST" });
	if (status !== 201) throw answerError(["tag", image], body);
}
