import { afterEach, describe, expect, it, vi } from "vitest";
import { type FakeOsv, osvRecords, startOsv } from "../../tests/osv.ts";
import { askOsv, type Patience } from "./api.ts";
import type { OsvPackage, OsvRecord } from "./osv.ts";

const all = Object.values(osvRecords).flat();
const glibc: OsvPackage = { ecosystem: "Debian:12", name: "glibc", version: "2.36-9+deb12u14" };
const cpython: OsvPackage = {
	ecosystem: "GIT",
	name: "https://github.com/python/cpython",
	version: "v3.13.5",
};
const tzdata: OsvPackage = { ecosystem: "Debian:12", name: "tzdata", version: "2025b-0+deb12u2" };
const once: Patience = { timeout: 5_000, retries: 0 };

let osv: FakeOsv;
afterEach(async () => {
	vi.unstubAllEnvs();
	await osv?.stop();
});

async function serve(records: readonly OsvRecord[] = all): Promise<void> {
	osv = await startOsv(records);
	vi.stubEnv("OSV_API_URL", `${osv.url}/`);
}

const idsOf = (matches: Awaited<ReturnType<typeof askOsv>>, key: string) =>
	matches.get(key)?.map(({ id }) => id);

describe("OSV is asked", () => {
	it("in one batch, then for each record once; nothing found is an empty list", async () => {
		await serve();
		const matches = await askOsv([tzdata, cpython], once);
		expect(osv.batches).toEqual([
			[
				{ package: { ecosystem: "Debian:12", name: "tzdata" }, version: "2025b-0+deb12u2" },
				{ package: { ecosystem: "GIT", name: cpython.name }, version: "v3.13.5" },
			],
		]);
		expect(idsOf(matches, "Debian:12/tzdata@2025b-0+deb12u2")).toEqual([]);
		expect(idsOf(matches, `GIT/${cpython.name}@v3.13.5`)).toEqual(["PSF-2026-1", "PSF-2026-2"]);
		expect(osv.ids.sort()).toEqual(["PSF-2026-1", "PSF-2026-2"]);
	});

	it("for further pages of those queries alone that have them", async () => {
		await serve();
		const matches = await askOsv([cpython, glibc], once);
		expect(idsOf(matches, "Debian:12/glibc@2.36-9+deb12u14")).toEqual([
			"DEBIAN-CVE-2026-1001",
			"DEBIAN-CVE-2026-1002",
			"DSA-6001-1",
		]);
		expect(osv.batches.map((queries) => queries.map((query) => query.page_token))).toEqual([
			[undefined, undefined],
			["P:2"],
		]);
		expect(osv.batches[1]?.[0]?.package?.name).toBe("glibc");
	});

	it("in batches of a thousand", async () => {
		await serve();
		const many = Array.from({ length: 2500 }, (_, index) => ({ ...tzdata, version: `${index}` }));
		const matches = await askOsv([...many, cpython], once);
		expect(osv.batches.map((queries) => queries.length)).toEqual([1000, 1000, 501]);
		expect(idsOf(matches, `GIT/${cpython.name}@v3.13.5`)).toHaveLength(2);
	});

	it("again after a failure that may pass", async () => {
		await serve();
		osv.faults.push(503);
		const matches = await askOsv([cpython], { ...once, retries: 1 });
		expect(idsOf(matches, `GIT/${cpython.name}@v3.13.5`)).toHaveLength(2);
	});

	it("and a record that was taken back meanwhile is known by its id", async () => {
		await serve();
		// The batch is answered, its records are not there.
		osv.faults.push({ body: JSON.stringify({ results: [{ vulns: [{ id: "GONE-1" }] }] }) });
		const matches = await askOsv([tzdata], once);
		expect(matches.get("Debian:12/tzdata@2025b-0+deb12u2")).toEqual([{ id: "GONE-1" }]);
	});
});

describe("no answer is an error, with the remedy", () => {
	it.each([
		["a failure that lasts", [500], /\/v1\/querybatch answers 500 .*--offline FOLDER$/],
		["a refusal", [403], /\/v1\/querybatch answers 403; /],
		["a page of a proxy", [{ body: "<html>" }], /answers 200 and nothing to read; /],
		["fewer results than queries", [{ body: '{"results":[]}' }], /0 results for 1 queries; /],
		["null", [{ body: "null" }], /no results for 1 queries; /],
		["silence", [{ silent: 60_000 }], /cannot be asked \(.*(timeout|aborted).*\); /],
	] as const)("%s", async (_, faults, message) => {
		await serve();
		osv.faults.push(...faults);
		await expect(askOsv([tzdata], { timeout: 300, retries: 0 })).rejects.toThrow(message);
	});

	it("pages without end", async () => {
		await serve();
		const endless = { body: '{"results":[{"next_page_token":"P:0"}]}' };
		osv.faults.push(...Array.from({ length: 200 }, () => endless));
		await expect(askOsv([tzdata], once)).rejects.toThrow(/100 pages, and more to come/);
	});

	it("nobody there", async () => {
		vi.stubEnv("OSV_API_URL", "http://127.0.0.1:9");
		await expect(askOsv([tzdata], once)).rejects.toThrow(
			/^http:\/\/127\.0\.0\.1:9 cannot be asked \(.+\); check the network and its proxy/,
		);
	});
});
