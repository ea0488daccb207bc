import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { debianReleases } from "../../stacks/debian.ts";
import { tagDigest } from "./digest.ts";
import { newestPip } from "./pip.ts";
import { newestSnapshot } from "./snapshot.ts";

/* What the servers that know what is newest are asked, and what is made of their answers. */

const DIGEST = `sha256:${"c".repeat(64)}`;

/** What a server answers: a status, headers, and a body as JSON. */
type Answer = readonly [status: number, headers: Record<string, string>, body?: unknown];

let server: Server;
let host: string;
let answer: (request: IncomingMessage) => Answer;

beforeAll(async () => {
	server = createServer((request, response) => {
		const [status, headers, body] = answer(request);
		response.writeHead(status, headers).end(body === undefined ? "" : JSON.stringify(body));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
	vi.stubEnv("DOCKER_CONFIG", "/nonexistent");
});
afterEach(() => {
	vi.unstubAllEnvs();
	vi.unstubAllGlobals();
});

describe("the digest of a tag", () => {
	it("is asked for with a token, as Docker Hub wants it, and without a pull", async () => {
		const seen: string[] = [];
		answer = ({ method, url, headers }) => {
			seen.push(`${method} ${url}`);
			if (url?.startsWith("/token")) return [200, {}, { token: "t" }];
			expect(headers.accept).toContain("application/vnd.oci.image.index.v1+json");
			const challenge = `Bearer realm="http://${host}/token",service="hub",scope="repository:a/b:pull"`;
			return headers.authorization === "Bearer t"
				? [200, { "docker-content-digest": DIGEST }]
				: [401, { "www-authenticate": challenge }];
		};
		expect(await tagDigest({ host, path: "a/b", tag: "1" })).toBe(DIGEST);
		expect(seen).toEqual([
			"HEAD /v2/a/b/manifests/1",
			"GET /token?service=hub&scope=repository%3Aa%2Fb%3Apull",
			"HEAD /v2/a/b/manifests/1",
		]);
	});

	it("of a short name is Docker Hub's", async () => {
		const asked = vi.fn(
			async (_url: string) => new Response(null, { headers: { "docker-content-digest": DIGEST } }),
		);
		vi.stubGlobal("fetch", asked);
		await tagDigest({ path: "debian", tag: "bookworm-slim" });
		await tagDigest({ path: "debian/eol", tag: "jessie-slim" });
		expect(asked.mock.calls.map(([url]) => url)).toEqual([
			"https://registry-1.docker.io/v2/library/debian/manifests/bookworm-slim",
			"https://registry-1.docker.io/v2/debian/eol/manifests/jessie-slim",
		]);
	});

	it.each<[string, Answer, RegExp]>([
		[
			"no credentials",
			[401, { "www-authenticate": "Basic realm=x" }],
			/does not show a\/b:1; run: docker login 127/,
		],
		["no such tag", [404, {}], /tells no digest of a\/b:1 \(status 404\)/],
		["no digest", [200, {}], /tells no digest of a\/b:1 \(status 200\)/],
	])("with %s is an error with its remedy", async (_, given, message) => {
		answer = () => given;
		await expect(tagDigest({ host, path: "a/b", tag: "1" })).rejects.toThrow(message);
	});

	it("of a registry that nobody reaches names it", async () => {
		await expect(tagDigest({ host: "127.0.0.1:9", path: "a", tag: "1" })).rejects.toThrow(
			/^127\.0\.0\.1:9 cannot be asked \(\S+.*check the network/,
		);
	});
});

describe("pip", () => {
	const wheel = (version: string, requires: string, more = {}) => ({
		filename: `pip-${version}-py3-none-any.whl`,
		hashes: { sha256: version },
		"requires-python": requires,
		...more,
	});

	it("is the newest wheel of a final release that the series runs", async () => {
		vi.stubEnv("PIP_INDEX_URL", `http://${host}/simple/`);
		answer = ({ url, headers }) => {
			expect(url).toBe("/simple/pip/");
			expect(headers.accept).toBe("application/vnd.pypi.simple.v1+json");
			const files = [
				wheel("26.0.1", ">=3.9"),
				wheel("26.2.1", ">=3.10"),
				wheel("26.10", ">=3.10"),
				wheel("27.0b1", ">=3.10"),
				wheel("28.0", ">=3.10", { yanked: "broken" }),
				{ filename: "pip-29.0.tar.gz", hashes: { sha256: "x" } },
			];
			return [200, {}, { files }];
		};
		expect(await newestPip("3.13")).toEqual({ version: "26.10", sha256: "26.10" });
		expect(await newestPip("3.9")).toEqual({ version: "26.0.1", sha256: "26.0.1" });
		expect(await newestPip("3.4")).toBeUndefined();
	});

	it("of an index without JSON is an error", async () => {
		vi.stubEnv("PIP_INDEX_URL", `http://${host}`);
		answer = () => [406, {}];
		await expect(newestPip("3.13")).rejects.toThrow(/\/pip\/ answers 406 and no JSON/);
	});

	it.each([
		["", "3.4", true],
		[">=3.10", "3.9", false],
		[">=3.9", "3.10", true],
		[">=2.7,!=3.0.*,!=3.1.*", "3.4", true],
		[">=2.7, <3.7", "3.7", false],
		[">=3.7,!=3.9.*", "3.9", false],
		["~=3.9", "3.9", true],
		["~=3.9", "3.8", false],
		["unreadable", "3.9", false],
	])("that requires %j on %s: %j", async (requires, series, expected) => {
		vi.stubEnv("PIP_INDEX_URL", `http://${host}/simple`);
		answer = () => [200, {}, { files: [wheel("24.0", requires)] }];
		expect((await newestPip(series)) !== undefined).toBe(expected);
	});
});

describe("the newest moment", () => {
	const listed = (result: object) =>
		vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ result })));

	it("is one that all archives have reached", async () => {
		listed({
			debian: ["20261120T000000Z", "20261122T090000Z"],
			"debian-security": ["20261122T030000Z", "20261121T000000Z"],
			"debian-archive": ["20261101T000000Z"],
		});
		expect(await newestSnapshot(debianReleases.trixie)).toBe("20261122T030000Z");
		expect(await newestSnapshot(debianReleases.buster)).toBe("20261101T000000Z");
	});

	it("of an empty list is an error", async () => {
		listed({ debian: ["20261120T000000Z"] });
		await expect(newestSnapshot(debianReleases.trixie)).rejects.toThrow(
			/lists no moment of debian and/,
		);
	});
});

describe("npm run refresh", () => {
	const FILE =
		"config:\n  debian-python:release: bookworm\n  debian-python:base: archive\n  debian-python:pythonVersion: ";
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "refresh-run-"));
		copyFileSync("Pulumi.yaml", join(folder, "Pulumi.yaml"));
		copyFileSync("Pulumi.local.yaml", join(folder, "Pulumi.local.yaml"));
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	function run(version: string, index: string, ...args: string[]) {
		const file = join(folder, "Pulumi.test.yaml");
		writeFileSync(file, `${FILE}"${version}"\n`);
		const main = join(process.cwd(), "commands/refresh/main.ts");
		const { status, stdout, stderr } = spawnSync("node", [main, ...args], {
			cwd: folder,
			env: { ...process.env, PIP_INDEX_URL: index },
			encoding: "utf8",
		});
		return {
			status,
			said: stdout + stderr,
			version: /"(.*)"/.exec(readFileSync(file, "utf8"))?.[1],
		};
	}

	// Nobody answers there; the server of this process could not either, while it waits for the run.
	const UNREACHABLE = "http://127.0.0.1:9";

	it("edits every stack but local, and says where something could not be asked", () => {
		const { status, said, version } = run("3.13.5", UNREACHABLE);
		expect([status, version]).toEqual([1, "3.13.15"]);
		expect(said).toMatch(
			/^test\n {2}base +archive.*\n {2}pythonVersion +3\.13\.5 -> 3\.13\.15\n {2}pip +cannot tell: 127/,
		);
		expect(said).not.toContain("local\n");
	});

	it("with --check edits nothing, and its status tells", () => {
		expect(run("3.13.5", UNREACHABLE, "--check")).toMatchObject({ status: 2, version: "3.13.5" });
		expect(run("3.13.15", UNREACHABLE, "--check")).toMatchObject({ status: 1, version: "3.13.15" });
	});

	it("of a stack that is not there is one line", () => {
		const { status, said } = run("3.13.15", UNREACHABLE, "--stack", "sarge");
		expect(status).toBe(1);
		expect(said).toBe('error: stack "sarge": there is no such stack file; known: local, test\n');
	});
});
