import { execa } from "execa";
import { extract, type Header } from "tar-stream";
import { repositoryOf, tagOf } from "../image-name.ts";
import { daemonVariables } from "./daemon.ts";
import { docker, type ImageConfig, inspectImage } from "./docker.ts";
import { answerError } from "./docker-error.ts";
import { askEngine } from "./engine-api.ts";
import { type Engine, UNKNOWN_ID } from "./engine-type.ts";
import { applyInstructions } from "./instructions.ts";
import { EMPTY_LAYER, remake } from "./podman-image.ts";
import { withUnfinishedName } from "./sweep.ts";

/*
 * What Podman does otherwise than Docker behind Docker's API; seen with 4.3.1 and Docker's client 28. With 5.4.2 it
 * goes as well.
 */

/** How long a commit may take, which copies all that the container changed, in ms. */
const COMMIT_TIMEOUT = 600_000;

/** Label that Buildah, which builds for Podman, gives to an image. */
const BUILDAH_LABEL = "io.buildah.version";

export const podmanEngine: Engine = {
	// Podman mounts what can be written on these; to a user that is a mere number it gives a name, in /etc/passwd.
	leastRights: [
		"--read-only",
		...["/run", "/tmp", "/var/tmp"].map((folder) => `--tmpfs=${folder}:ro`),
		`--user=+${UNKNOWN_ID}:+${UNKNOWN_ID}`,
	],

	/*
	 * Podman writes variables of its own into the config (TERM, container, HOSTNAME), takes the quotes of an
	 * instruction's value for a part of it, and knows no HEALTHCHECK.
	 */
	async commit(container, image, instructions, signal) {
		const { body } = await askEngine(`/containers/${container}/json`, { signal });
		const { Image: from, Config } = JSON.parse(body) as ContainerAnswer;
		const base = await inspectImage(from);
		const below = base?.RootFS.Layers ?? [];
		await withUnfinishedName(async (committed) => {
			await commitContainer(container, committed, signal);
			await remake(committed, [image], below, ({ config, layers: all }) => {
				const layers = all.slice(0, below.length + Number(all.at(-1)?.digest !== EMPTY_LAYER));
				// What Docker says of it.
				const line = { created: config.created, created_by: (Config.Cmd ?? []).join(" ") };
				const history = layers.length > below.length ? [line] : [];
				return {
					layers,
					config: { ...config, config: ownConfig(base?.Config, instructions), history },
				};
			});
		});
	},

	importedConfig: (_, instructions) => ownConfig(undefined, instructions),

	async build(names, bases, build) {
		await withUnfinishedName(async (built) => {
			await build([built]);
			const base = await baseOf(built, bases);
			await remake(built, names, base?.RootFS.Layers ?? [], ({ config, layers }) => {
				const { [BUILDAH_LABEL]: _, ...labels } = config.config.Labels ?? {};
				const inherited = base?.Config.Labels?.[BUILDAH_LABEL];
				const Labels = { ...labels, ...(inherited && { [BUILDAH_LABEL]: inherited }) };
				return { layers, config: { ...config, config: { ...config.config, Labels } } };
			});
		});
	},

	// It compressed the layers only then. What it has it does not fetch.
	async knowPushed(reference, signal) {
		await docker(["pull", "--quiet", reference], { cancelSignal: signal });
	},

	// Docker does when it makes the container, Podman when it is about to start it, which is too late for who
	// copies files into them, or never starts it.
	async fillVolumes(container) {
		// By Podman's own API. They are full before the OCI runtime looks for the command, which need not exist where
		// the container is only there to be read. runc mostly says so; on a busy machine it may say that its first
		// process in the container (init-p) is gone.
		const path = `/v4.0.0/libpod/containers/${container}/init`;
		const { status, body } = await askEngine(path, { method: "POST" });
		if (status >= 400 && !/command that was not found|\binit-p: /.test(body))
			throw answerError(["create", container], body);
	},

	async changes(step, container) {
		const lines = (await docker(["diff", container])).split("\n");
		const { body } = await askEngine(`/containers/${container}/json`);
		const { Image: from } = JSON.parse(body) as ContainerAnswer;
		const before = await step.createContainer([from, "none"]);
		const kept = await Promise.all(
			lines.map(async (line) => {
				const path = line.slice(2);
				const isEmpty =
					line.startsWith("C ") && !lines.some((each) => each.slice(2).startsWith(`${path}/`));
				return !isEmpty || !(await isSameFolder(path, before, container));
			}),
		);
		return lines.filter((_, index) => kept[index]).join("\n");
	},
};

/** What is read of a container (Docker Engine API, "Inspect a container"). */
interface ContainerAnswer {
	readonly Image: string;
	readonly Config: { readonly Cmd: readonly string[] | null };
}

async function commitContainer(
	container: string,
	image: string,
	signal: AbortSignal,
): Promise<void> {
	const { status, body } = await askEngine(
		`/commit?container=${container}&repo=${repositoryOf(image)}&tag=${tagOf(image)}`,
		// Docker's client sends nothing, which Podman does not take.
		{
			method: "POST",
			headers: { "content-type": "application/json" },
			body: Buffer.from("{}"),
			timeout: COMMIT_TIMEOUT,
			signal,
		},
	);
	if (status !== 201) throw answerError(["commit", container], body);
}

function ownConfig(base: ImageConfig | undefined, instructions: readonly string[]): ImageConfig {
	return applyInstructions({ ...base }, instructions) as ImageConfig;
}

/** Which of some images another one is made from. */
async function baseOf(image: string, bases: readonly string[]) {
	const layers = (await inspectImage(image))?.RootFS.Layers ?? [];
	for (const name of bases) {
		const base = await inspectImage(name).catch(() => undefined);
		const below = base?.RootFS.Layers ?? [];
		if (below.length > 0 && below.every((layer, index) => layer === layers[index])) return base;
	}
	return undefined;
}

/**
 * Whether a folder is the same in two containers, but for its time, which Podman takes for a change and Docker
 * does not.
 */
async function isSameFolder(path: string, ...containers: readonly string[]): Promise<boolean> {
	const [before, after] = await Promise.all(containers.map((each) => firstHeader(each, path)));
	if (before?.type !== "directory" || after?.type !== "directory") return false;
	return before.mode === after.mode && before.uid === after.uid && before.gid === after.gid;
}

/** What docker cp tells of a path before its content. */
async function firstHeader(container: string, path: string): Promise<Header | undefined> {
	const copy = execa("docker", ["cp", `${container}:${path}`, "-"], {
		env: daemonVariables(),
		buffer: { stdout: false },
		reject: false,
	});
	const entries = extract();
	copy.stdout.pipe(entries);
	try {
		for await (const { header } of entries) return header;
	} finally {
		copy.kill();
		await copy;
	}
	return undefined;
}
