import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { contentKey } from "../../components/content-key.ts";
import {
	dockerPush,
	findImage,
	needImage,
	remoteDigest,
} from "../../components/distribution/daemon.ts";
import { Checkout, docker, removeImages } from "./checkout.ts";
import { type FaultyProxy, startProxy, startRegistry, type TestRegistry } from "./registry.ts";
import { seedImages } from "./seed.ts";

/*
 * Images in a registry: Debian's docker-registry on this machine, plain and behind a proxy that
 * misbehaves.
 */

const MINUTE = 60_000;
const JSON_TYPE = { "content-type": "application/json" };
let registry: TestRegistry;

beforeAll(async () => {
	registry = await startRegistry();
	process.env.DOCKER_CONFIG = registry.login();
});
afterAll(() => registry.stop());

describe("a stack with a registry", () => {
	let checkout: Checkout;
	let repository: string;
	const config = () => ["-c", `registry=${repository}`];
	/** What a run's summary says of each artefact: `python built`. */
	const rows = (stderr: string) =>
		stderr.match(/^[a-z]+ +(built|reused|pushed|to build|to push)\b.*$/gm) ?? [];

	beforeAll(async () => {
		checkout = new Checkout();
		repository = `${registry.host}/team/${checkout.stack}`;
		await seedImages(checkout, repository);
	}, 20 * MINUTE);
	afterAll(() => {
		removeImages(repository);
		checkout.remove();
	});

	it(
		"is refused before the first build where the machine has no credentials",
		async () => {
			const { exitCode, stderr } = await checkout.run(config(), { DOCKER_CONFIG: "/nonexistent" });
			expect(exitCode).toBe(1);
			expect(stderr).toMatch(
				new RegExp(
					`^error: registry: .* no credentials for ${registry.host}.*docker login ${registry.host}$`,
					"m",
				),
			);
			expect(rows(stderr)).toEqual([]);
		},
		MINUTE,
	);

	it(
		"pushes every artefact, under names that never move and aliases that do",
		async () => {
			const { images } = await checkout.build(config());
			const tags = await registryTags(`team/${checkout.stack}`);
			for (const { name } of Object.values(images)) expect(tags).toContain(name.split(":").at(-1));
			expect(tags).toEqual(expect.arrayContaining(["python-3.13.5", "python-3.13"]));
			expect(tags.filter((tag) => /^(base|package|builder)-/.test(tag))).toHaveLength(3);
			expect(await remoteDigest(`${repository}:python-3.13`)).toBe(
				await remoteDigest(images.python.name),
			);
			const { digest } = images.python as { digest?: string };
			expect(digest).toBe(`${repository}@${await remoteDigest(images.python.name)}`);
		},
		10 * MINUTE,
	);

	it(
		"pushed twice, moves nothing",
		async () => {
			const { stderr } = await checkout.run(config());
			expect(rows(stderr).filter((row) => !row.includes("reused"))).toEqual([]);
		},
		MINUTE,
	);

	it(
		"on a machine with an empty daemon builds nothing, and its image runs by digest",
		async () => {
			const before = await checkout.build(config());
			removeImages(repository);
			const { stdout, stderr, exitCode } = await checkout.run([...config(), "--json"]);
			expect(exitCode).toBe(0);
			expect(rows(stderr).filter((row) => !row.includes("reused"))).toEqual([]);
			expect(JSON.parse(stdout)).toEqual(before);
			const { digest = "" } = before.images.python as { digest?: string };
			expect(docker("run", "--rm", digest, "python", "-c", "import ssl; print('ok')")).toBe("ok");
		},
		3 * MINUTE,
	);

	it(
		"that rotates its base on an empty machine compiles nothing",
		async () => {
			const { package: former } = await checkout.build(config());
			removeImages(repository);
			// Debbase's recipe is part of what a base is to the artefacts above it.
			execFileSync("sh", ["-c", "echo '# rotated' >> components/debbase/context/Dockerfile"], {
				cwd: checkout.folder,
			});
			const { stdout, stderr } = await checkout.run([...config(), "--json"]);
			expect(rows(stderr)).toEqual(
				expect.arrayContaining([
					expect.stringMatching(/^package +reused/),
					expect.stringMatching(/^python +built/),
				]),
			);
			expect(JSON.parse(stdout).package).toEqual(former);
			expect(
				docker("run", "--rm", `${repository}:python-3.13`, "python", "-c", "print('ok')"),
			).toBe("ok");
		},
		10 * MINUTE,
	);

	it(
		"refuses to publish other content under a published tag, and says what helps",
		async () => {
			const { images } = await checkout.build(config());
			const container = docker("create", images.python.name);
			const other = docker("commit", container, images.python.name);
			docker("rm", container);
			expect(other).toMatch(/^sha256:/);
			const { exitCode, stderr } = await checkout.run(config());
			expect(exitCode).toBe(1);
			expect(stderr).toMatch(
				/^error: .*python-3\.13\.5-r1-\w+ is published with other content.*raise packageRelease/m,
			);
		},
		MINUTE,
	);

	it(
		"finds nothing secret in its images, outputs or words",
		async () => {
			removeImages(repository);
			const { stdout, stderr } = await checkout.run([...config(), "--json"]);
			const secret = Buffer.from("AWS:token").toString("base64");
			expect(stdout + stderr).not.toContain(secret);
			const names = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", repository).split(
				"\n",
			);
			expect(docker("image", "inspect", ...names)).not.toContain(secret);
		},
		3 * MINUTE,
	);
});

describe("a registry that misbehaves", () => {
	let proxy: FaultyProxy;
	let image: string;
	let id: string;

	beforeAll(async () => {
		proxy = await startProxy(registry);
		process.env.DOCKER_CONFIG = registry.login(proxy.host);
	});
	afterAll(() => proxy.stop());
	beforeEach(() => {
		const { key, inputs } = contentKey({ random: randomBytes(8).toString("hex") });
		image = `${proxy.host}/team/faults:package-${key}`;
		id = importImage(image, JSON.stringify(inputs));
		proxy.seen.length = 0;
	});
	afterEach(() => {
		proxy.fault = undefined;
		docker("image", "rm", "--force", image);
	});

	/** Push without a fault, and forget the image here. */
	async function publish(): Promise<void> {
		await dockerPush(image);
		docker("image", "rm", "--force", image);
		proxy.seen.length = 0;
	}

	it(
		"is down: the error names it, the image and the remedy, and the next push goes well",
		async () => {
			const down = image.replace(proxy.host, "127.0.0.1:9");
			docker("tag", image, down);
			await expect(dockerPush(down)).rejects.toThrow(
				/docker push 127\.0\.0\.1:9\/team\/faults:\S+: the registry 127\.0\.0\.1:9 failed .*run again when it answers/,
			);
			docker("image", "rm", down);
			expect(await dockerPush(image)).toMatch(/^sha256:/);
		},
		MINUTE,
	);

	it(
		"dies in the middle of a push: a retry finishes it",
		async () => {
			let deaths = 0;
			proxy.fault = (request) => {
				if (request.method !== "PATCH" || deaths++ > 0) return undefined;
				request.once("data", () => request.socket.destroy());
				return "answered";
			};
			const digest = await dockerPush(image);
			expect(deaths).toBeGreaterThan(0);
			expect(await remoteDigest(image)).toBe(digest);
		},
		MINUTE,
	);

	it(
		"answers 500 for a while: a retry helps",
		async () => {
			let answers = 0;
			proxy.fault = (request, response) => {
				if (request.method !== "HEAD" || answers++ > 2) return undefined;
				response.writeHead(500).end();
				return "answered";
			};
			await expect(dockerPush(image)).resolves.toMatch(/^sha256:/);
		},
		2 * MINUTE,
	);

	it(
		"answers 500 for good: the tries are bounded, and the error says so",
		async () => {
			await publish();
			proxy.fault = (_, response) => {
				response.writeHead(500).end();
				return "answered";
			};
			await expect(findImage(image)).rejects.toThrow(/the registry 127\.0\.0\.1:\d+ failed .*500/);
			expect(proxy.seen.length).toBeLessThan(100);
			proxy.fault = undefined;
			expect(await findImage(image)).toBe(true);
		},
		2 * MINUTE,
	);

	it.each<[string, number, Record<string, string>, string]>([
		["a page of a proxy's", 404, { "content-type": "text/html" }, "<html>manifest unknown</html>"],
		["nothing but the status", 404, {}, ""],
		["a login's page", 302, { location: "/login" }, ""],
		["a refusal", 401, JSON_TYPE, '{"errors":[{"code":"UNAUTHORIZED"}]}'],
		["a denial", 403, JSON_TYPE, '{"errors":[{"code":"DENIED"}]}'],
	])(
		"gives %s in place of an answer: that is not taken for a tag that is not there",
		async (_, status, headers, body) => {
			await publish();
			proxy.fault = ({ url }, response) => {
				if (url === "/login") response.end("<html>log in</html>");
				else if (url?.includes("/manifests/")) response.writeHead(status, headers).end(body);
				else return undefined;
				return "answered";
			};
			await expect(remoteDigest(image)).rejects.toThrow(/the registry 127\.0\.0\.1:\d+/);
			proxy.fault = undefined;
			expect(await remoteDigest(image)).toMatch(/^sha256:/);
			expect(await remoteDigest(`${image}0`)).toBeUndefined();
		},
		MINUTE,
	);

	it(
		"has plain http and a name: what the daemon pushes there is found there",
		async () => {
			const named = image.replace("127.0.0.1", hostname());
			process.env.DOCKER_CONFIG = registry.login(proxy.host, named.split("/")[0] ?? "");
			docker("tag", image, named);
			expect(await remoteDigest(named)).toBeUndefined();
			const digest = await dockerPush(named);
			docker("image", "rm", named);
			expect(await remoteDigest(named)).toBe(digest);
		},
		MINUTE,
	);

	it(
		"takes a push whose last answer is lost: run again, it is found to be done",
		async () => {
			proxy.fault = ({ method, url, socket }) => {
				if (method !== "PUT" || !url?.includes("/manifests/")) return undefined;
				// It arrives; that it did is never heard.
				setTimeout(() => socket.destroy(), 500);
				return "lost";
			};
			await expect(dockerPush(image)).rejects.toThrow(/the registry/);
			proxy.fault = undefined;
			const env = {
				IMAGE: image,
				KIND: "published",
				ALIASES: "[]",
				DESCRIPTION: "[]",
			};
			// Not synchronously: the proxy runs in this process.
			const { stdout: pushed } = await execa("node", ["components/registry/run.ts"], { env });
			expect(JSON.parse(pushed)).toEqual({ digest: await remoteDigest(image) });
			expect(proxy.seen.at(-1)).toMatch(/^(GET|HEAD)/);
		},
		2 * MINUTE,
	);

	it(
		"refuses a token that expired: the error has the command that fixes it, at once",
		async () => {
			await publish();
			const config = process.env.DOCKER_CONFIG;
			process.env.DOCKER_CONFIG = expired(proxy.host);
			await expect(findImage(image)).rejects.toThrow(
				new RegExp(`refuses the credentials .*run: docker login ${proxy.host}`),
			);
			process.env.DOCKER_CONFIG = config;
			expect(proxy.seen.length).toBeLessThan(10);
		},
		MINUTE,
	);

	it(
		"is slow: what it gives is right",
		async () => {
			await publish();
			proxy.fault = async () => {
				await sleep(1500);
				return undefined;
			};
			expect(await findImage(image)).toBe(true);
			expect(docker("image", "inspect", "--format", "{{.Id}}", image)).toBe(id);
		},
		2 * MINUTE,
	);

	it(
		"gives a corrupted blob: it is never used",
		async () => {
			await publish();
			proxy.fault = ({ method, url }) =>
				method === "GET" && url?.includes("/blobs/") ? "corrupt" : undefined;
			await expect(findImage(image)).rejects.toThrow(/docker pull .*run again/);
			expect(docker("image", "ls", "--quiet", image)).toBe("");
			proxy.fault = undefined;
			expect(await findImage(image)).toBe(true);
		},
		2 * MINUTE,
	);

	it(
		"has an image of something else under the tag: it is refused",
		async () => {
			const wrong = image.replace(/[0-9a-f]{12}$/, "0123456789ab");
			docker("tag", image, wrong);
			await dockerPush(wrong);
			docker("image", "rm", wrong);
			await expect(findImage(wrong)).rejects.toThrow(/was made of something else/);
			docker("image", "rm", "--force", wrong);
		},
		MINUTE,
	);

	it(
		"does not have the image: the error says what makes it again",
		async () => {
			docker("image", "rm", "--force", image);
			await expect(needImage(image)).rejects.toThrow(
				/is not in the Docker daemon nor in the registry.*npm start/,
			);
		},
		MINUTE,
	);
});

async function registryTags(path: string): Promise<string[]> {
	const authorization = `Basic ${Buffer.from("AWS:token").toString("base64")}`;
	const response = await fetch(`http://${registry.host}/v2/${path}/tags/list`, {
		headers: { authorization },
	});
	return ((await response.json()) as { tags: string[] }).tags;
}

/** A small image that is labelled as the project's are; returns its ID. */
function importImage(name: string, inputs: string): string {
	const folder = mkdtempSync(join(tmpdir(), "image-"));
	writeFileSync(join(folder, "data"), randomBytes(300_000));
	const label = `LABEL debian-python.inputs=${JSON.stringify(inputs)}`;
	const script = 'tar --create --directory="$1" data | docker import --change "$2" - "$3"';
	execFileSync("sh", ["-euc", script, "sh", folder, label, name]);
	rmSync(folder, { recursive: true });
	return docker("image", "inspect", "--format", "{{.Id}}", name);
}

/** DOCKER_CONFIG with a password that is no longer right. */
function expired(host: string): string {
	const folder = join(mkdtempSync(join(tmpdir(), "expired-")), "docker");
	mkdirSync(folder);
	const auth = Buffer.from("AWS:old").toString("base64");
	writeFileSync(join(folder, "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
	return folder;
}
