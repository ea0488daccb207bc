import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { credentials } from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import {
	AnalyzeRequest,
	type AnalyzeResponse,
	AnalyzerResource,
	AnalyzerResourceOptions,
	AnalyzerStackConfigureRequest,
	AnalyzeStackRequest,
} from "@pulumi/pulumi/proto/analyzer_pb.js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { CONFIG, loginToEcr, type Recorded, record } from "../tests/record.ts";

/*
 * The pack as Pulumi's language host starts it (pulumi/pulumi, sdk/nodejs/cmd/pulumi-language-nodejs,
 * RunPlugin), asked as the engine asks.
 */

vi.spyOn(console, "warn").mockImplementation(() => {});

const FOLDER = import.meta.dirname;

let host: ChildProcess;
let client: AnalyzerClient;

beforeAll(async () => {
	const runner = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run-policy-pack");
	host = spawn(process.execPath, [runner, "127.0.0.1:1", FOLDER], {
		cwd: FOLDER,
		stdio: ["ignore", "pipe", "inherit"],
		env: { ...process.env, PULUMI_CONFIG: '{"debian-python:release":"bookworm"}' },
	});
	const [port] = await once(host.stdout ?? expect.fail(), "data");
	client = new AnalyzerClient(`127.0.0.1:${String(port).trim()}`, credentials.createInsecure());
});
afterAll(() => {
	client?.close();
	host?.kill();
});

/** Have the stack's tags known. */
async function configure(tags: Record<string, string>): Promise<void> {
	const request = new AnalyzerStackConfigureRequest();
	for (const [name, value] of Object.entries(tags)) request.getTagsMap().set(name, value);
	await promisify(client.configureStack.bind(client))(request);
}

/** As the engine describes a resource, alone or in its stack. */
function describe<T extends AnalyzeRequest | AnalyzerResource>(
	message: T,
	{ type, name, inputs }: Recorded,
): T {
	message.setType(type);
	message.setName(name);
	message.setUrn(`urn:pulumi:bookworm::debian-python::${type}::${name}`);
	message.setProperties(Struct.fromJavaScript(inputs));
	message.setOptions(new AnalyzerResourceOptions());
	return message;
}

/** What the pack says of a stack: of each resource, and at the end of all: `level policy: message`. */
async function analyze(stack: ReadonlyMap<string, Recorded>): Promise<string[]> {
	const one = promisify<AnalyzeRequest, AnalyzeResponse>(client.analyze.bind(client));
	const all = promisify<AnalyzeStackRequest, AnalyzeResponse>(client.analyzeStack.bind(client));
	const request = new AnalyzeStackRequest();
	request.setResourcesList(
		[...stack.values()].map((resource) => describe(new AnalyzerResource(), resource)),
	);
	const answers = await Promise.all([
		...[...stack.values()].map((resource) => one(describe(new AnalyzeRequest(), resource))),
		all(request),
	]);
	return answers
		.flatMap((answer) => answer.getDiagnosticsList())
		.map((it) => `${it.getEnforcementlevel()} ${it.getPolicyname()}: ${it.getMessage()}`);
}

/** Bad in production alone. */
let stack: Map<string, Recorded>;
beforeAll(async () => {
	const dockerConfig = loginToEcr();
	vi.stubEnv("DOCKER_CONFIG", dockerConfig);
	stack = await record({ ...CONFIG, registry: "ecr" });
	rmSync(dockerConfig, { recursive: true });
});

it("says nothing of a good stack", async () => {
	await configure({ environment: "staging" });
	expect(await analyze(stack)).toEqual([]);
});

it("holds back what is bad, of a resource and of the stack", async () => {
	await configure({ environment: "production" });
	const bad = new Map(stack);
	bad.delete("registry-lifecycle");
	// 1 is mandatory. The first line is Pulumi's, the policy's description.
	expect(await analyze(bad)).toEqual([
		expect.stringMatching(
			/^1 production-profile: .*\nstack bookworm, resource package-build: profile quick .*; write profile: optimized or hardened$/,
		),
		expect.stringMatching(
			/^1 ecr-published-stays: .*\nstack bookworm, resource registry-repository: LifecyclePolicy is not there.*; give the repository one/,
		),
	]);
});
