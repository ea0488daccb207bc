import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { vi } from "vitest";

/** A resource that the program registered. */
export interface Recorded {
	readonly type: string;
	readonly name: string;
	// biome-ignore lint/suspicious/noExplicitAny: the inputs of any resource
	readonly inputs: any;
}

/** The config of a stack that builds on an image, without prefix. */
export const CONFIG = {
	release: "bookworm",
	base: "debian:bookworm-slim@sha256:7c7b2c966bc9ee8cedfeef67e0e279108992c77681fa595db4a9d65c06ccc587",
	pythonVersion: "3.13.5",
	profile: "quick",
};

/** What AWS answers. */
const AWS = { accountId: "123456789012", region: "eu-north-1", dnsSuffix: "amazonaws.com" };

/** A new folder with credentials for the registry of {@link AWS}: a DOCKER_CONFIG for registry `ecr`. */
export function loginToEcr(): string {
	const folder = mkdtempSync(join(tmpdir(), "docker-config-"));
	const host = `${AWS.accountId}.dkr.ecr.${AWS.region}.${AWS.dnsSuffix}`;
	const auths = { [host]: { auth: Buffer.from("user:password").toString("base64") } };
	writeFileSync(join(folder, "config.json"), JSON.stringify({ auths }));
	return folder;
}

/**
 * Run the program with this config, in the current folder, and record what it registers: every
 * custom resource by its name. Nothing is done for real.
 *
 * @param former the outputs of the last deployment, which an engine tells; without them there is none.
 */
export async function record(
	config: Record<string, string>,
	former?: object,
): Promise<Map<string, Recorded>> {
	const recorded = new Map<string, Recorded>();
	await pulumi.runtime.setMocks(
		{
			newResource({ type, name, inputs, custom }) {
				if (custom) recorded.set(name, { type, name, inputs });
				return { id: name, state: { ...inputs, stdout: '{"sha256":"0"}' } };
			},
			call: ({ token }) => (token.startsWith("aws:") ? AWS : { outputs: former }),
		},
		"debian-python",
		"test",
		false,
		// Without an organization there is no engine to ask.
		former === undefined ? undefined : "organization",
	);
	const keys = Object.entries(config).map(([key, value]) => [`debian-python:${key}`, value]);
	pulumi.runtime.setAllConfig(Object.fromEntries(keys));
	vi.resetModules();
	// Nothing is done on the engine of this machine.
	vi.doMock("../infra/engine.ts", () => ({ refuseEngine: async () => undefined }));
	await pulumi.runtime.runInPulumiStack(() => import("../infra/index.ts"));
	await pulumi.runtime.disconnect();
	vi.doUnmock("../infra/engine.ts");
	return recorded;
}
