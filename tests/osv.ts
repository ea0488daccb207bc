import { createWriteStream, mkdirSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import yazl from "yazl";
import { isAffected, type OsvPackage, type OsvRecord } from "../commands/audit/osv.ts";

/** What an OSV that is played here does in the ways of the real one, and what it was asked. */
export interface FakeOsv {
	readonly url: string;
	/** Bodies of the batches, and ids of the records, in the order in which they were asked for. */
	readonly batches: {
		package?: { ecosystem?: string; name?: string };
		version?: string;
		page_token?: string;
	}[][];
	readonly ids: string[];
	/** What the next requests are answered with, in place of the answer; a status, or how long nothing comes, in ms. */
	readonly faults: (number | { readonly silent: number } | { readonly body: string })[];
	stop(): Promise<void>;
}

/** Vulnerabilities on a page of an answer: the real one has 1000. */
const PAGE = 2;

/**
 * OSV's API, as osv.dev's proto/v1/osv_service_v1.proto and docs/api have it: batches of at most 1000
 * queries answered by ids in pages, whose last has no token; a result without vulnerabilities is an
 * empty object; records by id.
 */
export async function startOsv(records: readonly OsvRecord[]): Promise<FakeOsv> {
	const fake = {
		batches: [] as FakeOsv["batches"],
		ids: [] as string[],
		faults: [] as FakeOsv["faults"],
	};
	const answer = async (request: IncomingMessage, response: ServerResponse) => {
		const body = await text(request);
		const fault = fake.faults.shift();
		const send = (status: number, content: unknown) => {
			response.writeHead(status, { "content-type": "application/json" });
			response.end(typeof content === "string" ? content : JSON.stringify(content));
		};
		if (typeof fault === "number") send(fault, { code: 13, message: "internal server error" });
		else if (fault !== undefined && "silent" in fault)
			setTimeout(() => response.destroy(), fault.silent);
		else if (fault !== undefined) send(200, fault.body);
		else if (request.method === "POST" && request.url === "/v1/querybatch") {
			const { queries } = JSON.parse(body) as { queries: FakeOsv["batches"][number] };
			fake.batches.push(queries);
			const problem = refusal(queries);
			if (problem !== undefined) send(400, { code: 3, message: problem });
			else send(200, { results: queries.map((query) => page(records, query)) });
		} else if (request.method === "GET" && request.url?.startsWith("/v1/vulns/")) {
			const id = decodeURIComponent(request.url.replace("/v1/vulns/", ""));
			fake.ids.push(id);
			const record = records.find((each) => each.id === id);
			if (record === undefined) send(404, { code: 5, message: "Bug not found." });
			else send(200, record);
		} else send(404, { code: 5, message: "Not Found" });
	};
	const server = createServer((request, response) => void answer(request, response));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		...fake,
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		stop: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}

function refusal(queries: FakeOsv["batches"][number]): string | undefined {
	if (queries.length > 1000) return "too many queries";
	const known = /^(PyPI|Bitnami|GIT|Debian(:\d+)?)$/;
	const bad = queries.findIndex(
		({ package: of, version }) => !known.test(of?.ecosystem ?? "") || !of?.name || !version,
	);
	return bad < 0 ? undefined : `error in query at index ${bad}: invalid query`;
}

function page(records: readonly OsvRecord[], query: FakeOsv["batches"][number][number]) {
	const of = { ...query.package, version: query.version } as OsvPackage;
	const all = records.filter((record) => isAffected(record, of));
	const start = query.page_token === undefined ? 0 : Number(query.page_token.replace("P:", ""));
	const vulns = all
		.slice(start, start + PAGE)
		.map(({ id }) => ({ id, modified: "2026-11-01T00:00:00Z" }));
	const isLast = start + PAGE >= all.length;
	return {
		...(vulns.length > 0 && { vulns }),
		...(!isLast && { next_page_token: `P:${start + PAGE}` }),
	};
}

/** A folder as OSV's dumps have it, `ECOSYSTEM/all.zip`, with a file for each record of that ecosystem. */
export async function writeDumps(
	folder: string,
	dumps: Readonly<Record<string, readonly OsvRecord[]>>,
): Promise<void> {
	for (const [ecosystem, records] of Object.entries(dumps)) {
		mkdirSync(join(folder, ecosystem), { recursive: true });
		const zip = new yazl.ZipFile();
		for (const record of records)
			zip.addBuffer(Buffer.from(JSON.stringify(record)), `${record.id}.json`);
		zip.end();
		await finished(zip.outputStream.pipe(createWriteStream(join(folder, ecosystem, "all.zip"))));
	}
}

/** Records in the ways of the databases that OSV has: each of one more form of what it may say. */
export const osvRecords: Readonly<
	Record<"debian" | "python" | "bitnami" | "git", readonly OsvRecord[]>
> = {
	debian: [
		debianCve("CVE-2026-1001", "glibc", { fixed: "2.36-9+deb12u15" }, "not yet assigned", "9.8"),
		debianCve("CVE-2026-1002", "glibc", {}, "unimportant"),
		debianCve("CVE-2026-1003", "bash", {}, "low"),
		debianCve("CVE-2026-1004", "bash", { fixed: "5.2.15-2" }, "not yet assigned"),
		{
			// As vulnfeeds/cmd/converters/dsa-dla-dtsa writes it.
			id: "DSA-6001-1",
			upstream: [
				...["DEBIAN-CVE-2026-1001", "CVE-2026-1001"],
				...["DEBIAN-CVE-2026-1000", "CVE-2026-1000"],
			],
			affected: debianCve("", "glibc", { fixed: "2.36-9+deb12u15" }, "").affected ?? [],
		},
	],
	python: [
		{
			id: "GHSA-aaaa-bbbb-cccc",
			aliases: ["CVE-2026-2001", "PYSEC-2026-1"],
			summary: "Jinja escapes its sandbox",
			database_specific: { severity: "HIGH" },
			affected: [pypi("jinja2", "3.1.7")],
		},
		{
			id: "PYSEC-2026-1",
			aliases: ["CVE-2026-2001", "GHSA-aaaa-bbbb-cccc"],
			affected: [pypi("jinja2", "3.1.7")],
		},
		{
			id: "PYSEC-2026-2",
			aliases: ["CVE-2026-2002"],
			affected: [pypi("pip", "26.1")],
		},
	],
	bitnami: [
		{
			id: "BIT-python-2026-3001",
			aliases: ["CVE-2026-3001"],
			severity: [{ type: "CVSS_V3", score: cvss("7.5") }],
			affected: [
				{
					package: { ecosystem: "Bitnami", name: "python" },
					ranges: [
						{
							type: "SEMVER",
							events: [
								{ introduced: "0" },
								{ fixed: "3.12.14" },
								{ introduced: "3.13.0" },
								{ fixed: "3.13.8" },
							],
						},
					],
				},
			],
		},
	],
	git: [
		psf("PSF-2026-1", "CVE-2026-3001", ["v3.13.5", "v3.13.6", "v3.13.7"], "a".repeat(40)),
		psf("PSF-2026-2", "CVE-2026-3002", allTags(), "b".repeat(40)),
		psf("PSF-2026-3", "CVE-2026-3003", ["v3.12.0"], "c".repeat(40)),
	],
};

/** Every release of 3.13 that there may be. */
function allTags(): string[] {
	return Array.from({ length: 60 }, (_, patch) => `v3.13.${patch}`);
}

function cvss(score: "9.8" | "7.5"): string {
	const impact = score === "9.8" ? "C:H/I:H/A:H" : "C:N/I:N/A:H";
	return `CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/${impact}`;
}

/** As vulnfeeds/cmd/converters/debian writes it. */
function debianCve(
	cve: string,
	name: string,
	fix: { fixed?: string },
	urgency: string,
	score?: "9.8",
): OsvRecord {
	const events = [{ introduced: "0" }, ...(fix.fixed === undefined ? [] : [{ fixed: fix.fixed }])];
	return {
		id: `DEBIAN-${cve}`,
		upstream: [cve],
		...(score !== undefined && { severity: [{ type: "CVSS_V3", score: cvss(score) }] }),
		affected: [
			{
				package: { ecosystem: "Debian:12", name },
				ranges: [{ type: "ECOSYSTEM", events }],
				ecosystem_specific: { urgency },
			},
		],
	};
}

function pypi(name: string, fixed: string) {
	return {
		package: { ecosystem: "PyPI", name },
		ranges: [{ type: "ECOSYSTEM" as const, events: [{ introduced: "0" }, { fixed }] }],
	};
}

/** As psf/advisory-database writes it, with the tags that OSV adds. */
function psf(id: string, cve: string, versions: string[], fixed: string): OsvRecord {
	const repo = "https://github.com/python/cpython";
	const events = [{ introduced: "0" }, { fixed }];
	return { id, aliases: [cve], affected: [{ ranges: [{ type: "GIT", repo, events }], versions }] };
}
