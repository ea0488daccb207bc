import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as registry from "../components/distribution/daemon.ts";
import * as inputs from "../components/distribution/inputs.ts";
import type { StackImage } from "../components/image.ts";
import * as docker from "../components/step/docker.ts";
import { compileMinutes } from "../stacks/compile-times.ts";
import type { Profile } from "../stacks/settings.ts";
import { type Former, type PlannedPython, planLines } from "./plan.ts";

vi.mock(import("../components/step/docker.ts"), async (original) => ({
	...(await original()),
	imageId: vi.fn(),
	inspectImage: vi.fn(),
	docker: vi.fn(),
}));
vi.mock(import("../components/distribution/inputs.ts"), () => ({ keyInputs: vi.fn() }));
vi.mock(import("../components/distribution/daemon.ts"), async (original) => ({
	...(await original()),
	remoteDigest: vi.fn(),
}));

beforeEach(() => {
	vi.mocked(docker.docker).mockResolvedValue("");
});
afterEach(() => {
	vi.resetAllMocks();
});

/** A stack's Python of a profile, on bookworm. */
const of = (profile: Profile, series = "3.13", suffix = ""): PlannedPython => ({
	series,
	profile,
	package: `package${suffix}`,
	minutes: compileMinutes({ release: "bookworm", series, profile }),
});

const image = (repository: string, artefact: string): StackImage => ({
	name: `${repository}:${artefact}-0123456789ab`,
	key: "0123456789ab",
	artefact,
	kind: artefact,
	platform: "linux/amd64",
	inputs: { release: "bookworm" },
});
const images = (repository: string) => [image(repository, "debbase"), image(repository, "package")];

it("says that nothing is compiled where the package is there", async () => {
	vi.mocked(docker.imageId).mockResolvedValue("sha256:1");
	expect(await planLines(images("localhost/debian-python/test"), [of("quick")])).toEqual([
		"debbase: reused (0123456789ab)",
		"package: reused (0123456789ab)",
		"nothing will be compiled",
	]);
});

it("says what is built and why, and how long a compile takes", async () => {
	vi.mocked(docker.imageId).mockResolvedValue(undefined);
	const [debbase, , compile] = await planLines(images("localhost/debian-python/test"), [
		of("optimized"),
	]);
	expect(debbase).toBe("debbase: build (0123456789ab): there is none yet");
	expect(compile).toMatch(/^CPython will be compiled: about \d+ minutes/);
});

it("says which of several Pythons are compiled", async () => {
	const repository = "localhost/debian-python/test";
	const package313 = image(repository, "package");
	const package312 = {
		...package313,
		artefact: "package-3.12",
		name: `${repository}:package-ba9876543210`,
	};
	const line = async (...there: string[]) => {
		vi.mocked(docker.imageId).mockImplementation(async (name) =>
			there.includes(name) ? "sha256:1" : undefined,
		);
		const pythons = [of("quick"), of("optimized", "3.12", "-3.12")];
		return (await planLines([package313, package312], pythons)).at(-1);
	};
	expect(await line(package313.name)).toMatch(/^CPython 3\.12 will be compiled: about 6 minutes/);
	expect(await line()).toMatch(/^CPython 3\.13, 3\.12 will be compiled: about 8 minutes/);
	expect(await line(package313.name, package312.name)).toBe("nothing will be compiled");
});

it("says that nothing is compiled where a former compile is only packaged again", async () => {
	const compiled = "localhost/debian-python/test:compiled-0123456789ab";
	vi.mocked(docker.imageId).mockImplementation(async (name) =>
		name === compiled ? "sha256:1" : undefined,
	);
	const planned = { ...image("localhost/debian-python/test", "package"), compiled };
	expect(await planLines([planned], [of("optimized")])).toEqual([
		"package: build (0123456789ab): there is none yet",
		"nothing will be compiled: a former compile is packaged again",
	]);
});

it("names each wheel that is compiled, and why", async () => {
	vi.mocked(docker.imageId).mockImplementation(async (name) =>
		name.includes("wheel-") ? undefined : "sha256:1",
	);
	const repository = "localhost/debian-python/test";
	const wheel = (name: string, why: string): StackImage => ({
		...image(repository, `wheel-${name}`),
		compiles: `${name} 1.0: ${why}`,
	});
	const planned = [
		image(repository, "package"),
		wheel("lxml", "from-source names it"),
		wheel("uwsgi", "no wheel of the lock fits"),
	];
	expect((await planLines(planned, [of("quick")])).slice(1)).toEqual([
		"wheel-lxml: build (0123456789ab): there is none yet; compiles lxml 1.0: from-source names it",
		"wheel-uwsgi: build (0123456789ab): there is none yet; compiles uwsgi 1.0: no wheel of the lock fits",
		"no CPython, but 2 wheels will be compiled",
	]);
	vi.mocked(docker.imageId).mockResolvedValue("sha256:1");
	expect((await planLines(planned, [of("quick")])).slice(1)).toEqual([
		"wheel-lxml: reused (0123456789ab)",
		"wheel-uwsgi: reused (0123456789ab)",
		"nothing will be compiled",
	]);
});

it("asks the registry where there is one: what only the daemon has is still to be pushed", async () => {
	vi.mocked(docker.imageId).mockResolvedValue("sha256:1");
	vi.mocked(registry.remoteDigest).mockImplementation(async (name) =>
		name.includes("package") ? "sha256:1" : undefined,
	);
	const lines = await planLines(images("registry.example/team/python"), [of("quick")]);
	expect(lines[0]).toBe("debbase: push (0123456789ab): the registry does not have it");
	expect(lines.slice(1)).toEqual(["package: reused (0123456789ab)", "nothing will be compiled"]);
});

it("does not fail, and promises nothing, where nobody answers", async () => {
	vi.mocked(docker.imageId).mockRejectedValue(new Error("the Docker daemon cannot be reached"));
	const lines = await planLines(images("localhost/debian-python/test"), [of("quick")]);
	expect(lines[1]).toBe("package: unknown: the Docker daemon cannot be reached");
	expect(lines[2]).toMatch(/^CPython may have to be compiled/);
});

describe("what was deployed", () => {
	const KEY = "ba9876543210";
	/** The artefacts of a deployment, by their names, and where they are now. */
	const former = (
		repository: string,
		key: string,
		places: Former["places"] = new Map(),
	): Former => {
		const names = ["debbase", "package"].map(
			(artefact) => [artefact, { name: `${repository}:${artefact}-${key}`, key }] as const,
		);
		return { deployed: new Map(names), places, unsigned: new Set() };
	};
	const lines = async (repository: string, deployed: Former) =>
		(await planLines(images(repository), [of("quick")], deployed)).slice(0, 2);

	it("is what an image that is built is compared with, wherever that is", async () => {
		vi.mocked(docker.imageId).mockResolvedValue(undefined);
		vi.mocked(inputs.keyInputs).mockImplementation(async (name) =>
			name === `localhost/debian-python/test:debbase-${KEY}` ? { release: "bullseye" } : undefined,
		);
		expect(
			await lines("localhost/debian-python/test", former("localhost/debian-python/test", KEY)),
		).toEqual([
			"debbase: build (0123456789ab): release bullseye -> bookworm",
			`package: build (0123456789ab): ${KEY} is deployed, which is not here to compare with`,
		]);
		// Whatever else the daemon has.
		expect(docker.docker).not.toHaveBeenCalled();
	});

	it("is what one that is reused is compared with, if it is another", async () => {
		vi.mocked(docker.imageId).mockResolvedValue("sha256:1");
		vi.mocked(inputs.keyInputs).mockResolvedValue({ release: "bullseye" });
		const [debbase] = await lines(
			"localhost/debian-python/test",
			former("localhost/debian-python/test", KEY),
		);
		expect(debbase).toBe("debbase: reused (0123456789ab): release bullseye -> bookworm");
	});

	it("is itself, where the artefact is there in versions", async () => {
		vi.mocked(docker.imageId).mockResolvedValue("sha256:1");
		vi.mocked(inputs.keyInputs).mockResolvedValue({ release: "bullseye" });
		const repository = "localhost/debian-python/test";
		const { deployed, ...state } = former(repository, KEY);
		const second = { name: `${repository}:debbase-0123456789ab`, key: "0123456789ab" };
		const own = new Map([...deployed, ["debbase-0123456789ab", second] as const]);
		const [debbase] = await lines(repository, { deployed: own, ...state });
		expect(debbase).toBe("debbase: reused (0123456789ab)");
	});

	it("is told where it is lost, and not called another", async () => {
		vi.mocked(docker.imageId).mockResolvedValue(undefined);
		const own = former("localhost/debian-python/test", "0123456789ab");
		expect(await lines("localhost/debian-python/test", own)).toEqual([
			"debbase: build (0123456789ab): it was deployed, and is lost",
			"package: build (0123456789ab): it was deployed, and is lost",
		]);
		const registry = "registry.example/team/python";
		const pushed = former(
			registry,
			"0123456789ab",
			new Map([
				[`${registry}:debbase-0123456789ab`, "daemon"],
				[`${registry}:package-0123456789ab`, "registry"],
			]),
		);
		expect(await lines(registry, pushed)).toEqual([
			"debbase: push (0123456789ab): the registry has lost it",
			"package: reused (0123456789ab)",
		]);
		const unsigned = new Set([`${registry}:package-0123456789ab`]);
		expect((await lines(registry, { ...pushed, unsigned }))[1]).toBe(
			"package: reused (0123456789ab): signed again: the registry has lost its signature",
		);
	});

	it("is told from the same in another repository", async () => {
		vi.mocked(docker.imageId).mockResolvedValue(undefined);
		const [debbase] = await lines(
			"localhost/debian-python/test",
			former("localhost/debian-python/old", "0123456789ab"),
		);
		expect(debbase).toBe(
			"debbase: build (0123456789ab): localhost/debian-python/old -> localhost/debian-python/test",
		);
	});
});

/** What the daemon has, by image IDs, the newest first. */
function onDaemon(images: Readonly<Record<string, Partial<docker.InspectedImage>>>): void {
	vi.mocked(docker.imageId).mockResolvedValue(undefined);
	vi.mocked(docker.docker).mockResolvedValue(Object.keys(images).join("\n"));
	vi.mocked(docker.inspectImage).mockImplementation(async (id) => ({
		...({ Id: id, Architecture: "amd64" } as docker.InspectedImage),
		...images[id],
	}));
}

const labels = (inputs: object, title = "cpython3.13") => ({
	Config: {
		Labels: {
			"debian-python.inputs": JSON.stringify(inputs),
			"org.opencontainers.image.title": title,
		},
	},
});

it("compares with the nearest image of the daemon where nobody tells what was deployed", async () => {
	onDaemon({
		"sha256:2": labels({ release: "trixie", packages: "b" }),
		"sha256:1": labels({ release: "bookworm", packages: "a" }),
	});
	const [planned] = await planLines(
		[image("localhost/debian-python/test", "debbase")],
		[of("quick")],
	);
	expect(planned).toBe("debbase: build (0123456789ab): packages a -> none");
});

it("compares neither with what is for another platform nor with another Python's, but in its place", async () => {
	const inputs = { release: "bookworm", CONFIGURE_FLAGS: "--build" };
	const old = { release: "bookworm" };
	const packageOf = (suffix: string, platform = "linux/amd64"): StackImage => ({
		...image("localhost/debian-python/test", "package"),
		...{ artefact: `package${suffix}`, platform, inputs },
	});
	const why = async (planned: StackImage) =>
		(await planLines([planned], [of("quick")]))[0]?.split("): ")[1];
	const changed = "CONFIGURE_FLAGS none -> --build";
	onDaemon({ "sha256:1": labels(old) });
	expect(await why(packageOf("-arm64", "linux/arm64"))).toBe("there is none yet");
	expect(await why(packageOf("-3.12"))).toBe("there is none yet");
	expect(await why(packageOf("-3.13t"))).toBe("there is none yet");
	expect(await why(packageOf(""))).toBe(changed);
	onDaemon({ "sha256:1": { ...labels(old), Architecture: "arm64" } });
	expect(await why(packageOf("-arm64", "linux/arm64"))).toBe(changed);
	expect(await why(packageOf(""))).toBe("there is none yet");
	onDaemon({ "sha256:1": labels(old, "Python 3.15.0b1t") });
	expect(await why(packageOf("-3.15t"))).toBe(changed);
	expect(await why(packageOf("-3.15"))).toBe("there is none yet");
});
