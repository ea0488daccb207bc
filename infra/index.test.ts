import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { debianReleases } from "../stacks/debian.ts";
import {
	ARCHIVE_CHANGES,
	CHANGES,
	type Change,
	IMAGE_CHANGES,
	type Operation,
	type Steps,
} from "../tests/changes.ts";
import { CONFIG, type Recorded, record } from "../tests/record.ts";

vi.spyOn(console, "warn").mockImplementation(() => {});

const root = process.cwd();
afterEach(() => {
	vi.useRealTimers();
	process.chdir(root);
});

/** What the engine would do to get from one run of the program to another. */
function steps(before: Map<string, Recorded>, after: Map<string, Recorded>): Steps {
	const names = [...new Set([...before.keys(), ...after.keys()])];
	return Object.fromEntries(
		names.flatMap((name) => {
			const step = operation(before.get(name), after.get(name));
			return step === undefined ? [] : [[name, step]];
		}),
	);
}

function operation(before?: Recorded, after?: Recorded): Operation | undefined {
	if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
	if (before === undefined) return "create";
	if (after === undefined) return "delete";
	return before.type === "docker:index/remoteImage:RemoteImage" ? "replace" : "update";
}

/** Record the program after a change; a changed file is one of a copy, from which it then runs. */
async function recordChanged(
	before: Record<string, string>,
	{ config = {}, file }: Change,
): Promise<Map<string, Recorded>> {
	if (file === undefined) return record({ ...before, ...config });
	const copy = mkdtempSync(join(tmpdir(), "debian-python-recipe-"));
	try {
		execFileSync("cp", ["-R", "components", "README.md", copy]);
		appendFileSync(join(copy, file), "# changed\n");
		process.chdir(copy);
		return await record({ ...before, ...config });
	} finally {
		process.chdir(root);
		rmSync(copy, { recursive: true });
	}
}

describe("the program", () => {
	it("registers one resource for each thing that is made", async () => {
		const resources = await record(CONFIG);
		expect([...resources.values()].map(({ type, name }) => `${name} ${type}`)).toEqual([
			"debbase-image docker:index/remoteImage:RemoteImage",
			"pybuild-image docker:index/remoteImage:RemoteImage",
			"package-build command:local:Command",
			"package-sbom command:local:Command",
			"python-image-commit command:local:Command",
			"python-image-sbom command:local:Command",
			"wheelbuild-image-commit command:local:Command",
			"wheelbuild-image-sbom command:local:Command",
		]);
	});

	it("bootstraps the base where the config says archive", async () => {
		const resources = await record({ ...CONFIG, base: "archive" });
		expect([...resources.keys()][0]).toBe("base-bootstrap");
		const image = resources.get("base-bootstrap")?.inputs.environment.IMAGE;
		expect(resources.get("debbase-image")?.inputs.build.buildArgs.BASE).toBe(image);
	});

	it("pushes every image where the stack has a registry: each once, caches and aliases as they move", async () => {
		// Nothing listens there: whether it wants credentials cannot be seen.
		const resources = await record({ ...CONFIG, registry: "127.0.0.1:9/team/python" });
		const pushes = [...resources].filter(([name]) => name.endsWith("-push"));
		const tag = (name: string) =>
			name.slice(name.lastIndexOf(":") + 1).replace(/[0-9a-f]{12}$/, "");
		const seen = pushes.map(([, { inputs }]) => {
			const { IMAGE, KIND, ALIASES } = inputs.environment;
			return [tag(IMAGE), KIND, ...(JSON.parse(ALIASES) as string[]).map(tag)].join(" ");
		});
		expect(seen).toEqual([
			"debbase- cache",
			"pybuild- cache builder-",
			"package- published",
			"python-3.13.5-r1- published python-3.13.5 python-3.13",
			"wheelbuild-3.13.5-r1- published buildwheel-",
		]);
	});

	describe.each(["jessie", "stretch", "buster"] as const)("of the archived %s", (release) => {
		const { signingKeys } = debianReleases[release];
		const pythonVersion = { jessie: "3.6.15", stretch: "3.9.25", buster: "3.11.16" }[release];
		const config = { release, pythonVersion, allowUnsupported: "true" };

		it("trusts the release's own keys, in the bootstrap and in the images", async () => {
			const resources = await record({ ...config, base: "archive" });
			const { environment } = resources.get("base-bootstrap")?.inputs ?? {};
			expect(JSON.parse(environment.FROZEN_KEYS)).toEqual(signingKeys);
			expect(environment.SOURCES).toContain("archive.debian.org/debian ");
			for (const base of ["archive", `debian/eol:${release}-slim`]) {
				const debbase = (await record({ ...config, base })).get("debbase-image")?.inputs.build;
				expect(debbase.buildArgs.FROZEN_KEYS.split(" ")).toEqual(signingKeys);
			}
		});

		it("fetches the source on this machine where the release's TLS is too old", async () => {
			const build = (await record({ ...config, caBundle: "/etc/hostname" })).get("package-build");
			const { SOURCE_URL, NODE_EXTRA_CA_CERTS } = build?.inputs.environment ?? {};
			const isOld = release !== "buster";
			expect(SOURCE_URL?.endsWith(`/Python-${pythonVersion}.tar.xz`)).toBe(isOld || undefined);
			expect(NODE_EXTRA_CA_CERTS).toBe(isOld ? "/etc/hostname" : undefined);
		});
	});

	it("forgives no key of a live release, but of a moment of it", async () => {
		const archive = { ...CONFIG, base: "archive" };
		const keysOf = async (config: Record<string, string>) => {
			const resources = await record(config);
			const environment = resources.get("base-bootstrap")?.inputs.environment;
			const { buildArgs } = resources.get("debbase-image")?.inputs.build ?? {};
			return [environment.FROZEN_KEYS, environment.CREATED, buildArgs.FROZEN_KEYS];
		};
		const { signingKeys } = debianReleases.bookworm;
		expect(await keysOf(archive)).toEqual(["[]", undefined, ""]);
		expect(await keysOf({ ...archive, snapshot: "20260102T030405Z" })).toEqual([
			JSON.stringify(signingKeys),
			"2026-01-02T03:04:05Z",
			signingKeys.join(" "),
		]);
	});

	it("gives every step a constant command line, whatever the config", async () => {
		const resources = await record({ ...CONFIG, caBundle: "/etc/hostname", packageRelease: "7" });
		const commands = [...resources.values()].flatMap(({ inputs }) => inputs.create ?? []);
		expect(commands).toEqual([
			"exec node components/package/build.ts",
			"exec node components/sbom/run.ts",
			"exec node components/commit/run.ts",
			"exec node components/sbom/run.ts",
			"exec node components/commit/run.ts",
			"exec node components/sbom/run.ts",
		]);
	});

	it("publishes the .debs of all Pythons in one suite", async () => {
		const pythons = JSON.stringify([{ version: "3.13.5" }, { version: "3.11.2" }]);
		const { pythonVersion: _, ...rest } = CONFIG;
		const before = await record({ ...rest, pythons });
		const apt = { aptRepository: "s3", aptKeys: `["${"0".repeat(40)}"]` };
		const after = await record({ ...rest, ...apt, pythons });
		// That is all: no key knows of it.
		expect(Object.keys(steps(before, after))).toEqual(["apt-bucket", "apt-access", "apt-publish"]);
		const name = "debian-python-apt-123456789012-eu-north-1";
		expect(after.get("apt-bucket")?.inputs).toEqual({ bucket: name, forceDestroy: false });
		const { environment } = after.get("apt-publish")?.inputs ?? {};
		expect(environment).toMatchObject({
			...{ PLACE: `s3://${name}`, REGION: "eu-north-1", SUITE: "bookworm" },
			...{ KEEP_DAYS: "365", VALID_DAYS: "30", KEYS: `["${"0".repeat(40)}"]` },
		});
		expect(JSON.parse(environment.IMAGES)).toEqual({
			"cpython3.13 3.13.5-1+deb12 (amd64)": after.get("package-build")?.inputs.environment.IMAGE,
			"cpython3.11 3.11.2-1+deb12 (amd64)":
				after.get("package-3.11-build")?.inputs.environment.IMAGE,
		});
		const both = await record({ ...CONFIG, ...apt, platforms: '["linux/amd64","linux/arm64"]' });
		expect([...both.keys()].filter((each) => each.startsWith("apt-"))).toEqual([
			...["apt-bucket", "apt-access", "apt-publish", "apt-arm64-publish"],
		]);
		const { IMAGES, PLATFORM } = both.get("apt-arm64-publish")?.inputs.environment ?? {};
		expect(PLATFORM).toBe("linux/arm64");
		expect(Object.keys(JSON.parse(IMAGES))).toEqual(["cpython3.13 3.13.5-1+deb12 (arm64)"]);
		const elsewhere = await record({ ...CONFIG, ...apt, aptRepository: "s3://team-apt" });
		expect([...elsewhere.keys()].filter((each) => each.startsWith("apt-"))).toEqual([
			"apt-publish",
		]);
	});

	it("names every image by its repository, artefact and key", async () => {
		const resources = await record(CONFIG);
		const names = [...resources.values()].map(
			({ inputs }) => inputs.name ?? inputs.environment.IMAGE,
		);
		const key = "-[0-9a-f]{12}$";
		for (const [index, artefact] of [
			"debbase",
			"pybuild",
			"package",
			"package",
			"python-3.13.5-r1",
			"python-3.13.5-r1",
			"wheelbuild-3.13.5-r1",
			"wheelbuild-3.13.5-r1",
		].entries()) {
			expect(names[index]).toMatch(new RegExp(`^localhost/debian-python/test:${artefact}${key}`));
		}
	});
});

describe("a preview is exact", () => {
	const archive = { ...CONFIG, base: "archive" };

	describe.each([
		["an image", CONFIG, [...CHANGES, ...IMAGE_CHANGES]],
		["the archive", archive, [...CHANGES, ...ARCHIVE_CHANGES]],
	])("with a base from %s", (_, config, changes) => {
		it.each(changes)("a change of $what", async (change) => {
			expect(steps(await record(config), await recordChanged(config, change))).toEqual(
				change.steps,
			);
		});
	});

	it("neither the clock nor the machine's proxy certificates take part in a key", async () => {
		const before = await record(CONFIG);
		vi.useFakeTimers({ now: new Date("2027-06-01"), toFake: ["Date"] });
		expect(steps(before, await record(CONFIG))).toEqual({});
		const names = (resources: Map<string, Recorded>) =>
			[...resources.values()].map(({ inputs }) => inputs.name ?? inputs.environment.IMAGE);
		const proxied = await record({ ...CONFIG, caBundle: "/etc/hostname" });
		expect(names(proxied)).toEqual(names(before));
	});

	it("another checkout gives the same: other path, other umask, a touched README", async () => {
		const before = await record(archive);
		const copy = mkdtempSync(join(tmpdir(), "other checkout-"));
		try {
			execFileSync("sh", ["-c", 'umask 077; cp -R components infra stacks "$1"', "sh", copy]);
			appendFileSync(join(copy, "README.md"), "touched\n");
			process.chdir(copy);
			expect(steps(before, await record(archive))).toEqual({});
		} finally {
			rmSync(copy, { recursive: true });
		}
	});
});
