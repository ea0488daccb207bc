import { rmSync } from "node:fs";
import type {
	PolicyResource,
	ReportViolation,
	ResourceValidationArgs,
	ResourceValidationPolicy,
	StackValidationPolicy,
} from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { CONFIG, loginToEcr, type Recorded, record } from "../tests/record.ts";
import { policies } from "./policies.ts";

vi.spyOn(console, "warn").mockImplementation(() => {});

const PRODUCTION = new Map([["environment", "production"]]);
const DIGEST = `sha256:${"0".repeat(64)}`;
/** A stack that may go into production. */
const GOOD = { ...CONFIG, pythonVersion: "3.13.15", profile: "optimized", registry: "ecr" };

let dockerConfig: string;
beforeAll(() => {
	dockerConfig = loginToEcr();
});
afterAll(() => rmSync(dockerConfig, { recursive: true }));
beforeEach(() => {
	vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-27") });
	vi.stubEnv("DOCKER_CONFIG", dockerConfig);
});
afterEach(() => {
	vi.useRealTimers();
	vi.unstubAllEnvs();
	pulumi.runtime.setAllConfig({});
});

const urnOf = ({ type, name }: Recorded) => `urn:pulumi:test::debian-python::${type}::${name}`;

/** What the engine tells of a resource, as far as a policy asks. */
function described(resource: Recorded) {
	return {
		...{ type: resource.type, name: resource.name, props: resource.inputs },
		urn: urnOf(resource),
		isType: (resourceClass: unknown) =>
			(resourceClass as { __pulumiType: string }).__pulumiType === resource.type,
		notApplicable: () => undefined,
	};
}

/** What the policies say of a stack: `policy: message`, in the order of the policies. */
async function violations(
	resources: ReadonlyMap<string, Recorded>,
	stackTags: ReadonlyMap<string, string> = PRODUCTION,
): Promise<string[]> {
	const said: string[] = [];
	const all = [...resources.values()];
	for (const policy of policies) {
		const report: ReportViolation = (message) => said.push(`${policy.name}: ${message}`);
		const { validateResource = [] } = policy as ResourceValidationPolicy;
		for (const validate of [validateResource].flat()) {
			for (const resource of all) {
				const args = { ...described(resource), stackTags } as unknown as ResourceValidationArgs;
				await validate(args, report);
			}
		}
		await (policy as StackValidationPolicy).validateStack?.(
			{
				resources: all.map((resource) => described(resource) as unknown as PolicyResource),
				stackTags,
				getConfig: () => expect.fail(),
				notApplicable: () => expect.fail(),
			},
			report,
		);
	}
	return said;
}

/** The inputs of a recorded resource, to change. */
function inputsOf(resources: ReadonlyMap<string, Recorded>, name: string) {
	return resources.get(name)?.inputs ?? expect.fail(`${name} is not there`);
}

it("say nothing of a good stack, with apps, in production", async () => {
	const stack = await record({ ...GOOD, apps: '["examples/guestbook"]' });
	expect([...stack.keys()]).toContain("app-guestbook-push");
	expect([...stack.keys()]).toContain("registry-lifecycle");
	expect(await violations(stack)).toEqual([]);
});

it("have names of their own, and say what holds", () => {
	expect(new Set(policies.map(({ name }) => name)).size).toBe(policies.length);
	for (const { description } of policies) expect(description).toMatch(/^[A-Z].*\.$/);
});

describe("of a stack in production", () => {
	const bad: [string, Record<string, string>, string][] = [
		[
			"a base without a digest",
			{ base: "debian:bookworm-slim" },
			"production-base-pinned: stack test, resource debbase-image: base debian:bookworm-slim is not pinned by a digest: its content can change unseen; write base: debian:bookworm-slim@sha256:<64 hexadecimal digits>; npm run refresh looks it up",
		],
		[
			"a base of today's archive",
			{ base: "archive" },
			"production-base-pinned: stack test, resource base-bootstrap: snapshot is not there: base archive is of the day on which it is bootstrapped; write snapshot: and a moment such as 20260101T000000Z, or a base with a digest",
		],
		[
			"a release past its LTS",
			{ release: "bullseye", base: `debian:bullseye-slim@${DIGEST}`, allowUnsupported: "true" },
			"production-supported: stack test, resource package-sbom: release bullseye has had no free security support since its LTS ended on 2026-08-31; write release: bookworm or trixie",
		],
		[
			"a Python past its end",
			{ pythonVersion: "3.9.25" },
			'production-supported: stack test, resource package-sbom: pythonVersion 3.9.25: CPython 3.9 has had no security fixes since its end of life, 2025-10-31; write pythonVersion: "3.11.16" or "3.12.14" or "3.13.15" or "3.14.7"',
		],
		[
			"a quick compile",
			{ profile: "quick" },
			"production-profile: stack test, resource package-build: profile quick is for trying things out: neither PGO nor LTO; write profile: optimized or hardened",
		],
	];

	it.each(bad)("%s is one violation", async (_, config, message) => {
		expect(await violations(await record({ ...GOOD, ...config }))).toEqual([message]);
	});

	it("a second Python is looked at too", async () => {
		const { pythonVersion: _, profile: __, ...others } = GOOD;
		const pythons = JSON.stringify([{ version: "3.13.15" }, { version: "3.9.25" }]);
		const said = await violations(await record({ ...others, pythons }));
		expect(said).toEqual([expect.stringContaining("resource package-3.9-sbom: pythonVersion")]);
	});

	it.each([
		["a moment of the archive", { base: "archive", snapshot: "20260101T000000Z" }],
		["the newest release", { release: "trixie", base: `debian:trixie-slim@${DIGEST}` }],
		["hardened", { profile: "hardened" }],
	])("%s is none", async (_, config) => {
		expect(await violations(await record({ ...GOOD, ...config }))).toEqual([]);
	});

	it("an archive that changes no more is no base that moves", async () => {
		const config = { release: "jessie", pythonVersion: "3.6.15", allowUnsupported: "true" };
		const said = await violations(await record({ ...GOOD, ...config, base: "archive" }));
		expect(said.map((line) => line.split(": ")[0])).toEqual([
			"production-supported",
			"production-supported",
		]);
	});

	it("its stack file may say it", async () => {
		const stack = await record({ ...GOOD, profile: "quick" });
		const tags = (value: string) =>
			pulumi.runtime.setConfig("pulumi:tags", JSON.stringify({ environment: value }));
		expect(await violations(stack, new Map())).toEqual([]);
		tags("staging");
		expect(await violations(stack, new Map())).toEqual([]);
		tags("production");
		expect(await violations(stack, new Map())).toHaveLength(1);
	});

	it.each([new Map(), new Map([["environment", "staging"]])])(
		"and of none that is tagged %o",
		async (tags) => {
			for (const [, config] of bad)
				expect(await violations(await record({ ...GOOD, ...config }), tags)).toEqual([]);
		},
	);
});

describe("of a repository in Amazon ECR", () => {
	const PUBLISHED = "python-3\\.13\\.15-r1-[0-9a-f]{12}, which is published,";

	it.each([
		[
			"without scanning",
			{ imageScanningConfiguration: { scanOnPush: false } },
			/^ecr-repository: stack test, resource registry-repository: imageScanningConfiguration does not scan on push.*; set scanOnPush: true in /,
		],
		[
			"without encryption of one's own",
			{ encryptionConfigurations: undefined },
			/^ecr-repository: stack test, resource registry-repository: encryptionConfigurations is not there.*; set encryptionType: AES256 or KMS in /,
		],
		[
			"whose tags all move",
			{ imageTagMutability: undefined },
			/^ecr-repository: stack test, resource registry-repository: imageTagMutability is MUTABLE: .*; set IMMUTABLE_WITH_EXCLUSION in /,
		],
		[
			"whose published tags move",
			{ imageTagMutabilityExclusionFilters: [{ filter: "python-3.*", filterType: "WILDCARD" }] },
			new RegExp(
				`^ecr-published-stays: stack test, resource registry-repository: imageTagMutabilityExclusionFilters has python-3\\.\\*, so that ${PUBLISHED} can be replaced; name what moves alone`,
			),
		],
	])("one %s is one violation", async (_, change, message) => {
		const stack = await record(GOOD);
		Object.assign(inputsOf(stack, "registry-repository"), change);
		expect(await violations(stack, new Map())).toEqual([expect.stringMatching(message)]);
	});

	it.each([
		["by its prefix", { tagStatus: "tagged", tagPrefixList: ["python-"] }],
		["by a pattern", { tagStatus: "tagged", tagPatternList: ["*-3.13.15-*"] }],
		["as all are", { tagStatus: "any" }],
	])(
		"a lifecycle by which a published image expires, %s, is one violation",
		async (_, selection) => {
			const stack = await record(GOOD);
			const inputs = inputsOf(stack, "registry-lifecycle");
			inputs.policy.rules.push({ rulePriority: 99, selection, action: { type: "expire" } });
			// As the provider has it.
			inputs.policy = JSON.stringify(inputs.policy);
			expect(await violations(stack, new Map())).toEqual([
				expect.stringMatching(
					new RegExp(
						`^ecr-published-stays: stack test, resource registry-lifecycle: policy has rule 99, by which ${PUBLISHED} expires; let rules name caches alone`,
					),
				),
			]);
		},
	);

	it("none without a lifecycle", async () => {
		const stack = await record(GOOD);
		stack.delete("registry-lifecycle");
		expect(await violations(stack, new Map())).toEqual([
			expect.stringMatching(
				/^ecr-published-stays: stack test, resource registry-repository: LifecyclePolicy is not there: .*; give the repository one/,
			),
		]);
	});
});

describe("of what is published", () => {
	it.each(["keyless", "kms", "awskms:///alias/debian-python"])(
		"one image that is not signed is one violation, with signing %s",
		async (signing) => {
			const stack = await record({ ...GOOD, signing });
			expect(await violations(stack, new Map())).toEqual([]);
			const { environment } = inputsOf(stack, "python-image-push");
			delete environment.SIGNING;
			expect(await violations(stack, new Map())).toEqual([
				`published-signed: stack test, resource python-image-push: signing is ${signing}, and nobody signs ${environment.IMAGE}, which is published; give its push SIGNING, as pushImage does (components/registry/push.ts), or write signing: none`,
			]);
		},
	);

	it.each<Record<string, string>>([{}, { signing: "none" }])(
		"nobody signs with %j",
		async (config) => {
			expect(await violations(await record({ ...GOOD, ...config }), new Map())).toEqual([]);
		},
	);
});

describe("of the inputs of a command", () => {
	const KEY = `-----BEGIN EC PRIVATE KEY-----\n${"A".repeat(64)}\n-----END EC PRIVATE KEY-----`;
	const BY_NAME = "has a secret by its name";

	it.each([
		["DB_PASSWORD", "hunter2", BY_NAME],
		["GITHUB_TOKEN", "hunter2", BY_NAME],
		["clientSecret", "hunter2", BY_NAME],
		["AWS_SECRET_ACCESS_KEY", "hunter2", BY_NAME],
		["NOTE", KEY, "has a private key"],
		["NOTE", JSON.stringify({ pem: KEY }), "has a private key"],
		["NOTE", `id ${"AKIA"}IOSFODNN7EXAMPLE`, "has an AWS access key"],
		["INDEX", "https://me:hunter2@index.example.org/simple", "has a URL with credentials"],
		["INDEX", "https://hunter2@index.example.org/simple", "has a URL with credentials"],
		["DATABASE", "postgres://me:hunter2@db.example.org/app", "has a URL with credentials"],
		["CHANGES", '["ENV DB_PASSWORD=\\"hunter2\\""]', "has a value for DB_PASSWORD"],
		["VARIABLES", '{"API_KEY":"hunter2"}', "has a value for API_KEY"],
		["create", "API_TOKEN=hunter2 exec node x.ts", "has a value for API_TOKEN"],
		["stdin", "password=hunter2", "has a value for password"],
	])("%s of %j is one violation, which does not tell it", async (key, value, what) => {
		const stack = await record(GOOD);
		const inputs = inputsOf(stack, "wheelbuild-image-sbom");
		Object.assign(/^[a-z]+$/.test(key) ? inputs : inputs.environment, { [key]: value });
		const said = await violations(stack, new Map());
		expect(said).toEqual([
			expect.stringContaining(
				`command-without-secrets: stack test, resource wheelbuild-image-sbom: ${key} ${what}, which the state and every preview show; remove it`,
			),
		]);
		expect(said.join()).not.toMatch(/hunter2|AAAA|IOSFODNN/);
	});

	it.each([
		["PASSWORD_FILE", "/run/secrets/password"],
		["SECRET_ARN", "arn:aws:secretsmanager:eu-north-1:123456789012:secret:x"],
		["TOKEN", ""],
		["TOKENIZER", "wordpiece"],
		["SOURCE", "ssh://git@example.org/team/app.git"],
		["PURL", "https://example.org/@scope/token/a?b=c"],
		["DISTRIBUTION", '{"distribution secretstorage":"3.3","distribution token":"1"}'],
		["CERTIFICATE", "-----BEGIN CERTIFICATE-----"],
	])("%s of %j is none", async (key, value) => {
		const stack = await record(GOOD);
		inputsOf(stack, "wheelbuild-image-sbom").environment[key] = value;
		expect(await violations(stack, new Map())).toEqual([]);
	});
});
