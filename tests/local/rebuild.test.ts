import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { changeOptions, labelInstructions } from "../../components/step/instructions.ts";
import { Checkout, docker, type RunOutputs, removeImages } from "./checkout.ts";
import { writeHello } from "./hello.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * Who makes a published image again, in another checkout and in a Docker daemon that has nothing.
 */

const MINUTE = 60_000;

let folder: string;
let registry: TestRegistry;
let checkout: Checkout;
/** Another checkout of the same repository. */
let clone: string;
let outputs: RunOutputs;
/** The app's image, with its registry. */
let app: string;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "rebuild-"));
	registry = await startRegistry();
	process.env.DOCKER_CONFIG = registry.login();
	checkout = new Checkout();
	writeHello(checkout);
	await seedImages(checkout, checkout.repository, upTo("package"));
	const file = `Pulumi.${checkout.stack}.yaml`;
	const text = readFileSync(join(checkout.folder, file), "utf8")
		.replace("base: archive", `base: ${publishBase()}`)
		.replace("registry: none", `registry: ${registry.host}/team/python`);
	checkout.write(file, `${text}  debian-python:apps: [hello]\n`);
	commit("All that there is");
	outputs = await checkout.build();
	app = outputs.apps.hello?.name ?? "";
	clone = join(folder, "clone");
	git("clone", "--quiet", checkout.folder, clone);
	symlinkSync(join(process.cwd(), "node_modules"), join(clone, "node_modules"));
}, 20 * MINUTE);
afterAll(() => {
	removeImages(`${registry.host}/team/*`);
	checkout.remove();
	registry.stop();
	rmSync(folder, { recursive: true });
});

/** What has a former state beside it in Debian's own images, from their bootstrap. */
const LEFTOVERS = [
	"/var/cache/debconf/config.dat",
	"/var/cache/debconf/templates.dat",
	"/var/lib/dpkg/diversions",
	"/var/lib/dpkg/status",
];

/** A base that is the same for everybody, by its digest. */
function publishBase(): string {
	const [seeded] = docker(
		"image",
		"ls",
		"--format",
		"{{.ID}}",
		`${checkout.repository}:base-*`,
	).split("\n");
	const name = `${registry.host}/team/base:1`;
	const script = `for file in ${LEFTOVERS.join(" ")}; do cp --archive $file $file-old; done`;
	execFileSync("docker", ["build", `--tag=${name}`, "-"], {
		input: `FROM ${seeded}\nRUN ${script}\n`,
		stdio: ["pipe", "ignore", "pipe"],
	});
	const digest = /sha256:[0-9a-f]{64}/.exec(docker("push", name))?.[0];
	return `${registry.host}/team/base@${digest}`;
}

function git(...args: string[]): string {
	const identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"];
	return execFileSync("git", [...identity, ...args], {
		cwd: checkout.folder,
		encoding: "utf8",
		stdio: ["ignore", "pipe", "pipe"],
	}).trim();
}

/** Commit all of the checkout; returns the commit. */
function commit(message: string): string {
	git("init", "--quiet");
	git("add", "--all");
	git("commit", "--quiet", "--message", message);
	return git("rev-parse", "HEAD");
}

async function rebuild(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
	const script = 'umask 077; exec node commands/rebuild/main.ts "$@"';
	const { exitCode, stdout, stderr } = await execa("sh", ["-c", script, "sh", ...args], {
		cwd,
		env: { TZ: "Asia/Tokyo", ...env },
		reject: false,
	});
	return { exitCode, stdout, stderr };
}

it(
	"an app and all below it are the same in another checkout, time zone, umask and daemon",
	async () => {
		const { exitCode, stdout, stderr } = await rebuild(clone, [app]);
		expect([exitCode, stdout], stderr).toEqual([0, expect.stringMatching(/^equal$/m)]);
		expect(stdout).toContain(`npm start -- --stack ${checkout.stack} --target app-hello`);
		// Nothing came from elsewhere.
		for (const artefact of ["debbase", "package", "python", "wheel-markupsafe", "app-hello"])
			expect(stderr).toMatch(new RegExp(`^${artefact} +built`, "m"));
		expect(docker("network", "ls", "--quiet", "--filter", "name=debian-python-")).toBe("");
	},
	15 * MINUTE,
);

it(
	"of an image that somebody changed it names the file",
	async () => {
		const tampered = `${registry.host}/team/python/hello:tampered`;
		const [image] = JSON.parse(docker("image", "inspect", app)) as [
			{ Config: { Labels: Record<string, string> } },
		];
		const container = docker("create", outputs.images["dependencies-hello" as "python"].name);
		execFileSync("docker", ["cp", "-", `${container}:/`], { input: changedApp() });
		const changes = changeOptions(labelInstructions(image.Config.Labels));
		docker("commit", ...changes, container, tampered);
		docker("rm", container);
		docker("push", tampered);
		const { exitCode, stdout, stderr } = await rebuild(checkout.folder, [
			tampered,
			`--commit=${quickCommit()}`,
		]);
		expect([exitCode, stdout], stderr).toEqual([
			1,
			expect.stringMatching(/^differs: layer \d+: \/app\/server\.py: its content differs$/m),
		]);
	},
	5 * MINUTE,
);

/** The app's files, one of which says something else, as a tar. */
function changedApp(): Buffer {
	const container = docker("create", app);
	const script = `
		docker cp "$1:/app" "$2/app"
		echo '# changed' >>"$2/app/server.py"
		tar --create --directory="$2" app`;
	try {
		return execFileSync("sh", ["-euc", script, "sh", container, folder], { maxBuffer: 1e9 });
	} finally {
		docker("rm", container);
	}
}

/** A commit whose program has the right image at once: what is looked at here is what comes after. */
function quickCommit(): string {
	const file = join(folder, "app.tar");
	docker("save", "--output", file, app);
	const program = `
		import { execFileSync } from "node:child_process";
		execFileSync("docker", ["load", "--quiet", "--input", ${JSON.stringify(file)}]);
		console.log(${JSON.stringify(JSON.stringify({ apps: { hello: { name: app } } }))});`;
	writeFileSync(join(checkout.folder, "local/main.ts"), program);
	return commit("Have the image");
}

it("a daemon that has something is refused", async () => {
	const host = "unix:///var/run/docker.sock";
	const { exitCode, stderr } = await rebuild(clone, [app], { DOCKER_HOST: host });
	expect(exitCode).toBe(2);
	expect(stderr).toMatch(/^error: the Docker daemon at \S+ has \d+ images, and must be empty; /m);
});

it.each([
	["a commit that is not there", ["--commit", "0".repeat(40)], /does not have the commit 0{40}/],
	[
		"a config of another image",
		["-c", "packageRelease=9"],
		/no stack of that commit makes an image with the key/,
	],
])("%s is refused, with what helps", async (_, args, message) => {
	const { exitCode, stderr } = await rebuild(clone, [app, ...args]);
	expect(exitCode).toBe(2);
	expect(stderr).toMatch(message);
});
