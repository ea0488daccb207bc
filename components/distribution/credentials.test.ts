import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { credentialsProblem, dockerCredentials, loginAdvice, loginCommand } from "./credentials.ts";

const ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

describe("the command that logs in", () => {
	it.each([
		["123456789012.dkr.ecr.us-east-1.amazonaws.com", "us-east-1"],
		["123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"],
		["123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"],
		["123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1"],
	])("at %s asks AWS for a token", (host, region) => {
		expect(loginCommand(host)).toBe(
			`aws ecr get-login-password --region ${region} | docker login --username AWS --password-stdin ${host}`,
		);
	});

	it.each(["registry.example.com:5000", "docker.io", "ecr.example.com"])(
		"at %s is docker's",
		(host) => {
			expect(loginCommand(host)).toBe(`docker login ${host}`);
		},
	);
});

describe("the machine's credentials", () => {
	let folder: string;
	afterEach(() => {
		vi.unstubAllEnvs();
		rmSync(folder, { recursive: true });
	});

	/** Let the machine have this Docker config, and these credential helpers on its PATH. */
	function machine(config: object, helpers: Record<string, string> = {}): void {
		folder = mkdtempSync(join(tmpdir(), "docker-config-"));
		writeFileSync(join(folder, "config.json"), JSON.stringify(config));
		for (const [name, script] of Object.entries(helpers)) {
			const file = join(folder, `docker-credential-${name}`);
			writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
		}
		vi.stubEnv("DOCKER_CONFIG", folder);
		vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
	}

	it("are missing: the problem has the command that fixes it", async () => {
		machine({ auths: { "registry.example.com": { auth: "dTpw" } } });
		expect(await credentialsProblem(ECR, true)).toBe(
			`registry: the machine's Docker has no credentials for ${ECR}, which wants some; run: ${loginCommand(ECR)}`,
		);
	});

	it("are in the config file", async () => {
		machine({ auths: { [ECR]: { auth: "QVdTOnRva2Vu" } } });
		expect(await credentialsProblem(ECR, true)).toBeUndefined();
		expect(await dockerCredentials(ECR)).toEqual({
			username: "AWS",
			password: "token",
			isToken: false,
		});
	});

	it("are with a helper", async () => {
		machine(
			{ credHelpers: { [ECR]: "ecr-login" } },
			{
				"ecr-login": `grep -qx ${ECR} && echo '{"Username":"AWS","Secret":"a:b"}'`,
			},
		);
		expect(await dockerCredentials(ECR)).toEqual({
			username: "AWS",
			password: "a:b",
			isToken: false,
		});
		expect(await credentialsProblem(ECR, true)).toBeUndefined();
	});

	it("are not with a helper that has none", async () => {
		machine({ credsStore: "empty" }, { empty: "exit 1" });
		expect(await credentialsProblem(ECR, true)).toMatch(/no credentials/);
	});

	it("are with a helper that is missing: it is named", async () => {
		machine({ credHelpers: { [ECR]: "absent" } });
		const advice = new RegExp(
			`docker-credential-absent, which ${folder}/config.json names, is not on PATH: install it`,
		);
		expect(await credentialsProblem(ECR, true)).toMatch(advice);
		expect(await loginAdvice(ECR)).toMatch(advice);
	});
});
