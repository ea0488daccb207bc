import { beforeEach, describe, expect, it, vi } from "vitest";
import type * as registry from "../components/distribution/daemon.ts";
import type * as referrers from "../components/distribution/referrers.ts";
import type * as docker from "../components/step/docker.ts";
import { CONFIG, type Recorded, record } from "../tests/record.ts";

// Vitest's own factory per module would give a program that runs again another mock.
const { inDaemon, inRegistry, attached } = vi.hoisted(() => ({
	inDaemon: vi.fn(),
	inRegistry: vi.fn(),
	attached: vi.fn(),
}));
vi.mock(import("../components/step/docker.ts"), async (original) => ({
	...(await original()),
	imageId: inDaemon as typeof docker.imageId,
}));
vi.mock(import("../components/distribution/daemon.ts"), async (original) => ({
	...(await original()),
	remoteDigest: inRegistry as typeof registry.remoteDigest,
}));
vi.mock(import("../components/distribution/referrers.ts"), async (original) => ({
	...(await original()),
	attachedTypes: attached as typeof referrers.attachedTypes,
}));
vi.spyOn(console, "warn").mockImplementation(() => {});

/** What is in a place: images whose names match. */
const has = (names: RegExp) => async (name: string) => (names.test(name) ? "sha256:1" : undefined);
const ALL = /./;
const NONE = /^$/;

/** The outputs of a deployment, as far as they name images, by what it registered. */
function outputs(resources: Map<string, Recorded>): object {
	const { inputs: builder } = resources.get("package-build") ?? expect.fail();
	const images = [...resources.values()].flatMap(({ name, inputs }) => {
		const image = (inputs.name ?? inputs.environment?.IMAGE) as string;
		const isImage = /-(bootstrap|image|commit)$/.test(name);
		return isImage ? [[name.split("-")[0], { name: image, key: image.slice(-12) }] as const] : [];
	});
	return {
		images: Object.fromEntries(images),
		package: { key: (builder.environment.IMAGE as string).slice(-12) },
	};
}

/** The resources that are told that what they made is lost. */
function again(resources: Map<string, Recorded>): string[] {
	return [...resources.values()].flatMap(({ name, inputs }) =>
		(inputs.triggers?.lost ?? inputs.environment?.LOST) === undefined ? [] : [name],
	);
}

const archive = { ...CONFIG, base: "archive" };
const ALL_STEPS = [
	"base-bootstrap",
	"debbase-image",
	"pybuild-image",
	"package-build",
	"package-sbom",
	"python-image-commit",
	"python-image-sbom",
	"wheelbuild-image-commit",
	"wheelbuild-image-sbom",
];

describe("a stack without a registry", () => {
	let former: object;
	beforeEach(async () => {
		former = outputs(await record(archive));
		inDaemon.mockImplementation(has(ALL));
		inRegistry.mockRejectedValue(new Error("no registry is to be asked"));
	});

	it("makes nothing again that is there", async () => {
		expect(again(await record(archive, former))).toEqual([]);
	});

	it.each([
		["python", ["python-image-commit", "python-image-sbom"]],
		["debbase", ["debbase-image"]],
		["package", ["package-build", "package-sbom"]],
		["base", ["base-bootstrap"]],
	])("makes again %s alone, which the daemon has lost", async (artefact, steps) => {
		inDaemon.mockImplementation(has(new RegExp(`^(?!.*:${artefact}-)`)));
		expect(again(await record(archive, former))).toEqual(steps);
	});

	it("makes all of it again on a machine that has nothing", async () => {
		inDaemon.mockImplementation(has(NONE));
		expect(again(await record(archive, former))).toEqual(ALL_STEPS);
	});

	it("looks for nothing that was not deployed, whose steps run anyway", async () => {
		inDaemon.mockImplementation(has(NONE));
		expect(again(await record(archive, {}))).toEqual([]);
		const next = again(await record({ ...archive, packageRelease: "2" }, former));
		expect(next).toEqual(["base-bootstrap", "debbase-image", "pybuild-image"]);
	});

	it("takes nothing for lost where the daemon does not answer", async () => {
		inDaemon.mockRejectedValue(new Error("the Docker daemon cannot be reached"));
		expect(again(await record(archive, former))).toEqual([]);
		expect(vi.mocked(console.warn).mock.lastCall?.join()).toContain("cannot be reached");
	});
});

describe("a stack with a registry", () => {
	// Nothing listens there: whether it wants credentials cannot be seen.
	const config = { ...CONFIG, registry: "127.0.0.1:9/team/python" };
	const PUSHES = ["debbase", "pybuild", "package", "python-image", "wheelbuild-image"];
	let former: object;
	beforeEach(async () => {
		former = outputs(await record(config));
	});

	it.each([
		["the registry has", NONE, ALL, []],
		["only the daemon has", ALL, NONE, PUSHES.map((name) => `${name}-push`)],
		[
			"nobody has",
			NONE,
			NONE,
			[
				...ALL_STEPS.filter((step) => step !== "base-bootstrap"),
				...PUSHES.map((name) => `${name}-push`),
			],
		],
	])("does what is needed of what %s", async (_, daemon, remote, steps) => {
		inDaemon.mockImplementation(has(daemon));
		inRegistry.mockImplementation(has(remote));
		expect(again(await record(config, former)).sort()).toEqual([...steps].sort());
	});

	describe("that signs", () => {
		const signing = { ...config, signing: "keyless" };
		const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
		beforeEach(() => {
			inDaemon.mockImplementation(has(NONE));
			inRegistry.mockImplementation(has(ALL));
		});

		it("signs nothing again that is signed", async () => {
			attached.mockResolvedValue(["application/vnd.cyclonedx+json", BUNDLE]);
			expect(again(await record(signing, former))).toEqual([]);
		});

		it("describes and signs again what has lost its signature, but no cache", async () => {
			attached.mockImplementation(async (name: string) =>
				name.includes(":python-") ? [] : [BUNDLE],
			);
			const steps = ["python-image-push", "python-image-sbom"];
			expect(again(await record(signing, former)).sort()).toEqual(steps);
			attached.mockResolvedValue([]);
			expect(again(await record(signing, former)).sort()).toEqual(
				["package", "python-image", "wheelbuild-image"].flatMap((name) => [
					`${name}-push`,
					`${name}-sbom`,
				]),
			);
		});

		it("signs nothing again where the registry does not answer", async () => {
			attached.mockRejectedValue(new Error("the registry cannot be reached"));
			expect(again(await record(signing, former))).toEqual([]);
		});
	});

	it("that does not sign is asked for no signature", async () => {
		inRegistry.mockImplementation(has(ALL));
		attached.mockRejectedValue(new Error("nobody is to ask"));
		vi.mocked(console.warn).mockClear();
		expect(again(await record(config, former))).toEqual([]);
		expect(console.warn).not.toHaveBeenCalledWith(expect.stringContaining("nobody"));
	});
});
