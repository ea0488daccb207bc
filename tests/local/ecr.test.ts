import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { GetLifecyclePolicyCommand, GetRepositoryPolicyCommand } from "@aws-sdk/client-ecr";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { dockerPush } from "../../components/distribution/daemon.ts";
import { tagOf } from "../../components/image-name.ts";
import { Checkout, docker, type Ended, type RunOutputs } from "./checkout.ts";
import { describeRepository, ECR_HOST, startEcr, type TestEcr } from "./ecr.ts";
import { seedImages } from "./seed.ts";

/*
 * `registry: ecr` against moto's API and a data plane of the tests' own. See ecr.ts for what of the
 * real one they do not play.
 */

const MINUTE = 60_000;
const CONFIG = ["-c", "registry=ecr", "-c", 'ecrPullAccounts=["210987654321"]'];

type Outputs = RunOutputs & { images: { python: { digest: string } } };

/** The outputs of a run of the stack with the app hello. */
type AppOutputs = Outputs & { apps: Record<"hello", { name: string; digest: string }> };

let ecr: TestEcr;
let checkout: Checkout;
/** The repository's path, which is its name for the API. */
let path: string;
/** The repository's whole name. */
let repository: string;
let outputs: Outputs;
/** Those of the first run with the app. */
let made: AppOutputs;

/** What a run's summary says of each artefact: `python built`. */
const rows = ({ stderr }: Ended) =>
	stderr.match(/^[a-z]+ +(built|reused|pushed|to build|to push)\b.*$/gm) ?? [];

beforeAll(async () => {
	// Nothing of the machine's own.
	for (const name of Object.keys(process.env))
		if (name.startsWith("AWS_")) delete process.env[name];
	ecr = await startEcr();
	Object.assign(process.env, ecr.env);
	checkout = new Checkout();
	path = `debian-python/${checkout.stack}`;
	repository = `${ECR_HOST}/${path}`;
	await seedImages(checkout, repository);
}, 25 * MINUTE);
afterAll(() => {
	ecr?.stop();
	if (checkout === undefined) return;
	// Also what a tag moved away from.
	const name = '{{.Repository}}{{if eq .Tag "<none>"}}@{{.Digest}}{{else}}:{{.Tag}}{{end}}';
	const names = [repository, `${repository}/hello`]
		.flatMap((each) => docker("image", "ls", "--digests", "--format", name, each).split("\n"))
		.filter((each) => each !== "");
	if (names.length > 0) docker("image", "rm", "--force", ...new Set(names));
	checkout.remove();
});
afterEach(() => {
	vi.unstubAllEnvs();
});

/** Write an app that needs nothing of the package index, and says a word. */
function writeApp(word: string): void {
	mkdirSync(join(checkout.folder, "hello"), { recursive: true });
	const table = '[tool.debian-python]\ncommand = ["python", "hello.py"]\n';
	checkout.write("hello/pyproject.toml", `[project]\nname = "hello"\nversion = "1.0"\n${table}`);
	checkout.write("hello/pylock.toml", 'lock-version = "1.0"\ncreated-by = "by hand"\n');
	checkout.write("hello/hello.py", `print("${word}")\n`);
}

async function buildApp(): Promise<AppOutputs> {
	return (await checkout.build([...CONFIG, "-c", 'apps=["hello"]'])) as AppOutputs;
}

/** Run the stack where the machine lacks something, and expect one error before anything is made. */
async function refused(): Promise<string> {
	const ended = await checkout.run(CONFIG);
	expect(ended.exitCode).toBe(1);
	expect(rows(ended)).toEqual([]);
	expect(await describeRepository(ecr.client, path)).toBeUndefined();
	const errors = ended.stderr.match(/^error: .*$/gm) ?? [];
	expect(errors).toHaveLength(1);
	expect(ended.stderr).not.toMatch(/^ +at /m);
	return errors[0] ?? "";
}

describe("without what AWS needs, one error before the first build", () => {
	it(
		"no Docker credentials: it has the command that logs in",
		async () => {
			vi.stubEnv("DOCKER_CONFIG", "/nonexistent");
			const login = `aws ecr get-login-password --region us-east-1 | docker login --username AWS --password-stdin ${ECR_HOST}`;
			expect(await refused()).toBe(
				`error: registry: the machine's Docker has no credentials for ${ECR_HOST}, which wants some; run: ${login}`,
			);
		},
		MINUTE,
	);

	it(
		"no AWS credentials",
		async () => {
			vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
			expect(await refused()).toMatch(
				/your AWS account: .*credentials.*aws sts get-caller-identity/i,
			);
		},
		MINUTE,
	);

	it(
		"no region",
		async () => {
			vi.stubEnv("AWS_REGION", undefined);
			expect(await refused()).toMatch(/Region is missing; check AWS_REGION/);
		},
		MINUTE,
	);
});

describe("a stack with an Amazon ECR repository", () => {
	it(
		"is previewed with all its names, and nothing is made",
		async () => {
			const ended = await checkout.run([...CONFIG, "--preview", "--json"]);
			expect(ended.exitCode).toBe(0);
			outputs = JSON.parse(ended.stdout) as Outputs;
			expect(outputs.images.python.name).toMatch(
				new RegExp(`^${repository}:python-3.13.5-r1-[0-9a-f]{12}$`),
			);
			expect(rows(ended)).toContainEqual(expect.stringMatching(/^python +to build/));
			expect(await describeRepository(ecr.client, path)).toBeUndefined();
			expect(ecr.pushed).toEqual([]);
		},
		MINUTE,
	);

	it(
		"pushes every artefact, with the region where only the AWS CLI looks",
		async () => {
			vi.stubEnv("AWS_REGION", undefined);
			vi.stubEnv("AWS_DEFAULT_REGION", "us-east-1");
			const previewed = outputs.images.python.name;
			outputs = (await checkout.build(CONFIG)) as Outputs;
			expect(outputs.images.python.name).toBe(previewed);
			const tags = Object.keys(await ecr.contents(path));
			for (const { name } of Object.values(outputs.images))
				expect(tags).toContain(name.split(":").at(-1));
			expect(tags).toEqual(
				expect.arrayContaining([
					"python-3.13.5",
					"python-3.13",
					`package-${outputs.package.key}`,
					expect.stringMatching(/^base-/),
					expect.stringMatching(/^builder-/),
					expect.stringMatching(/^buildwheel-/),
				]),
			);
			expect(tags).toHaveLength(10);
		},
		12 * MINUTE,
	);

	it("has a repository with tags that never move but for caches and aliases", async () => {
		expect(await describeRepository(ecr.client, path)).toMatchObject({
			repositoryUri: repository,
			imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
			imageTagMutabilityExclusionFilters: [
				"b*",
				"debbase-*",
				"pybuild-*",
				"python-3.13.5",
				"python-3.13",
			].map((filter) => ({ filter, filterType: "WILDCARD" })),
			imageScanningConfiguration: { scanOnPush: true },
			encryptionConfiguration: { encryptionType: "AES256" },
		});
	});

	it("has a lifecycle policy that published images are not in", async () => {
		const get = new GetLifecyclePolicyCommand({ repositoryName: path });
		const { lifecyclePolicyText = "" } = await ecr.client.send(get);
		const { rules } = JSON.parse(lifecyclePolicyText) as {
			rules: { selection: Record<string, unknown> }[];
		};
		const tagged = (prefix: string, countNumber: number) => ({
			tagStatus: "tagged",
			tagPrefixList: [prefix],
			countType: "imageCountMoreThan",
			countNumber,
		});
		expect(rules.map(({ selection }) => selection)).toEqual([
			tagged("base-", 10),
			tagged("debbase-", 10),
			tagged("pybuild-", 10),
			tagged("builder-", 10),
			tagged("compiled-", 10),
			tagged("profile-", 10),
			tagged("package-", 50),
			{
				tagStatus: "untagged",
				countType: "sinceImagePushed",
				countUnit: "days",
				countNumber: 7,
			},
		]);
	});

	it("lets the other accounts pull, and no more", async () => {
		const get = new GetRepositoryPolicyCommand({ repositoryName: path });
		const { policyText = "" } = await ecr.client.send(get);
		expect(JSON.parse(policyText)).toMatchObject({
			Version: "2012-10-17",
			Statement: [
				{
					Effect: "Allow",
					Principal: { AWS: ["210987654321"] },
					Action: [
						"ecr:BatchCheckLayerAvailability",
						"ecr:BatchGetImage",
						"ecr:GetDownloadUrlForLayer",
					],
				},
			],
		});
	});

	it(
		"gives its image back by digest, and it runs",
		async () => {
			const { name, digest } = outputs.images.python;
			const tag = name.split(":").at(-1) ?? "";
			expect(digest).toBe(`${repository}@${(await ecr.contents(path))[tag]}`);
			const id = docker("image", "inspect", "--format", "{{.Id}}", name);
			// By all its names, and what holds its layers.
			const aliases = ["3.13.5", "3.13"].map((version) => `${repository}:python-${version}`);
			docker("image", "rm", "--force", name, ...aliases, outputs.images.wheelbuild.name);
			expect(docker("image", "ls", "--quiet", repository)).not.toContain(id.slice(7, 19));
			// Not in this process's own time, which the data plane needs.
			await execa("docker", ["pull", "--quiet", digest]);
			expect(docker("image", "inspect", "--format", "{{.Id}}", digest)).toBe(id);
			expect(docker("run", "--rm", digest, "python", "-c", "import ssl; print('ok')")).toBe("ok");
		},
		2 * MINUTE,
	);

	it(
		"run again, pushes and moves nothing",
		async () => {
			const [before, description] = [
				await ecr.contents(path),
				await describeRepository(ecr.client, path),
			];
			ecr.pushed.length = 0;
			const ended = await checkout.run([...CONFIG, "--json"]);
			expect(ended.exitCode).toBe(0);
			expect(rows(ended).filter((row) => !row.includes("reused"))).toEqual([]);
			expect(JSON.parse(ended.stdout)).toEqual(outputs);
			expect(ecr.pushed).toEqual([]);
			expect(await ecr.contents(path)).toEqual(before);
			expect(await describeRepository(ecr.client, path)).toEqual(description);
		},
		2 * MINUTE,
	);

	it(
		"has one of its own in it for an app, with the image and what leads to the newest",
		async () => {
			writeApp("1");
			made = await buildApp();
			const { name, digest } = made.apps.hello;
			const tag = tagOf(name);
			expect(name).toMatch(new RegExp(`^${repository}/hello:1\\.0-[0-9a-f]{12}$`));
			const contents = await ecr.contents(`${path}/hello`);
			expect(Object.keys(contents).sort()).toEqual([tag, "latest"]);
			expect(contents.latest).toBe(contents[tag]);
			expect(digest).toBe(`${repository}/hello@${contents[tag]}`);
			const tags = Object.keys(await ecr.contents(path));
			expect(tags.filter((each) => each.includes("hello")).sort()).toEqual([
				expect.stringMatching(/^dependencies-hello-/),
				expect.stringMatching(/^wheelhouse-hello-/),
			]);
			await execa("docker", ["pull", "--quiet", digest]);
			expect(docker("run", "--rm", "--read-only", digest)).toBe("1");
		},
		5 * MINUTE,
	);

	it("that one lets latest move alone, keeps all that has a tag, and lets the others pull", async () => {
		const own = { repositoryName: `${path}/hello` };
		expect(await describeRepository(ecr.client, own.repositoryName)).toMatchObject({
			imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
			imageTagMutabilityExclusionFilters: [{ filter: "latest", filterType: "WILDCARD" }],
			imageScanningConfiguration: { scanOnPush: true },
			encryptionConfiguration: { encryptionType: "AES256" },
		});
		const lifecycle = await ecr.client.send(new GetLifecyclePolicyCommand(own));
		expect(JSON.parse(lifecycle.lifecyclePolicyText ?? "")).toMatchObject({
			rules: [{ selection: { tagStatus: "untagged" } }],
		});
		const policy = await ecr.client.send(new GetRepositoryPolicyCommand(own));
		expect(JSON.parse(policy.policyText ?? "")).toMatchObject({
			Statement: [{ Effect: "Allow", Principal: { AWS: ["210987654321"] } }],
		});
	});

	it(
		"run again with the app, pushes nothing, and after a change of its code the app alone",
		async () => {
			ecr.pushed.length = 0;
			expect(await buildApp()).toEqual(made);
			expect(ecr.pushed).toEqual([]);
			writeApp("2");
			const changed = (await buildApp()).apps.hello;
			expect(ecr.pushed).toEqual([`${path}/hello:${tagOf(changed.name)}`, `${path}/hello:latest`]);
			const contents = await ecr.contents(`${path}/hello`);
			expect(contents.latest).toBe(contents[tagOf(changed.name)]);
			expect(contents[tagOf(made.apps.hello.name)]).not.toBe(contents.latest);
		},
		5 * MINUTE,
	);

	it(
		"lets the names move that move by design, and no published one",
		async () => {
			const other = docker("image", "inspect", "--format", "{{.Id}}", outputs.images.debbase.name);
			const before = await ecr.contents(path);
			for (const tag of Object.keys(before)) {
				const name = `${repository}:${tag}`;
				if (tag.startsWith("debbase-")) continue;
				docker("tag", other, name);
				if (/^(package-|wheelhouse-|dependencies-|(python|wheelbuild)-.*-r1-)/.test(tag)) {
					await expect(dockerPush(name)).rejects.toThrow(
						/has other content under this tag, and its tags are immutable; raise packageRelease/,
					);
				} else {
					await expect(dockerPush(name)).resolves.toMatch(/^sha256:/);
				}
			}
		},
		3 * MINUTE,
	);
});
