import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { plannedPythons } from "../../infra/plan.ts";
import { COLUMNS } from "../../local/text.ts";
import { cpythonSeries, newestRelease } from "../../stacks/cpython.ts";
import { codenames } from "../../stacks/debian.ts";
import { rotation, type Side } from "../../stacks/rotation.ts";
import { ConfigError } from "../../stacks/settings.ts";
import { readPlans } from "./config.ts";
import { planText } from "./lines.ts";
import { type ArtefactPlan, planStack, sideOf } from "./plan.ts";

const NOW = new Date("2026-11-22T12:00:00Z");

// No daemon answers: what is known without one must be told.
beforeEach(() => {
	vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:9");
	vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
});
afterEach(() => {
	vi.unstubAllEnvs();
	vi.useRealTimers();
});

/** What changes of each artefact: an empty text for what stays. */
async function changes(stack: string, ...sets: string[]): Promise<Record<string, string>> {
	const { artefacts } = await planStack(stack, sets);
	return Object.fromEntries(artefacts.map(({ artefact, changes }) => [artefact, changes]));
}

describe("a plan without a Docker daemon", () => {
	it("of another release tells all but what is built already", async () => {
		const plan = await planStack("bookworm", ["release=trixie"]);
		expect(plan.edits).toEqual([
			{
				key: "base",
				before: expect.stringMatching(/^debian:bookworm-slim@sha256:/),
				after: expect.stringMatching(/^debian:trixie-slim@sha256:/),
			},
			{ key: "release", before: "bookworm", after: "trixie" },
		]);
		expect(plan.artefacts.map(({ artefact, fate }) => `${artefact}: ${fate}`)).toEqual([
			"debbase: unknown",
			"pybuild: unknown",
			"package: unknown",
			"python: unknown",
			"wheelbuild: unknown",
		]);
		expect(plan.artefacts[0]?.problem).toMatch(/Docker daemon .* cannot be reached/);
		expect(plan.compiles).toBeNull();
		expect(plan.pythons[0]?.rotation?.versions).toContainEqual({
			what: "glibc",
			before: "2.36",
			after: "2.41",
		});
		expect(planText(plan)).toMatch(/^ {2}package +cannot tell: DEBIAN_NUMBER 12 -> 13/m);
	});

	it("of several platforms asks of each image the daemon that makes it", async () => {
		const platforms = 'platforms=["linux/amd64", "linux/arm64"]';
		const hosts = 'dockerHosts=[{"platform": "linux/arm64", "host": "tcp://127.0.0.1:10"}]';
		const { artefacts } = await planStack("bookworm", [platforms, hosts]);
		const problemOf = (name: string) => artefacts.find((each) => each.artefact === name)?.problem;
		expect(problemOf("debbase")).toMatch(/127\.0\.0\.1:9\b/);
		expect(problemOf("debbase-arm64")).toMatch(/127\.0\.0\.1:10\b/);
	});

	it("of another base tells that the package stays, and that nothing changes for users", async () => {
		const base = `base=debian:bookworm-slim@sha256:${"0".repeat(64)}`;
		expect(await changes("bookworm", base)).toEqual({
			debbase: "base changed",
			pybuild: "debbase changed",
			package: "",
			python: "debbase changed",
			wheelbuild: "python changed",
		});
		expect((await planStack("bookworm", [base])).pythons[0]?.rotation).toBeNull();
	});

	it("of a stack whose registry cannot be asked for tells what changes all the same", async () => {
		vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
		vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent");
		vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
		const plan = await planStack("bookworm", ["registry=ecr", "packageRelease=2"]);
		expect(plan.artefacts[2]).toMatchObject({
			artefact: "package",
			fate: "unknown",
			changes: "PACKAGE_RELEASE 1 -> 2",
			problem: expect.stringMatching(/^AWS does not give or take your AWS (account|region): /),
		});
	});

	it("tells what would be published for apt", async () => {
		const sets = [`aptRepository=/nonexistent/apt`, `aptKeys=["${"0".repeat(40)}"]`];
		const plan = await planStack("bookworm", [...sets, "pythonVersion=3.13.5"]);
		expect(planText(plan)).toMatch(
			/^ {2}apt +publish: bookworm: cpython3\.13 3\.13\.5-1\+deb12 \(amd64\)$/m,
		);
		expect((await planStack("bookworm", [])).apt).toEqual([]);
	});

	it("of nothing changes nothing", async () => {
		expect(new Set(Object.values(await changes("local")))).toEqual(new Set([""]));
	});

	it("of a stack whose support has ended meanwhile compares all the same", async () => {
		vi.setSystemTime(new Date("2029-01-01"));
		const plan = await planStack("bookworm", ["release=trixie"]);
		expect(plan.pythons[0]?.rotation?.versions[0]).toMatchObject({ before: "bookworm (12)" });
	});
});

describe("a base", () => {
	const planned = async (...sets: string[]) =>
		(await planStack("bookworm", sets)).edits.find(({ key }) => key === "base")?.after;

	it("that is given stays", async () => {
		const base = "registry.example/os/trixie:1";
		expect(await planned("release=trixie", `base=${base}`)).toBe(base);
	});

	it("of another release that is given is refused", async () => {
		await expect(
			planStack("bookworm", ["release=trixie", "base=debian:bullseye-slim"]),
		).rejects.toThrow(
			/base: "debian:bullseye-slim" is an image of bullseye, but release is trixie/,
		);
	});

	it("from the archive stays one", async () => {
		expect((await planStack("local", ["release=trixie"])).edits).toEqual([
			{ key: "release", before: "bookworm", after: "trixie" },
		]);
	});
});

describe("values that are refused", () => {
	it.each([
		["pythonVersion=3.1", /YAML reads an unquoted 3\.10 as 3\.1/],
		["release=bookwurm", /release: "bookwurm" is not a Debian release.*write release: bookworm/],
		["pythonversion=3.13.5", /pythonversion: .* write pythonVersion/],
	])("%s", async (set, message) => {
		await expect(planStack("bookworm", [set])).rejects.toThrow(message);
	});

	it("are refused with the nearest that work, whatever is wrong", async () => {
		const refused = planStack("stretch", ["pythonVersion=3.13.5"]);
		await expect(refused).rejects.toBeInstanceOf(ConfigError);
		await expect(refused).rejects.toThrow(
			/CPython 3\.13 needs OpenSSL 1\.1\.1; stretch has 1\.1\.0.*write pythonVersion: "3\.9\.25"/,
		);
	});
});

it("fits the columns, whatever the rotation", () => {
	const artefacts: ArtefactPlan[] = ["package", "wheelbuild"].map((artefact) => ({
		artefact,
		key: "0123456789ab",
		fate: "unknown",
		changes: "PYTHON_VERSION 3.13.15 -> 3.15.0rc1, SOURCE_SHA256 changed, ".repeat(4),
		problem: "the registry 123456789012.dkr.ecr.eu-central-1.amazonaws.com failed; ".repeat(3),
	}));
	const versions = cpythonSeries.map((series) => newestRelease(series).version);
	const sets = codenames.flatMap((release) =>
		versions.map((version) => [`release=${release}`, `pythonVersion=${version}`]),
	);
	const plans = sets.flatMap((set) => accepted(() => readPlans("bullseye", set)));
	expect(plans.length).toBeGreaterThan(20);
	for (const { before, after, edits } of plans) {
		const { warnings } = after.settings;
		const [side, ...others] = [before, after].flatMap((planned) =>
			planned ? sideOf(planned, planned.settings.pythons[0]) : [],
		) as [Side, ...Side[]];
		const between = others.map((other) => rotation(side, other) ?? null)[0] ?? null;
		const told = plannedPythons(after.settings).map((python) => ({ ...python, rotation: between }));
		const plan = { edits, artefacts, warnings, pythons: told };
		const lines = planText({ stack: "bullseye", apt: [], compiles: null, ...plan }).split("\n");
		for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(COLUMNS);
	}
});

/** What is returned, or nothing where the config is refused. */
function accepted<T>(read: () => T): T[] {
	try {
		return [read()];
	} catch (error) {
		if (error instanceof ConfigError) return [];
		throw error;
	}
}

describe("npm run plan", () => {
	const run = (...args: string[]) =>
		spawnSync("node", ["commands/plan/main.ts", ...args], { encoding: "utf8" });

	it("prints the same as JSON, and edits nothing", async () => {
		const before = readFileSync("Pulumi.bookworm.yaml");
		const { status, stdout, stderr } = run("-s", "bookworm", "--set", "release=trixie", "--json");
		expect([status, stderr]).toEqual([0, ""]);
		expect(JSON.parse(stdout)).toEqual(await planStack("bookworm", ["release=trixie"]));
		expect(readFileSync("Pulumi.bookworm.yaml")).toEqual(before);
		expect(execFileSync("git", ["status", "--short", "Pulumi.*"], { encoding: "utf8" })).toBe("");
	});

	it("shows a refusal without a stack trace, and as JSON", () => {
		const { status, stdout, stderr } = run(
			"-s",
			"jessie",
			"--set",
			"pythonVersion=3.7.17",
			"--json",
		);
		expect(status).toBe(1);
		expect(stderr).toMatch(
			/^error: the config of stack "jessie" has one problem:\n {2}pythonVersion/,
		);
		expect(stderr).not.toMatch(/^ +at /m);
		expect(JSON.parse(stdout)).toMatchObject({
			stack: "jessie",
			problems: [{ key: "pythonVersion", remedy: expect.stringContaining('"3.6.15"') }],
		});
	});

	it.each([
		[["--set", "release"], /^error: "release": there is no key; write key=value\n$/],
		[["--release=trixie"], /^error: .*--release.*; see npm run plan -- --help\n$/],
	])("%j is one line", (args, message) => {
		const { status, stderr } = run(...args);
		expect(status).toBe(1);
		expect(stderr).toMatch(message);
	});
});
