import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Version } from "@cyclonedx/cyclonedx-library/Spec";
import { JsonStrictValidator } from "@cyclonedx/cyclonedx-library/Validation";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { OsvRecord } from "../../commands/audit/osv.ts";
import { type FakeOsv, osvRecords, startOsv, writeDumps } from "../osv.ts";
import { Checkout } from "./checkout.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * npm run audit of real images, beside an OSV that is played here, and beside none.
 */

const MINUTE = 60_000;
const NOBODY = "http://127.0.0.1:9";
let checkout: Checkout;
let osv: FakeOsv;

/** What the images have in whichever version, so that a new one of Debian changes nothing here. */
const records: OsvRecord[] = [
	always("CVE-2026-1", "Debian:12", "glibc", "999-1"),
	always("CVE-2026-2", "Debian:12", "bash"),
	always("CVE-2026-3", "PyPI", "pip", "999.0"),
	...osvRecords.bitnami,
	...osvRecords.git,
];

function always(id: string, ecosystem: string, name: string, fixed?: string): OsvRecord {
	const events = [{ introduced: "0" }, ...(fixed === undefined ? [] : [{ fixed }])];
	const ranges = [{ type: "ECOSYSTEM" as const, events }];
	const database_specific = { severity: "CRITICAL" };
	return { id, affected: [{ package: { ecosystem, name }, ranges }], database_specific };
}

beforeAll(async () => {
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	await checkout.build();
	osv = await startOsv(records);
}, 20 * MINUTE);
afterEach(() => rmSync(join(checkout.folder, "osv-scanner.toml"), { force: true }));
afterAll(async () => {
	await osv?.stop();
	checkout?.remove();
});

function audit(args: readonly string[] = [], api = osv.url) {
	return execa("node", ["commands/audit/main.ts", "--stack", checkout.stack, ...args], {
		cwd: checkout.folder,
		env: { OSV_API_URL: api },
		reject: false,
	});
}

describe("the images of a stack", () => {
	it("are told by the way out, without wheelbuild", async () => {
		const { stdout, stderr, exitCode } = await audit();
		expect([exitCode, stderr.replaceAll(/^.*==> .*\n?/gm, "")]).toEqual([0, expect.any(String)]);
		expect(stdout).toMatch(/^ {2}images +python, package$/m);
		expect(stdout).toMatch(/^ {2}critical +CVE-2026-1 +glibc \S+ +-> 999-1 +python$/m);
		expect(stdout).toMatch(/^ {2}critical +CVE-2026-3 +pip \S+ +-> 999\.0 +python$/m);
		expect(stdout).toMatch(
			/^ {2}critical +CVE-2026-3 +pip \S+ in CPython 3\.13\.5 +-> 999\.0 +python, package$/m,
		);
		expect(stdout).toMatch(
			/^ {2}high 7\.5 +CVE-2026-3001 +CPython 3\.13\.5 +-> 3\.13\.8 +python, package$/m,
		);
		expect(stdout).toMatch(
			/^ {2}unknown +CVE-2026-3002 +CPython 3\.13\.5 +python\/cpython@b{12} +python, package$/m,
		);
		expect(stdout).toMatch(/^ {2}bash \S+ +1 critical$/m);
		// Each package once, by its source.
		const asked = osv.batches[0] ?? [];
		expect(asked.filter((query) => query.package?.name === "glibc")).toHaveLength(1);
		expect(asked.map((query) => query.package?.name)).not.toContain("libc6");
	});

	it("are told alike by the dumps, with nobody to ask; and wheelbuild, which is named", async () => {
		const folder = join(checkout.folder, "dumps");
		const of = (ecosystem: string) =>
			records.filter(({ affected }) => affected?.[0]?.package?.ecosystem.startsWith(ecosystem));
		const dumps = {
			Debian: of("Debian"),
			PyPI: of("PyPI"),
			Bitnami: of("Bitnami"),
			GIT: osvRecords.git,
		};
		await writeDumps(folder, dumps);
		const args = ["--image", "python", "--image", "wheelbuild", "--json"];
		const [offline, online] = await Promise.all([
			audit([...args, "--offline", folder], NOBODY),
			audit(args),
		]);
		const told = (stdout: string) => ({ ...(JSON.parse(stdout) as object), source: "" });
		expect(told(offline.stdout)).toEqual(told(online.stdout));
		expect(told(online.stdout)).toMatchObject({ images: ["python", "wheelbuild"] });
	});

	it("lack what their own patches resolve, as their SBOMs say", async () => {
		const folder = join(checkout.folder, "packages", checkout.stack);
		const files = globSync("{python-,cpython}*.cdx.json", { cwd: folder });
		const pedigree = { patches: [{ type: "backport", resolves: [{ id: "CVE-2026-3002" }] }] };
		for (const file of files.map((name) => join(folder, name))) {
			const text = readFileSync(file, "utf8");
			onTestFinished(() => writeFileSync(file, text));
			const bom = JSON.parse(text) as { components: { name: string; pedigree?: object }[] };
			for (const component of bom.components)
				if (component.name === "CPython") component.pedigree = pedigree;
			writeFileSync(file, JSON.stringify(bom));
		}
		const { stdout } = await audit(["--vex", "vex.json"]);
		expect(stdout).toMatch(
			/^resolved by patches of its own .*\n {2}unknown +CVE-2026-3002 +CPython 3\.13\.5 .*python, package$/m,
		);
		expect(stdout).not.toMatch(/^own patch/m);
		const vex = JSON.parse(readFileSync(join(checkout.folder, "vex.json"), "utf8")) as {
			vulnerabilities: { id: string; analysis: { state: string } }[];
		};
		const resolved = vex.vulnerabilities.filter(
			({ analysis }) => analysis.state === "resolved_with_pedigree",
		);
		expect(resolved.map(({ id }) => id)).toEqual(["CVE-2026-3002"]);
	});

	it("fail a run by --fail-on, but for what is accepted, and are written as VEX", async () => {
		const failed = await audit(["--fail-on", "critical", "--vex", "vex.json"]);
		expect(failed.exitCode).toBe(1);
		const vex = readFileSync(join(checkout.folder, "vex.json"), "utf8");
		expect(await new JsonStrictValidator(Version.v1dot6).validate(vex)).toBeNull();
		const entries = ["CVE-2026-1", "CVE-2026-2", "CVE-2026-3", "CVE-2026-4"].map(
			(id) => `[[IgnoredVulns]]\nid = "${id}"\nignoreUntil = 2999-01-01\nreason = "a test"\n`,
		);
		checkout.write("osv-scanner.toml", entries.join("\n"));
		const accepted = await audit(["--fail-on", "critical"]);
		expect(accepted.exitCode).toBe(0);
		expect(accepted.stdout).toMatch(/^accepted\n {2}critical +CVE-2026-1 .* a test +python$/m);
		expect(accepted.stdout).toContain("CVE-2026-4 is accepted, and no image has it");
	});
});

describe("without an answer", () => {
	it.each([
		["nobody there", [], NOBODY, /127\.0\.0\.1:9 cannot be asked \(.+; .*--offline FOLDER$/],
		[
			"no dumps",
			["--offline", "none"],
			NOBODY,
			/--offline "none" lacks Bitnami\/all\.zip, Debian\/all\.zip, /,
		],
		["no such image", ["--image", "pybuild"], NOBODY, /--image "pybuild": .*; known: python/],
		["a bad option", ["--fail-on", "bad"], NOBODY, /Allowed choices are low, /],
	])(
		"%s, it says so in a line and exits with status 2",
		async (_, args, api, message) => {
			const { exitCode, stdout, stderr } = await audit(args, api);
			expect([exitCode, stdout]).toEqual([2, ""]);
			expect(stderr.split("\n").at(-1)).toMatch(/^error: /);
			expect(stderr.split("\n").at(-1)).toMatch(message);
		},
		MINUTE,
	);

	it("the status of the stack says the number, or why not, and does not fail", async () => {
		const status = (api: string) =>
			execa("node", ["commands/status/main.ts"], {
				cwd: checkout.folder,
				env: { OSV_API_URL: api },
			});
		const [asked, silent] = await Promise.all([status(osv.url), status(NOBODY)]);
		const day = new Date().toISOString().slice(0, 10);
		expect(asked.stdout).toContain(`known vulnerabilities: 4 critical, 1 high, 1 unknown (${day})`);
		expect(silent.stdout).toMatch(
			/known vulnerabilities: not asked: http:\/\/127\.0\.0\.1:9 cannot/,
		);
	});
});
