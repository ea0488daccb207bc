import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { expect, it, vi } from "vitest";
import type { EngineAnswer, EngineQuestion } from "./engine-api.ts";
import { sha256 } from "./file.ts";
import { fixImage } from "./fixed-image.ts";

const ask = vi.hoisted(() =>
	vi.fn<(path: string, question?: EngineQuestion) => Promise<EngineAnswer>>(),
);
vi.mock(import("./engine-api.ts"), () => ({ askEngine: ask }));

/** What the daemon tells of an image and of its history, the newest line first. */
type Told = readonly [image: object, history: readonly object[]];

const line = (created: string, createdBy: string, size: number, comment = "") => ({
	Created: Date.parse(created) / 1000,
	CreatedBy: createdBy,
	Comment: comment,
	Size: size,
});

/** Two layers, the second of a folder. */
const FROM: Told = [
	{
		Id: "sha256:from",
		Created: "2026-02-03T00:00:00.123456789Z",
		Config: {},
		RootFS: { Layers: ["sha256:1", "sha256:2"] },
	},
	[
		line("2026-02-03T00:00:00Z", "RUN mkdir /x", 0),
		line("2026-02-02T00:00:00Z", "USER root", 0),
		line("2026-01-01T00:00:00Z", "", 74, "mmdebstrap"),
	],
];

/** What docker commit makes of a container of it, which differs each time. */
function committed(when: string, container: string, layers: readonly string[]): Told {
	return [
		{
			...{ Id: `sha256:${container}`, Created: when, Container: container },
			...{ Architecture: "arm64", Variant: "v8", Os: "linux", DockerVersion: "1" },
			RootFS: { Layers: layers },
			Config: {
				...{ Hostname: container, Image: "x", AttachStdin: true, Entrypoint: null, OnBuild: [] },
				...{ Env: ["A=b"], Cmd: ["python3"], User: "", Labels: { b: "1", a: "2" }, Volumes: {} },
			},
		},
		[line(when, "/bin/sh install", layers.length > 2 ? 9 : 0), ...FROM[1]],
	];
}

/** What was loaded. */
let loaded: Map<string, string>;

/** Have a daemon with these images; what it loads is `x`. */
function daemon(image: Told, answer = "", from = FROM): void {
	const told = new Map<string, unknown>(
		[from, image].flatMap(([inspected, history]) => {
			const { Id } = inspected as { Id: string };
			return [
				[`/images/${Id}/json`, inspected],
				[`/images/${Id}/history`, history],
			];
		}),
	);
	const says = (body: string, status = 200) => ({ status, body, isPodman: false });
	ask.mockImplementation(async (path, { body } = {}) => {
		if (path === "/info") return says('{"DriverStatus":[["a","b"]]}');
		if (path === "/images/x/json") return says('{"Id":"sha256:fixed"}');
		if (path.startsWith("/images/load")) {
			loaded = await entries(body ?? Buffer.alloc(0));
			return says(answer);
		}
		return says(JSON.stringify(told.get(path) ?? {}), told.has(path) ? 200 : 404);
	});
}

async function entries(tar: Buffer): Promise<Map<string, string>> {
	const [found, archive] = [new Map<string, string>(), extract()];
	const read = (async () => {
		for await (const entry of archive) found.set(entry.header.name, await text(entry));
	})();
	await Promise.all([pipeline(Readable.from([tar]), archive), read]);
	return found;
}

const THREE = ["sha256:1", "sha256:2", "sha256:3"];
const names = { committed: "sha256:c1", from: "sha256:from", name: "x" };

interface Config {
	readonly architecture: string;
	readonly variant: string;
	readonly os: string;
	readonly created: string;
	readonly config: object;
	readonly history: readonly object[];
}

interface Item {
	readonly Config: string;
	readonly RepoTags?: readonly string[];
	readonly Layers: readonly string[];
	readonly Parent?: string;
}

const manifest = () => JSON.parse(loaded.get("manifest.json") ?? "") as Item[];

/** Of the new image, which is the last. */
const configText = () => loaded.get(manifest().at(-1)?.Config ?? "") ?? "";
const config = () => JSON.parse(configText()) as Config;

it("has what follows from its content, and nothing of the container or the moment", async () => {
	daemon(committed("2026-11-27T15:17:01.948235476Z", "c1", THREE));
	expect(await fixImage(names)).toBe("sha256:fixed");
	const first = loaded;
	expect(config()).toEqual({
		...{ architecture: "arm64", variant: "v8", os: "linux", created: "2026-02-03T00:00:00Z" },
		config: { Env: ["A=b"], Cmd: ["python3"], Labels: { b: "1", a: "2" } },
		rootfs: { type: "layers", diff_ids: THREE },
		history: [
			{ created: "2026-01-01T00:00:00Z", comment: "mmdebstrap" },
			{ created: "2026-02-02T00:00:00Z", created_by: "USER root", empty_layer: true },
			{ created: "2026-02-03T00:00:00Z", created_by: "RUN mkdir /x" },
			{ created: "2026-02-03T00:00:00Z", created_by: "/bin/sh install" },
		],
	});
	daemon(committed("2026-11-28T09:00:00Z", "c2", THREE));
	await fixImage({ ...names, committed: "sha256:c2" });
	expect(loaded).toEqual(first);
});

it("is of the moment that is said, and no line of its history is younger", async () => {
	daemon(committed("2026-11-27T15:17:01Z", "c1", THREE));
	await fixImage({ ...names, created: new Date("2026-01-15T00:00:00Z") });
	expect(config().created).toBe("2026-01-15T00:00:00Z");
	expect(config().history.map((each) => (each as Config).created)).toEqual([
		"2026-01-01T00:00:00Z",
		...Array<string>(3).fill("2026-01-15T00:00:00Z"),
	]);
});

it("a commit that changes no file makes no line of the history", async () => {
	daemon(committed("2026-11-27T15:17:01Z", "c1", THREE.slice(0, 2)));
	await fixImage(names);
	expect(config().history).toHaveLength(FROM[1].length);
});

it("keeps the one that it was made from, where that was made so too", async () => {
	daemon(committed("2026-11-27T15:17:01Z", "c1", THREE));
	await fixImage(names);
	expect(manifest()).toEqual([{ Config: expect.anything(), RepoTags: ["x"], Layers: THREE }]);
	// As the daemon then tells of it.
	const lower = configText();
	const Id = `sha256:${sha256(lower)}`;
	const { created, history, architecture, variant, os, config: Config } = config();
	const image = { Id, Created: created, Architecture: architecture, Variant: variant, Os: os };
	const told: Told = [
		{ ...image, Config, RootFS: { Layers: THREE } },
		[line(created, "/bin/sh install", 9), ...FROM[1]],
	];
	expect(history).toHaveLength(told[1].length);
	const [top, lines] = committed("2026-11-28T00:00:00Z", "c2", [...THREE, "sha256:4"]);
	daemon([top, [lines[0] ?? {}, ...told[1]]], "", told);
	await fixImage({ ...names, committed: "sha256:c2", from: Id });
	expect(manifest()).toEqual([
		{ Config: `${sha256(lower)}.json`, Layers: THREE },
		expect.objectContaining({ Layers: [...THREE, "sha256:4"], Parent: Id }),
	]);
	expect(loaded.get(`${sha256(lower)}.json`)).toBe(lower);
});

it("tells what the daemon says when it cannot load it", async () => {
	const fault =
		'{"errorDetail":{"message":"no space left on device"},"error":"no space left on device"}';
	daemon(committed("2026-11-27T15:17:01Z", "c1", THREE), `{"stream":"x"}\n${fault}\n`);
	await expect(fixImage(names)).rejects.toThrow(/^the disk of the Docker daemon is full/);
});
