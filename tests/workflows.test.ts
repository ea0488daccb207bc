import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";

const ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";
const MINUTE = 60_000;

/** A step of a job, or of a composite action: only what the tests read. */
interface Step {
	readonly id?: string;
	readonly name?: string;
	readonly uses?: string;
	readonly run?: string;
	readonly with?: Readonly<Record<string, string | number | boolean>>;
}

interface Job {
	readonly if?: string;
	/** Another workflow, in the place of steps. */
	readonly uses?: string;
	readonly needs?: string;
	readonly "runs-on"?: string;
	readonly "timeout-minutes"?: number;
	readonly permissions?: Readonly<Record<string, string>>;
	readonly strategy?: {
		readonly "fail-fast": boolean;
		readonly matrix: { stack: string[] } | string;
	};
	readonly environment?: string;
	readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean };
	readonly steps: readonly Step[];
}

interface Workflow {
	readonly on: string | Readonly<Record<string, unknown>>;
	readonly permissions?: unknown;
	readonly defaults?: unknown;
	readonly jobs: Readonly<Record<string, Job>>;
}

const root = join(import.meta.dirname, "..");
const text = (path: string) => readFileSync(join(root, path), "utf8");

const workflowPaths = readdirSync(join(root, ".github/workflows"))
	.map((file) => `.github/workflows/${file}`)
	.sort();
const actionPath = ".github/actions/setup/action.yml";
const action = parse(text(actionPath)) as { runs: { steps: Step[] } };
const workflows = workflowPaths.map((path) => [path, parse(text(path)) as Workflow] as const);
const jobs = workflows.flatMap(([path, workflow]) =>
	Object.values(workflow.jobs)
		.filter(({ uses }) => uses === undefined)
		.map((job) => [path, job, workflow] as const),
);
const steps = [...jobs.flatMap(([, job]) => job.steps), ...action.runs.steps];
const stackJobs = jobs.filter(([path]) => !/\/(ci|compile)\.yml$/.test(path));
const TRIGGERS = ["pull_request", "push", "schedule", "workflow_call", "workflow_dispatch"];
const triggers = ({ on }: Workflow) => (typeof on === "string" ? [on] : Object.keys(on));

it("actionlint finds nothing", { timeout: 5 * MINUTE }, ({ skip }) => {
	const go = (...args: string[]) =>
		spawnSync("go", ["run", ACTIONLINT, ...args], { cwd: root, encoding: "utf8" });
	// Go compiles it at its first use, for which it must be able to download it.
	const version = go("-version");
	if (version.status !== 0) {
		const why = version.error?.message ?? version.stderr.trim();
		console.warn(`SKIPPED: actionlint did not check .github/workflows: ${why}`);
		skip("Go cannot run actionlint");
	}
	const { stdout, stderr } = go("-no-color", ...workflowPaths);
	expect(stdout + stderr).toBe("");
});

describe("the workflows", () => {
	it("are those of docs/ci.md", () => {
		const names = workflowPaths.map((path) => path.replace(/.*\//, ""));
		const documented = [...text("docs/ci.md").matchAll(/^\| `([\w-]+\.yml)`/gm)].map(
			([, name]) => name,
		);
		expect(documented.sort()).toEqual(names);
		expect(names).toEqual([
			...["ci.yml", "compile.yml", "drift.yml", "preview.yml", "refresh.yml", "up.yml"],
		]);
	});

	it("use other people's actions by commit, with the version beside it, the same everywhere", () => {
		const pins = new Map<string, string>();
		for (const path of [...workflowPaths, actionPath]) {
			const uses = [...text(path).matchAll(/^ *(?:- )?uses: (.+)$/gm)].map(([, value]) => value);
			expect(uses.length).toBeGreaterThan(0);
			for (const value of uses) {
				if (value?.startsWith("./.github/")) continue;
				expect(value).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
				const [name = "", pin = ""] = String(value).split("@");
				expect(pins.get(name) ?? pin, name).toBe(pin);
				pins.set(name, pin);
			}
		}
	});

	it.each(workflows)(
		"%s has read access at most, and its jobs what they need",
		(path, workflow) => {
			const write = { contents: "read", "id-token": "write" };
			const expected: Record<string, [workflow: unknown, job: unknown]> = {
				"ci.yml": [{ contents: "read" }, undefined],
				"preview.yml": [{}, { ...write, "pull-requests": "write" }],
				"compile.yml": [{}, write],
				"up.yml": [{}, write],
				"drift.yml": [{}, { ...write, issues: "write" }],
				// No role, so nothing of AWS; the branch is why it writes.
				"refresh.yml": [{}, { contents: "write", "pull-requests": "write" }],
			};
			for (const job of Object.values(workflow.jobs)) {
				expect([workflow.permissions, job.permissions]).toEqual(
					expected[path.replace(/.*\//, "")] ?? [],
				);
			}
		},
	);

	it("never run a fork's code with secrets", () => {
		for (const [path, job, workflow] of jobs) {
			for (const trigger of triggers(workflow)) {
				expect(TRIGGERS, path).toContain(trigger);
			}
			if (!triggers(workflow).includes("pull_request") || job.permissions === undefined) continue;
			const own = "github.event.pull_request.head.repo.full_name == github.repository";
			expect(job.if?.split(" && ")).toContain(own);
		}
	});

	it("have no key but the apt repository's, and leave no token in the checkout", () => {
		for (const path of [...workflowPaths, actionPath]) {
			// It is imported into the runner's keyring (docs/apt.md).
			const aptKey = path.endsWith("/up.yml") ? "secrets.APT_KEY" : "";
			const words = text(path).replace(aptKey, "");
			expect(words).not.toMatch(/secrets\.|access-key|PASSPHRASE|ACCESS_TOKEN/i);
		}
		const checkouts = steps.filter((step) => step.uses?.startsWith("actions/checkout@"));
		expect(checkouts).toHaveLength(jobs.length);
		for (const { with: values } of checkouts) expect(values?.["persist-credentials"]).toBe(false);
	});

	it("put nothing into a script but by the environment", () => {
		for (const { run } of steps) expect(run ?? "").not.toContain("${{");
	});

	it.each(jobs)("%s ends in time, before its credentials do", (_, job) => {
		const session = job.steps.find((step) => step.with?.role)?.with?.["session-seconds"] ?? 3600;
		const seconds = (job["timeout-minutes"] ?? Number.POSITIVE_INFINITY) * 60;
		if (job.permissions) expect(seconds).toBeLessThan(Number(session));
		else expect(seconds).toBeLessThan(2 * 3600);
	});

	it("have the Pulumi of package.json, and the Node that it wants", () => {
		const { dependencies, engines } = JSON.parse(text("package.json"));
		const value = (key: string) => steps.flatMap((step) => step.with?.[key] ?? []);
		expect(new Set(value("pulumi-version"))).toEqual(new Set([dependencies["@pulumi/pulumi"]]));
		expect(new Set(value("node-version").map((version) => `>=${version}`))).toEqual(
			new Set([engines.node]),
		);
	});
});

describe("a job for each stack", () => {
	const stacks = readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
	const production = stacks.filter((stack) => stack !== "local").sort();

	it.each(stackJobs)("%s has the stacks that have a file, but local", (_, job) => {
		const { matrix = "" } = job.strategy ?? {};
		expect(typeof matrix === "string" ? matrix : matrix.stack.toSorted()).toEqual(production);
		expect(job.strategy?.["fail-fast"]).toBe(false);
	});

	it("up runs for main alone, once per stack, in the stack's environment", () => {
		const [, job, workflow] = stackJobs.find(([path]) => path.endsWith("/up.yml")) ?? [];
		expect(workflow?.on).toEqual({ push: { branches: ["main"] } });
		expect(job?.environment).toMatch(/^\$\{\{ matrix\.stack \}\}$/);
		expect(job?.concurrency).toEqual({
			group: expect.stringMatching(/^up-\$\{\{ matrix\.stack \}\}$/),
			"cancel-in-progress": false,
		});
		const users = jobs.filter(([, { steps }]) =>
			steps.some((step) => String(step.with?.role).includes("AWS_UP_ROLE_ARN")),
		);
		expect(users.map(([path]) => path)).toEqual([".github/workflows/up.yml"]);
	});
});

describe("the compiles", () => {
	const compile = parse(text(".github/workflows/compile.yml")) as Workflow;
	const up = parse(text(".github/workflows/up.yml")) as Workflow;

	it("are those of the plan, each on its architecture, and none where there is nothing", () => {
		const { plan, compile: job } = compile.jobs;
		expect(plan?.steps.find(({ id }) => id === "plan")?.run).toContain("plan -- --jobs --json");
		expect(job).toMatchObject({
			needs: "plan",
			if: "fromJSON(needs.plan.outputs.matrix).include[0] != null",
			strategy: { "fail-fast": false, matrix: inExpression("fromJSON(needs.plan.outputs.matrix)") },
			"runs-on": inExpression(
				"matrix.platform == 'linux/arm64' && 'ubuntu-24.04-arm' || 'ubuntu-24.04'",
			),
		});
	});

	it("wait for no approval, with a role of their own, and are left to up without it", () => {
		const { plan, compile: job } = compile.jobs;
		expect(plan?.if).toBe("vars.PULUMI_BACKEND_URL != '' && vars.AWS_COMPILE_ROLE_ARN != ''");
		expect(job?.environment).toBeUndefined();
		const roles = job?.steps.flatMap((step) => step.with?.role ?? []);
		expect(roles).toEqual([inExpression("vars.AWS_COMPILE_ROLE_ARN")]);
	});

	it("come before up, which goes on where one failed", () => {
		expect(up.jobs.compile?.uses).toBe("./.github/workflows/compile.yml");
		expect(up.jobs.up).toMatchObject({
			needs: "compile",
			if: inExpression("!cancelled() && vars.PULUMI_BACKEND_URL != ''"),
		});
	});
});

/** As a value that GitHub computes. */
function inExpression(expression: string): string {
	return ["$", "{{ ", expression, " }}"].join("");
}

// With stand-ins for pulumi, gh and docker on PATH, which say how they were called.
describe("the script", () => {
	let folder: string;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "workflows-"));
		standIn("pulumi", 'echo "$FAKE_OUTPUT"; exit "$FAKE_STATUS"');
		// A search prints what it found; a call that changes something is noted.
		standIn(
			"gh",
			'case "$*" in *--paginate*) printf %s "$FAKE_FOUND" ;; *) echo "$*" >>calls ;; esac',
		);
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	function standIn(name: string, script: string): void {
		writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
	}

	function run(workflow: string, step: string, env: Record<string, string>) {
		const steps = jobs.flatMap(([path, job]) =>
			path.endsWith(`/${workflow}.yml`) ? job.steps : [],
		);
		const script = steps.find(({ id, name }) => [id, name].includes(step))?.run ?? "exit 99";
		const { status, stdout, stderr } = spawnSync(
			"bash",
			["--noprofile", "--norc", "-eo", "pipefail", "-c", script],
			{
				cwd: folder,
				encoding: "utf8",
				env: {
					PATH: `${folder}:${process.env.PATH}`,
					GITHUB_OUTPUT: join(folder, "output"),
					STACK: "bookworm",
					...env,
				},
			},
		);
		expect(stderr).toBe("");
		return { status, stdout };
	}

	function file(name: string): string {
		const path = join(folder, name);
		return existsSync(path) ? readFileSync(path, "utf8") : "";
	}

	describe("of a compile", () => {
		const environment = { TARGET: "package-3.12", REGISTRY: "host", STACK: "Bookworm" };
		const start =
			"local/main.ts --stack Bookworm --target package-3.12 --config registry=host/debian-python/bookworm --config ecrPullAccounts= --config signing=none\n";

		it.each([
			["pushes to the repository that is there", "", 0, start],
			["leaves a first up alone", "An error occurred (RepositoryNotFoundException)", 0, ""],
			["fails where nobody can tell", "An error occurred (AccessDenied)", 1, ""],
		])("%s", (_, problem, status, call) => {
			standIn("aws", `echo "$FAKE_OUTPUT"; [ -z "$FAKE_OUTPUT" ]`);
			standIn("node", 'echo "$*" >>calls');
			expect(run("compile", "compile", { ...environment, FAKE_OUTPUT: problem }).status).toBe(
				status,
			);
			expect(file("calls")).toBe(call);
		});
	});

	it.each([
		["0", "success"],
		["1", "failure"],
	])("of a preview that exits with %s keeps its output and status", (status) => {
		const env = { FAKE_STATUS: status, FAKE_OUTPUT: "error: bad config" };
		expect(run("preview", "preview", env).status).toBe(Number(status));
		expect(file("preview.txt")).toBe("error: bad config\n");
	});

	it("of a preview has the policies look at it", () => {
		standIn("pulumi", 'echo "$*"');
		expect(run("preview", "preview", {}).stdout).toMatch(
			/^preview --stack bookworm --policy-pack policies /,
		);
	});

	it.each([
		["makes a comment", "", "api --silent repos/{owner}/{repo}/issues/12/comments"],
		[
			"updates its comment",
			"34",
			"api --silent --method PATCH repos/{owner}/{repo}/issues/comments/34",
		],
	])("%s, which GitHub's limit of 65536 holds", (_, found, call) => {
		writeFileSync(join(folder, "preview.txt"), "é".repeat(50_000));
		const env = { FAKE_FOUND: found, PULL_REQUEST: "12", COMMIT: "abc", OUTCOME: "failure" };
		expect(run("preview", "comment", env).status).toBe(0);
		expect(file("calls")).toBe(`${call} --field body=@comment.md\n`);
		expect(file("comment.md").split("\n").slice(0, 2)).toEqual([
			"<!-- pulumi preview bookworm -->",
			"**pulumi preview of bookworm**, abc: failure",
		]);
		expect(Buffer.byteLength(file("comment.md"))).toBeLessThan(61_000);
		expect(file("comment.md")).toMatch(/\n````\n$/);
	});

	it.each([
		["no drift", "0", 0, "drift=false\n"],
		["drift", "7", 0, "drift=true\n"],
		["neither, for an error", "1", 1, ""],
	])("of drift finds %s", (_, status, exit, output) => {
		expect(run("drift", "preview", { FAKE_STATUS: status }).status).toBe(exit);
		expect(file("output")).toBe(output);
	});

	it.each([
		["nothing counts", 0],
		["something does", 1],
		["nobody could be asked", 2],
	])("of the audit ends as that where %s, and shows what it says", (_, exit) => {
		standIn("npm", 'echo "$*"; echo "error: why" >&2; exit "$FAKE_STATUS"');
		const env = { FAKE_STATUS: String(exit), GITHUB_STEP_SUMMARY: join(folder, "summary") };
		expect(run("drift", "audit", env).status).toBe(exit);
		const call = "run --silent audit -- --stack bookworm --fail-on high";
		expect(file("summary")).toBe(`${call}\nerror: why\n`);
	});

	const issues = "repos/{owner}/{repo}/issues";
	it.each([
		[
			"opens an issue",
			"true",
			"",
			[`api --silent ${issues} --raw-field title=T --field body=@issue.md`],
		],
		[
			"updates the issue",
			"true",
			"5",
			[`api --silent --method PATCH ${issues}/5 --field body=@issue.md`],
		],
		[
			"closes the issue",
			"false",
			"5",
			[
				`api --silent ${issues}/5/comments --raw-field body=No drift any more ([run](URL)).`,
				`api --silent --method PATCH ${issues}/5 --raw-field state=closed`,
			],
		],
		["does nothing", "false", "", []],
	])("of drift %s", (_, drift, found, calls) => {
		writeFileSync(join(folder, "drift.txt"), "~ repository: changed\n");
		const env = { FAKE_FOUND: found, DRIFT: drift, TITLE: "T", RUN: "URL" };
		expect(run("drift", "issue", env).status).toBe(0);
		expect(file("calls")).toBe(calls.map((call) => `${call}\n`).join(""));
		if (drift === "true") expect(file("issue.md")).toContain("~ repository: changed");
	});

	describe("of refresh", () => {
		const git = (...args: string[]) =>
			spawnSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
				cwd: folder,
			});
		const environment = { OWNER: "team", BASE: "main", FAKE_FOUND: "" };
		const calls = () =>
			file("calls")
				.split("\n")
				.map((call) => call.replace(/[0-9a-f]{40}/g, "SHA").replace(/ --jq .*/, ""));

		beforeEach(() => {
			writeFileSync(join(folder, "Pulumi.bookworm.yaml"), "config: {}\n");
			git("init", "--quiet");
			git("add", "Pulumi.bookworm.yaml");
			git("commit", "--quiet", "--message=t");
			writeFileSync(join(folder, "refresh.txt"), "bookworm\n  base  old -> new\n");
		});

		const edit = () => writeFileSync(join(folder, "Pulumi.bookworm.yaml"), "config: {a: b}\n");

		it("does nothing where the file is as it was", () => {
			expect(run("refresh", "pull request", environment).status).toBe(0);
			expect(file("calls")).toBe("");
		});

		const COMMIT = [
			"api repos/{owner}/{repo}/git/trees --raw-field base_tree=SHA" +
				" --raw-field tree[][path]=Pulumi.bookworm.yaml --raw-field tree[][mode]=100644" +
				" --raw-field tree[][type]=blob --field tree[][content]=@Pulumi.bookworm.yaml",
			"api repos/{owner}/{repo}/git/commits --raw-field message=Refresh the stack bookworm" +
				" --raw-field tree= --raw-field parents[]=SHA",
		];

		it("makes a branch and its pull request", () => {
			edit();
			expect(run("refresh", "pull request", environment).status).toBe(0);
			expect(calls()).toEqual([
				...COMMIT,
				"api --silent repos/{owner}/{repo}/git/refs --raw-field ref=refs/heads/refresh/bookworm --raw-field sha=",
				"api --silent repos/{owner}/{repo}/pulls --raw-field title=Refresh the stack bookworm" +
					" --raw-field head=refresh/bookworm --raw-field base=main --field body=@body.md",
				"",
			]);
			expect(file("body.md")).toContain("base  old -> new");
		});

		it("updates those that are there", () => {
			edit();
			expect(run("refresh", "pull request", { ...environment, FAKE_FOUND: "12" }).status).toBe(0);
			expect(calls()).toEqual([
				"api repos/{owner}/{repo}/contents/Pulumi.bookworm.yaml?ref=refresh/bookworm",
				...COMMIT,
				"api --silent --method PATCH repos/{owner}/{repo}/git/refs/heads/refresh/bookworm --raw-field sha= --field force=true",
				"api --silent --method PATCH repos/{owner}/{repo}/pulls/12 --field body=@body.md",
				"",
			]);
		});
	});
});
