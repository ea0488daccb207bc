import { randomInt } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
	CreateBucketCommand,
	GetObjectCommand,
	GetPublicAccessBlockCommand,
	ListObjectsV2Command,
	S3Client,
} from "@aws-sdk/client-s3";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Keyring, Machine, packageImage, publishCall, removePackageImages } from "./apt.ts";
import { listen } from "./archive.ts";
import { Checkout, docker } from "./checkout.ts";
import { startMoto, type TestAws } from "./ecr.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * The apt repository in a bucket, which moto plays: the whole program, and many publishers at once that are
 * killed.
 */

const MINUTE = 60_000;

let keyring: Keyring;
let key: string;
let aws: TestAws;
let s3: S3Client;
/** Who reads buckets for machines, which have no credentials; and what it was asked for. */
let front: Server;
const asked: string[] = [];
let checkout: Checkout;
/** Image of a machine on which nothing is installed. */
let base: string;

beforeAll(async () => {
	keyring = new Keyring();
	key = keyring.make("Packages <packages@localhost>");
	aws = await startMoto();
	const credentials = { accessKeyId: "test", secretAccessKey: "test" };
	s3 = new S3Client({ endpoint: aws.url, region: "us-east-1", credentials });
	front = await listen(createServer((request, response) => void answer(request, response)));
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	base = docker(
		...["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"],
		`${checkout.repository}:base-*`,
	);
}, 20 * MINUTE);
afterAll(() => {
	front.close();
	front.closeAllConnections();
	aws.process.kill();
	keyring.remove();
	removePackageImages();
	checkout.remove();
});

/** Answer as a web server before the buckets, with the answers of a cache to who has a file already. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
	const [, Bucket = "", path = ""] = /^\/([^/]+)\/(.*)$/.exec(request.url ?? "") ?? [];
	asked.push(path);
	try {
		const get = new GetObjectCommand({ Bucket, Key: decodeURIComponent(path) });
		const { Body, LastModified = new Date() } = await s3.send(get);
		const content = await Body?.transformToByteArray();
		response.setHeader("Last-Modified", LastModified.toUTCString());
		const since = new Date(request.headers["if-modified-since"] ?? 0);
		if (since >= LastModified) response.writeHead(304).end();
		else response.writeHead(200, { "content-length": content?.length ?? 0 }).end(content);
	} catch {
		response.writeHead(404).end();
	}
}

/** A machine that reaches the bucket, and has no other source. */
async function makeMachine(bucket: string, suite: string): Promise<Machine> {
	const { address, port } = front.address() as AddressInfo;
	const machine = new Machine(base);
	await machine.do(`
		rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
		mkdir -p /etc/apt/keyrings
		cat >/etc/apt/keyrings/debian-python.asc <<END
${keyring.gpg("--armor", "--export", key)}
END
		cat >/etc/apt/sources.list.d/debian-python.sources <<END
Types: deb
URIs: http://${address}:${port}/${bucket}
Suites: ${suite}
Components: main
Signed-By: /etc/apt/keyrings/debian-python.asc
END
	`);
	return machine;
}

it(
	"of the stack's own, closed to the public, has the .debs, and is left alone when it has them",
	async () => {
		const args = ["-c", "aptRepository=s3", "-c", `aptKeys=["${key}"]`];
		const run = () => checkout.run(args, { ...keyring.env, ...aws.env });
		const { exitCode, stderr } = await run();
		expect([exitCode, stderr]).toEqual([
			0,
			expect.stringMatching(/apt +pushed: bookworm: cpython3/),
		]);
		const Bucket = "debian-python-apt-123456789012-us-east-1";
		const access = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
		expect(Object.values(access.PublicAccessBlockConfiguration ?? {})).toEqual([
			...[true, true, true, true],
		]);
		const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
		expect(Contents.filter(({ Key }) => Key?.endsWith(".deb")).length).toBeGreaterThan(1);
		expect((await run()).stderr).toMatch(/^apt +reused *$/m);
		const again = await s3.send(new ListObjectsV2Command({ Bucket }));
		expect(again.Contents).toEqual(Contents);
		const machine = await makeMachine(Bucket, "bookworm");
		try {
			await machine.do("apt-get update && apt-get download cpython3.13 cpython3.13-dev");
			// For Amazon S3 a + in a path is a blank.
			expect(asked.filter((path) => path.includes("cpython3.13_3.13.5-1%2bdeb12"))).not.toEqual([]);
			expect(asked.filter((path) => path.includes("+"))).toEqual([]);
		} finally {
			machine.remove();
		}
	},
	10 * MINUTE,
);

describe("ten publishers at once, killed at random", () => {
	const BUCKET = "race";
	const SUITES = ["bookworm", "trixie"];
	const PUBLISHERS = 10;
	const VERSIONS = 3;

	/** How many publishers were killed. */
	let killed = 0;

	/** Publish an image, and be killed a few times on the way, at whichever moment. */
	async function publishKilled(suite: string, image: string): Promise<void> {
		for (let kills = randomInt(3); ; kills--) {
			const inputs = { PLACE: `s3://${BUCKET}`, SUITE: suite, KEYS: [key], images: [image] };
			const { create, environment } = publishCall(inputs);
			const env = { ...keyring.env, ...aws.env, ...environment };
			const run = execa("/bin/sh", ["-c", create], { env, detached: true, reject: false });
			if (kills > 0) {
				const isDone = run.then(() => true);
				const hasEnded = await Promise.race([isDone, sleep(randomInt(8_000), false)]);
				// With all that it started.
				if (!hasEnded && run.pid !== undefined) process.kill(-run.pid, "SIGKILL");
			}
			const { exitCode, isTerminated, stderr } = await run;
			if (exitCode === 0) return;
			if (!isTerminated) throw new Error(`a publisher failed: ${stderr}`);
			killed++;
		}
	}

	/** Have apt update, and download all that there is, until told to stop; returns how often it did. */
	async function update(suite: string, signal: AbortSignal): Promise<number> {
		const machine = await makeMachine(BUCKET, suite);
		try {
			for (let times = 0; ; ) {
				if (signal.aborted) return times;
				const { exitCode, all } = await machine.run(`
					for time in 1 2 3; do
						apt-get -o Acquire::Retries=0 -o APT::Update::Error-Mode=any update
					done
					apt-cache dumpavail | sed -n 's/^Package: //p' | sort -u | xargs -r apt-get download
					rm -f *.deb`);
				if (exitCode === 0) times += 3;
				// Before the first publication there is nothing.
				else if (times > 0 || !/404 +Not Found/.test(all)) throw new Error(all);
			}
		} finally {
			machine.remove();
		}
	}

	it(
		"lose nothing, and apt never finds a mismatch",
		async () => {
			await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
			const stopped = new AbortController();
			const clients = SUITES.map((suite) => update(suite, stopped.signal));
			const publishers = Array.from({ length: PUBLISHERS }, async (_, number) => {
				const suite = SUITES[number % SUITES.length] as string;
				for (let version = 1; version <= VERSIONS; version++)
					await publishKilled(
						suite,
						await packageImage({ name: `package${number}`, version: String(version) }),
					);
			});
			await Promise.all(publishers);
			stopped.abort();
			const updates = await Promise.all(clients);
			console.log(`${killed} publishers were killed, apt updated ${updates.join(" and ")} times`);
			expect(killed).toBeGreaterThan(0);
			for (const [index, suite] of SUITES.entries()) {
				const machine = await makeMachine(BUCKET, suite);
				try {
					await machine.do("apt-get -qq update");
					const known = await machine.do("apt-cache pkgnames package | xargs apt-cache madison");
					const found = [...known.matchAll(/^ *(package\d) \| +(\d) \|/gm)];
					const expected = Array.from({ length: PUBLISHERS }, (_, number) => number)
						.filter((number) => number % SUITES.length === index)
						.flatMap((number) => ["1", "2", "3"].map((version) => `package${number} ${version}`));
					expect(found.map(([, name, version]) => `${name} ${version}`).sort()).toEqual(expected);
					const all = expected.map((each) => each.replace(" ", "=")).join(" ");
					await machine.do(`apt-get -qq download ${all}`);
				} finally {
					machine.remove();
				}
			}
		},
		15 * MINUTE,
	);
});
