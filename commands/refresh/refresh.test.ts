import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StepError } from "../../components/step/error.ts";
import { record } from "../../tests/record.ts";
import { findNewer, type Sources, takeNewer } from "./refresh.ts";

vi.spyOn(console, "warn").mockImplementation(() => {});

const TODAY = new Date("2026-11-22T12:00:00Z");
const [OLD, NEW] = [`sha256:${"0".repeat(64)}`, `sha256:${"1".repeat(64)}`];

const root = process.cwd();
let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "refresh-"));
	copyFileSync("Pulumi.yaml", join(folder, "Pulumi.yaml"));
	process.chdir(folder);
});
afterEach(() => {
	process.chdir(root);
	rmSync(folder, { recursive: true });
});

/** Sources that know nothing newer, but what is given. */
function sources(given: Partial<Sources> = {}): Sources {
	return {
		digest: async () => OLD,
		snapshot: async () => "20260101T000000Z",
		pip: async () => undefined,
		...given,
	};
}

/** Write the file of the stack test. */
function stack(...lines: string[]): string {
	const text = ["config:", ...lines.map((line) => `  debian-python:${line}`), ""].join("\n");
	writeFileSync("Pulumi.test.yaml", text);
	return text;
}

const file = () => readFileSync("Pulumi.test.yaml", "utf8");

/** Find what is newer, take it, and say what was found: `base newer`. */
async function refresh(given: Partial<Sources> = {}): Promise<string[]> {
	const findings = await findNewer("test", sources(given), TODAY);
	await takeNewer("test", findings, TODAY);
	return findings.map(({ what, state }) => `${what} ${state}`);
}

describe("a base", () => {
	const image = `base: debian:bookworm-slim@${OLD}`;
	const others = ["release: bookworm", 'pythonVersion: "3.13.15"'];

	it("that is the newest leaves the file alone", async () => {
		const before = stack(...others, image);
		expect(await refresh()).toEqual(["base current", "pythonVersion current", "pip current"]);
		expect(file()).toBe(before);
	});

	it("whose tag moved on gets the new digest", async () => {
		const before = stack(...others, image);
		const digest = vi.fn(async () => NEW);
		expect((await refresh({ digest }))[0]).toBe("base newer");
		expect(digest).toHaveBeenCalledWith({ path: "debian", tag: "bookworm-slim", digest: OLD });
		expect(file()).toBe(before.replace(OLD, NEW));
	});

	it.each([
		[
			"that is not pinned",
			"base: debian:bookworm-slim",
			/is not pinned: write debian:bookworm-slim@sha256:1/,
		],
		["without a tag", `base: debian@${OLD}`, /has no tag/],
		["of the catalog", undefined, /edit stacks\/debian\.ts$/],
	])("%s is reported", async (_, line, text) => {
		const before = stack(...others, ...(line === undefined ? [] : [line]));
		const [base] = await findNewer("test", sources({ digest: async () => NEW }), TODAY);
		expect(base).toMatchObject({ state: "report", text: expect.stringMatching(text) });
		await refresh({ digest: async () => NEW });
		expect(file()).toBe(before);
	});

	it("from the archive gets the newest moment, and none where it has none", async () => {
		const snapshot = async () => "20261121T000000Z";
		const before = stack(...others, "base: archive", "snapshot: 20260101T000000Z");
		expect((await refresh({ snapshot }))[0]).toBe("base newer");
		expect(file()).toBe(before.replace("20260101", "20261121"));
		const without = stack(...others, "base: archive");
		expect((await refresh({ snapshot }))[0]).toBe("base current");
		expect(file()).toBe(without);
	});

	it("that cannot be asked for does not keep the rest from being done", async () => {
		stack("release: bookworm", 'pythonVersion: "3.13.5"', image);
		const digest = async () => Promise.reject(new StepError("registry cannot be asked"));
		expect(await refresh({ digest })).toEqual([
			"base unknown",
			"pythonVersion newer",
			"pip current",
		]);
		expect(file()).toContain('"3.13.15"');
		expect(file()).toContain(OLD);
	});

	it("that the program would refuse is not written", async () => {
		const before = stack(...others, "base: archive", "snapshot: 20260101T000000Z");
		await expect(refresh({ snapshot: async () => "20991231T000000Z" })).rejects.toThrow(
			/snapshot: "20991231T000000Z" is in the future/,
		);
		expect(file()).toBe(before);
	});

	it("that is new compiles nothing: the package stays", async () => {
		stack(...others, image);
		const config = { release: "bookworm", pythonVersion: "3.13.15" };
		const names = async () => {
			const base = /base: (.+)/.exec(file())?.[1] ?? "";
			process.chdir(root);
			const resources = await record({ ...config, base });
			process.chdir(folder);
			return (name: string) => resources.get(name)?.inputs.environment.IMAGE as string;
		};
		const former = await names();
		await refresh({ digest: async () => NEW });
		const newer = await names();
		expect(newer("package-build")).toMatch(/:package-/);
		expect(newer("package-build")).toBe(former("package-build"));
		expect(newer("python-image-commit")).not.toBe(former("python-image-commit"));
	});
});

describe("a Python", () => {
	it("moves to the newest of its series, and its package release starts again", async () => {
		const before = stack("release: bookworm", 'pythonVersion: "3.13.5"', "packageRelease: 4");
		expect((await refresh())[1]).toBe("pythonVersion newer");
		expect(file()).toBe(before.replace("3.13.5", "3.13.15").replace(": 4", ": 1"));
	});

	it("that was newer than the catalog's loses its hash once the catalog has a newer one", async () => {
		const hash = `sourceSha256: ${"a".repeat(64)}`;
		const before = stack("release: bookworm", 'pythonVersion: "3.13.9"', hash, "profile: quick");
		await refresh();
		expect(file()).toBe(
			before.replace("3.13.9", "3.13.15").replace(`  debian-python:${hash}\n`, ""),
		);
		const ahead = stack("release: bookworm", 'pythonVersion: "3.13.99"', hash);
		expect((await refresh())[1]).toBe("pythonVersion current");
		expect(file()).toBe(ahead);
	});
});

it("finds each Python of a list in its place", async () => {
	const before = stack(
		"release: bookworm",
		"pythons:",
		'  - version: "3.13.15"',
		'  - {version: "3.11.2", packageRelease: 3}',
	).replaceAll("debian-python:  ", "    ");
	writeFileSync("Pulumi.test.yaml", before);
	expect(await refresh()).toEqual([
		"base report",
		"pythons[0].version current",
		"pip current",
		"pythons[1].version newer",
		"pip current",
	]);
	expect(file()).toBe(before.replace("3.11.2", "3.11.16").replace(": 3}", ": 1}"));
});

it("takes the newest into both entries of a Python that has the image minimal beside python", async () => {
	const before = stack(
		"release: bookworm",
		"pythons:",
		'  - version: "3.11.2"',
		'  - version: "3.13.15"',
		'  - {version: "3.11.2", variant: minimal}',
	).replaceAll("debian-python:  ", "    ");
	writeFileSync("Pulumi.test.yaml", before);
	expect(await refresh()).toEqual([
		...["base report", "pythons[0].version newer", "pythons[2].version newer", "pip current"],
		...["pythons[1].version current", "pip current"],
	]);
	expect(file()).toBe(before.replaceAll("3.11.2", "3.11.16"));
});

it("reports a pip, with what to write, and edits no catalog", async () => {
	const before = stack("release: bookworm", 'pythonVersion: "3.13.15"');
	const pip = vi.fn(async () => ({ version: "99.0", sha256: "b".repeat(64) }));
	const findings = await findNewer("test", sources({ pip }), TODAY);
	expect(pip).toHaveBeenCalledWith("3.13");
	expect(findings[2]).toMatchObject({
		state: "report",
		text: expect.stringMatching(/-> 99\.0 for 3\.13: edit stacks\/cpython\.ts; .*: b{64}$/),
	});
	await refresh({ pip });
	expect(file()).toBe(before);
});
