import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { engine } from "./engine.ts";
import type { EngineAnswer, EngineQuestion } from "./engine-api.ts";
import { sha256 } from "./file.ts";
import { dockerLayer } from "./podman-layer.ts";
import { eachEntry } from "./saved-image.ts";
import { type TarEntry, tarOf } from "./tar.ts";

/*
 * What Podman 4.3.1 answers, and what is made of it.
 */

const ask = vi.hoisted(() =>
	vi.fn<(path: string, question?: EngineQuestion) => Promise<EngineAnswer>>(),
);
vi.mock(import("./engine-api.ts"), () => ({ askEngine: ask }));

const BELOW = "sha256:1111";
const LABELS = { "io.buildah.version": "1.28.2", artefact: "debbase" };
/** What it tells of a container, and of images. */
const ANSWERS: Readonly<Record<string, object>> = {
	"/_ping": {},
	"/containers/c/json": { Image: "sha256:base", Config: { Cmd: ["/bin/sh", "install"] } },
	"/images/sha256:base/json": {
		...{ Id: "sha256:base", RootFS: { Layers: [BELOW] } },
		Config: { Env: ["PATH=/bin"], Labels: { of: "base" } },
	},
	"/images/python/json": { Id: "sha256:p", RootFS: { Layers: ["sha256:other"] }, Config: {} },
	"/v4.0.0/libpod/images/sha256:base/json": { Healthcheck: { Test: ["CMD", "true"] } },
	"/v4.0.0/libpod/images/sha256:p/json": {},
};

let folder: string;
/** What was asked beside that. */
let asked: string[];

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "podman-"));
	asked = [];
	ask.mockImplementation(async (path, { method = "GET" } = {}) => {
		const says = (body: object, status = 200) => ({
			...{ status, body: JSON.stringify(body), isPodman: true },
		});
		if (path in ANSWERS) return says(ANSWERS[path] ?? {});
		if (/^\/(v4.0.0\/libpod\/)?images\/localhost\/.*json$/.test(path))
			return says({ Id: "localhost/x", RootFS: { Layers: [BELOW, "sha256:own"] }, Config: {} });
		if (path === "/images/libssl3 zlib1g/json") return says({ message: "no image" }, 404);
		asked.push(`${method} ${path.replace(/debian-python-[\w-]+/, "NAME")}`);
		return says({}, method === "POST" ? 201 : 200);
	});
	// docker save gives what is there, and docker load keeps what comes.
	const script = `#!/bin/sh
		case $1 in
		save) exec cat ${folder}/saved ;;
		load) exec cat >${folder}/loaded ;;
		pull) echo "$*" >${folder}/pulled ;;
		esac`;
	writeFileSync(join(folder, "docker"), script, { mode: 0o755 });
	vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
});
afterEach(() => {
	vi.unstubAllEnvs();
	rmSync(folder, { recursive: true });
});

/** Have docker save give an image of the base's layer and one of these entries. */
async function save(entries: readonly TarEntry[], config: object): Promise<void> {
	const own = await tarOf(entries);
	const layers = [`${BELOW.slice("sha256:".length)}.tar`, `${sha256(own)}.tar`];
	const saved = await tarOf([
		[{ name: layers[0] ?? "" }, "not read"],
		[{ name: layers[1] ?? "" }, own],
		[{ name: "config.json" }, JSON.stringify({ created: "2026-11-28T06:48:29Z", config })],
		[{ name: "manifest.json" }, JSON.stringify([{ Config: "config.json", Layers: layers }])],
	]);
	writeFileSync(join(folder, "saved"), saved);
}

/** The name, the config and the layers of the image that was loaded, with the bytes of those that are new. */
async function loaded() {
	const files = new Map<string, string>();
	const archive = readFileSync(join(folder, "loaded"));
	await eachEntry(Readable.from([archive]), async ({ name }, content) => {
		files.set(name.replace("./", ""), await text(content));
	});
	const read = (path: string) => JSON.parse(files.get(path) ?? "") as Document;
	const [entry] = read("index.json").manifests;
	const blob = (digest = "") => `blobs/${digest.replace(":", "/")}`;
	const { config, layers } = read(blob(entry?.digest));
	return {
		name: entry?.annotations["io.containerd.image.name"],
		config: read(blob(config.digest)) as object,
		layers: layers.map(({ digest, size }) => ({
			...{ digest, size },
			bytes: files.get(blob(digest))?.length,
		})),
	};
}

interface Document {
	readonly manifests: readonly { digest: string; annotations: Record<string, string> }[];
	readonly config: { readonly digest: string };
	readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

const FILE: TarEntry = [{ name: "opt/x", uid: 1, gid: 1, mtime: new Date(0) }, "x"];
const HOSTS: TarEntry = [{ name: "etc/hosts" }, ""];
const { signal } = new AbortController();
const INSTRUCTIONS = ['CMD ["python3"]', 'LABEL a="b \\"c\\""', "STOPSIGNAL SIGINT"];

describe("a commit", () => {
	it("has the config of what it is from, what it is told, and its own layer as Docker's", async () => {
		await save([HOSTS, FILE], { Env: ["TERM=xterm", "container=podman"] });
		await (await engine()).commit("c", "localhost/x:1", INSTRUCTIONS, signal);
		const layer = dockerLayer(Readable.from([await tarOf([FILE])]));
		const sum = sha256(Buffer.concat(await Array.fromAsync(layer)));
		expect(await loaded()).toEqual({
			name: "localhost/x:1",
			config: {
				created: "2026-11-28T06:48:29Z",
				config: {
					...{ Env: ["PATH=/bin"], Cmd: ["python3"], StopSignal: "SIGINT" },
					...{ Healthcheck: { Test: ["CMD", "true"] }, Labels: { of: "base", a: 'b "c"' } },
				},
				history: [{ created: "2026-11-28T06:48:29Z", created_by: "/bin/sh install" }],
				rootfs: { type: "layers", diff_ids: [BELOW, `sha256:${sum}`] },
			},
			layers: [
				{ digest: BELOW, size: 0, bytes: undefined },
				{ digest: `sha256:${sum}`, size: 2048, bytes: 2048 },
			],
		});
		expect(asked).toEqual([
			"POST /commit?container=c&repo=localhost/NAME&tag=unfinished",
			"DELETE /images/localhost/NAME:unfinished?noprune=true",
		]);
	});

	it("has no layer where nothing is changed", async () => {
		await save([HOSTS], {});
		await (await engine()).commit("c", "localhost/x:1", [], signal);
		const { config, layers } = await loaded();
		expect(config).toMatchObject({ history: [], rootfs: { diff_ids: [BELOW] } });
		expect(layers).toHaveLength(1);
	});
});

it("a build is named once it has no label of Buildah's and no file of Podman's", async () => {
	await save([HOSTS, FILE], { User: "root", Labels: LABELS });
	const built: (readonly string[])[] = [];
	await (await engine()).build(
		["x:1", "x:2"],
		["libssl3 zlib1g", "python", "sha256:base"],
		async (names) => {
			built.push(names);
		},
	);
	expect(built).toEqual([[expect.stringMatching(/^localhost\/debian-python-.*:unfinished$/)]]);
	const { name, config, layers } = await loaded();
	expect(name).toBe("x:1");
	expect(config).toMatchObject({ config: { User: "root", Labels: { artefact: "debbase" } } });
	expect(config).not.toHaveProperty(["config", "Labels", "io.buildah.version"]);
	expect(layers.map(({ size }) => size)).toEqual([0, 2048]);
	expect(asked).toContain("POST /images/x:1/tag?repo=x&tag=2");
});

it("what is pushed is known by its digest, once it is pulled by that", async () => {
	await (await engine()).knowPushed("host/x@sha256:1", signal);
	expect(readFileSync(join(folder, "pulled"), "utf8")).toBe("pull --quiet host/x@sha256:1\n");
});

describe("volumes", () => {
	const answer = (status: number, message: string) =>
		ask.mockImplementation(async (path) => ({
			...{ status: path === "/_ping" ? 200 : status, isPodman: true },
			body: JSON.stringify({ message }),
		}));

	it.each([
		[204, ""],
		[500, 'runc: exec: "none": OCI runtime attempted to invoke a command that was not found'],
		[500, "runc: read init-p: connection reset by peer: OCI runtime error"],
	])("are filled: %d %s", async (status, message) => {
		answer(status, message);
		await expect((await engine()).fillVolumes("c")).resolves.toBeUndefined();
	});

	it("that cannot be are told of with the runtime's words", async () => {
		answer(
			500,
			"runc: error setting rlimit type 7: operation not permitted: OCI permission denied",
		);
		await expect((await engine()).fillVolumes("c")).rejects.toThrow(
			"docker create c: runc: error setting rlimit type 7: operation not permitted",
		);
	});
});
