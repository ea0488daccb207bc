import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { StackImage } from "../components/image.ts";
import * as docker from "../components/step/docker.ts";
import * as registry from "../components/step/registry.ts";
import { planLines } from "./plan.ts";

vi.mock(import("../components/step/docker.ts"), async (original) => ({
	...(await original()),
	imageId: vi.fn(),
	docker: vi.fn(),
}));
vi.mock(import("../components/step/registry.ts"), async (original) => ({
	...(await original()),
	remoteDigest: vi.fn(),
}));

beforeEach(() => {
	vi.mocked(docker.docker).mockResolvedValue("");
});
afterEach(() => {
	vi.resetAllMocks();
});

const image = (repository: string, artefact: string): StackImage => ({
	name: `${repository}:${artefact}-0123456789ab`,
	key: "0123456789ab",
	artefact,
	inputs: { release: "bookworm" },
});
const images = (repository: string) => [image(repository, "debbase"), image(repository, "package")];

it("says that nothing is compiled where the package is there", async () => {
	vi.mocked(docker.imageId).mockResolvedValue("sha256:1");
	expect(await planLines(images("localhost/debian-python/test"), "quick")).toEqual([
		"debbase: reused (0123456789ab)",
		"package: reused (0123456789ab)",
		"nothing will be compiled",
	]);
});

it("says what is built and why, and how long a compile takes", async () => {
	vi.mocked(docker.imageId).mockResolvedValue(undefined);
	const [debbase, , compile] = await planLines(images("localhost/debian-python/test"), "optimized");
	expect(debbase).toBe("debbase: build (0123456789ab): there is none yet");
	expect(compile).toMatch(/^CPython will be compiled: about \d+ minutes/);
});

it("says that nothing is compiled where a former compile is only packaged again", async () => {
	const compiled = "localhost/debian-python/test:compiled-0123456789ab";
	vi.mocked(docker.imageId).mockImplementation(async (name) =>
		name === compiled ? "sha256:1" : undefined,
	);
	const planned = { ...image("localhost/debian-python/test", "package"), compiled };
	expect(await planLines([planned], "optimized")).toEqual([
		"package: build (0123456789ab): there is none yet",
		"nothing will be compiled: a former compile is packaged again",
	]);
});

it("asks the registry where there is one: what only the daemon has is still to be pushed", async () => {
	vi.mocked(docker.imageId).mockResolvedValue("sha256:1");
	vi.mocked(registry.remoteDigest).mockImplementation(async (name) =>
		name.includes("package") ? "sha256:1" : undefined,
	);
	const lines = await planLines(images("registry.example/team/python"), "quick");
	expect(lines[0]).toMatch(/^debbase: build and push/);
	expect(lines.slice(1)).toEqual(["package: reused (0123456789ab)", "nothing will be compiled"]);
});

it("does not fail, and promises nothing, where nobody answers", async () => {
	vi.mocked(docker.imageId).mockRejectedValue(new Error("the Docker daemon cannot be reached"));
	const lines = await planLines(images("localhost/debian-python/test"), "quick");
	expect(lines[1]).toBe("package: unknown: the Docker daemon cannot be reached");
	expect(lines[2]).toMatch(/^CPython may have to be compiled/);
});
