import { spawnSync } from "node:child_process";
import { expect, it, vi } from "vitest";
import { imagePlace, type Place } from "../../components/distribution/presence.ts";
import { StepError } from "../../components/step/error.ts";
import { configuredImages, configuredSettings } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import { COLUMNS } from "../../local/text.ts";
import { productionStacks } from "../../stacks/stack-repositories.ts";
import { compileJobs, jobsMatrix, jobsText } from "./jobs.ts";

vi.mock(import("../../components/distribution/presence.ts"), async (original) => ({
	...(await original()),
	imagePlace: vi.fn(),
}));

/** Have what a pattern matches in a registry, and the rest nowhere. */
function have(there: RegExp): void {
	vi.mocked(imagePlace).mockImplementation(
		async (name): Promise<Place> => (there.test(name) ? "registry" : "nowhere"),
	);
}

const NOTHING = /^$/;
const SEVERAL = 'pythons=[{"version":"3.13.5"},{"version":"3.12.14","profile":"quick"}]';

it("of all stacks, the longest first", async () => {
	have(NOTHING);
	const jobs = await compileJobs(productionStacks(), []);
	expect(jobs.map(({ stack }) => stack).sort()).toEqual(productionStacks());
	const minutes = jobs.map((job) => job.minutes);
	expect(minutes).toEqual(minutes.toSorted((a, b) => b - a));
	expect(jobs).toContainEqual({
		stack: "trixie",
		target: "package",
		python: "3.14.7",
		profile: "optimized",
		platform: "linux/amd64",
		config: [],
		minutes: expect.any(Number),
	});
});

it("one for each Python of a stack, by its target", async () => {
	have(NOTHING);
	const sets = ["pythonVersion=", SEVERAL, "platform=linux/arm64"];
	expect(await compileJobs(["bookworm"], sets)).toMatchObject([
		{ target: "package", python: "3.13.5", profile: "optimized", platform: "linux/arm64" },
		{ target: "package-3.12", python: "3.12.14", profile: "quick", platform: "linux/arm64" },
	]);
});

it("one for each platform, on a machine of that, which is told of no other", async () => {
	have(NOTHING);
	const sets = ['platforms=["linux/amd64", "linux/arm64"]', "profile=optimized"];
	const native = (platform: string) => ({
		target: "package",
		platform,
		config: ["platforms=", `platform=${platform}`, "dockerHosts="],
	});
	expect(await compileJobs(["bookworm"], sets)).toMatchObject([
		native("linux/amd64"),
		native("linux/arm64"),
	]);
	// Each makes what the stack needs.
	const keys = async (values: readonly string[], artefact: string) => {
		const config = readStackConfig("bookworm", values);
		const images = await configuredImages(configuredSettings("bookworm", config), config);
		return images.find((image) => image.artefact === artefact)?.key;
	};
	for (const [platform, artefact] of [
		["linux/amd64", "package"],
		["linux/arm64", "package-arm64"],
	] as const)
		expect(await keys(["registry=none", ...native(platform).config], "package")).toBe(
			await keys(["registry=none", ...sets], artefact),
		);
	// What is cross-compiled, the first one's machine makes.
	expect(await compileJobs(["bookworm"], [...sets, "profile=quick"])).toMatchObject([
		native("linux/amd64"),
		{ target: "package-arm64", platform: "linux/amd64", config: [] },
	]);
});

it("one where two stacks need the same compile", async () => {
	have(NOTHING);
	const sets = ["release=trixie", "pythonVersion=3.14.7"];
	expect(await compileJobs(["bookworm", "trixie"], sets)).toMatchObject([{ stack: "bookworm" }]);
});

it.each([
	["package", /:package-/],
	["compile of an earlier package release", /:compiled-/],
])("none for a %s that is there", async (_, there) => {
	have(there);
	expect(await compileJobs(["bookworm"], [])).toEqual([]);
});

it("fails where nobody can tell: no job would say that all is there", async () => {
	vi.mocked(imagePlace).mockRejectedValue(new StepError("the registry failed", "run again"));
	await expect(compileJobs(["bookworm"], [])).rejects.toThrow("the registry failed");
});

it("is a matrix that GitHub takes, also where there is nothing to do", async () => {
	have(NOTHING);
	const jobs = await compileJobs(["bookworm"], []);
	expect(jobsMatrix(jobs)).toEqual({ include: jobs });
	expect(jobsMatrix([])).toEqual({ include: [] });
});

it("is a table for a reader", async () => {
	have(NOTHING);
	const text = jobsText(await compileJobs(["bookworm"], ["pythonVersion=", SEVERAL]));
	expect(text).toBe(
		[
			"stack     target        Python   profile    platform     minutes",
			"bookworm  package       3.13.5   optimized  linux/amd64        6",
			"bookworm  package-3.12  3.12.14  quick      linux/amd64        2",
			"",
			"about 8 minutes on two cores, one after the other",
		].join("\n"),
	);
	for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(COLUMNS);
	expect(jobsText([])).toBe("nothing must be compiled");
});

it("npm run plan -- --jobs says why it cannot tell, and prints no matrix", () => {
	const args = ["commands/plan/main.ts", "--jobs", "--json"];
	const env = { ...process.env, DOCKER_HOST: "tcp://127.0.0.1:9" };
	const { status, stdout, stderr } = spawnSync("node", args, { encoding: "utf8", env });
	expect([status, stdout]).toEqual([1, ""]);
	expect(stderr).toMatch(/^error: the Docker daemon at \S+ cannot be reached.*\n$/);
});
