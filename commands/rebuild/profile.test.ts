import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { attachArtefacts } from "../../components/sbom/attach.ts";
import { PROVENANCE_TYPE } from "../../components/sbom/media-types.ts";
import { PREDICATE_TYPE } from "../../components/sbom/provenance.ts";
import { imagePurl } from "../../components/sbom/purl.ts";
import { sha256 } from "../../components/step/file.ts";
import { tarOf } from "../../components/step/tar.ts";
import { MemoryRegistry } from "../../tests/memory-registry.ts";
import { giveProfile } from "./profile.ts";
import { readPublished } from "./published.ts";

const docker = vi.hoisted(() =>
	vi.fn<(args: readonly string[], options: { input: Buffer }) => Promise<string>>(async () => ""),
);
vi.mock(import("../../components/step/docker.ts"), async (original) => ({
	...(await original()),
	docker: docker as unknown as typeof import("../../components/step/docker.ts").docker,
}));

const FILE = "profile-0123456789ab.tar";
const COUNTS = "what the training counted";

let registry: MemoryRegistry;
let repository: string;

beforeEach(async () => {
	registry = new MemoryRegistry({ open: true });
	repository = `${await registry.start()}/team/x`;
});
afterEach(() => {
	registry.stop();
	docker.mockClear();
});

/** Publish an image, with a provenance of what it is made of; returns its name. */
async function publish(tag: string, dependencies: readonly object[], files: object = {}) {
	const layer = gzipSync(
		await tarOf(Object.entries(files).map(([name, content]) => [{ name }, String(content)])),
	);
	const config = {
		...{ architecture: "amd64", os: "linux" },
		config: { Labels: { "debian-python.inputs": "{}" } },
	};
	const manifest = {
		schemaVersion: 2,
		config: { digest: registry.put(Buffer.from(JSON.stringify(config))) },
		layers: [{ digest: registry.put(layer) }],
	};
	const name = `${repository}:${tag}`;
	const digest = registry.put(Buffer.from(JSON.stringify(manifest)));
	registry.tags.set(tag, digest);
	const predicate = { buildDefinition: { resolvedDependencies: dependencies } };
	const content = Buffer.from(JSON.stringify({ predicateType: PREDICATE_TYPE, predicate }));
	const provenance = { what: "x", content, mediaType: PROVENANCE_TYPE, annotations: {} };
	await attachArtefacts(name, digest, [provenance]);
	return name;
}

const madeFrom = (...names: readonly string[]) =>
	names.map((name) => ({ uri: imagePurl(name, "linux/amd64") }));

/** An app on a python with a package that has a profile, whose sum is said to be this. */
async function publishApp(sum: string): Promise<string> {
	const profile = { name: FILE, digest: { sha256: sum } };
	const deb = await publish("package-2", [profile], { "packages/x.deb": "x", [FILE]: COUNTS });
	const python = await publish("python-3.13.5-r1-3", madeFrom(`${repository}:debbase-1`, deb));
	return publish("1.0-4", madeFrom(python, `${repository}:wheelhouse-x-5`));
}

it("what the training counted is where the build looks for it", async () => {
	const app = await readPublished(await publishApp(sha256(COUNTS)), "amd64");
	await giveProfile(app, "amd64", "bookworm");
	expect(docker).toHaveBeenCalledOnce();
	const [args, { input }] = docker.mock.calls[0] ?? [[], { input: Buffer.alloc(0) }];
	expect(args.at(-1)).toBe("localhost/debian-python/bookworm:profile-0123456789ab");
	expect(input).toEqual(
		await tarOf([[{ name: "profile.tar", mode: 0o644, mtime: new Date(0) }, COUNTS]]),
	);
});

it("another file than the provenance names is refused", async () => {
	const app = await readPublished(await publishApp("0".repeat(64)), "amd64");
	await expect(giveProfile(app, "amd64", "bookworm")).rejects.toThrow(
		/^profile-0123456789ab\.tar in \S+:package-2 is not the one that its provenance names; /,
	);
	expect(docker).not.toHaveBeenCalled();
});

it("without any training there is nothing to give", async () => {
	const deb = await publish("package-2", [], { "packages/x.deb": "x" });
	const python = await publish("python-3.13.5-r1-3", madeFrom(deb));
	await giveProfile(await readPublished(python, "amd64"), "amd64", "bookworm");
	expect(docker).not.toHaveBeenCalled();
});
