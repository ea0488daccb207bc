import { randomBytes } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Version } from "@cyclonedx/cyclonedx-library/Spec";
import { JsonStrictValidator } from "@cyclonedx/cyclonedx-library/Validation";
import { execa } from "execa";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tagOf } from "../../components/image-name.ts";
import type { Statement } from "../../components/sbom/provenance.ts";
import { sha256 } from "../../components/step/file.ts";
import { normalizeName } from "../../stacks/lock/names.ts";
import { launchBrowser } from "./browser.ts";
import { Checkout, docker, type RunOutputs } from "./checkout.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * The example app as its users have it: built by the stack local, opened in Chromium, with SQLite and
 * with a PostgreSQL from Debian in a container of its own, and stopped.
 */

const MINUTE = 60_000;
const NETWORK = `guestbook-${randomBytes(4).toString("hex")}`;
const started: string[] = [];
let checkout: Checkout;
let outputs: RunOutputs;
let browser: Browser;

beforeAll(async () => {
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("wheelbuild"));
	appendFileSync(
		join(checkout.folder, `Pulumi.${checkout.stack}.yaml`),
		"  debian-python:apps: [examples/guestbook]\n",
	);
	outputs = await checkout.build();
	browser = await launchBrowser();
	docker("network", "create", NETWORK);
}, 20 * MINUTE);
afterAll(async () => {
	await browser?.close();
	for (const container of started) docker("rm", "--force", "--volumes", container);
	docker("network", "rm", NETWORK);
	checkout.remove();
});

/** What is looked at of an SBOM. */
interface Bom {
	readonly components: readonly Component[];
	readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: string[] }[];
}
interface Component {
	readonly name: string;
	readonly version: string;
	readonly purl?: string;
	readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

/** Start a container, by what stands at the end of `docker run` and what stands before. */
function start(command: readonly string[], ...options: string[]): string {
	const container = docker("run", "--detach", `--network=${NETWORK}`, ...options, ...command);
	started.push(container);
	return container;
}

/** The app, read-only, as a user that nobody knows, with a port of this machine's loopback. */
function startApp(...args: string[]): { container: string; url: string } {
	const strict = ["--read-only", "--tmpfs=/tmp", "--user=54321:54321", "--cap-drop=ALL"];
	const app = outputs.apps.guestbook?.name ?? "";
	const container = start([app], ...strict, "--publish=127.0.0.1::8000", ...args);
	return { container, url: `http://${docker("port", container, "8000")}/` };
}

/** Until a condition holds, asked once in a while. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
	while (!(await holds())) await sleep(200);
}

const answers = (url: string) =>
	fetch(url).then(
		({ ok }) => ok,
		() => false,
	);

/** Write a line into the form, and return all lines of the page that comes. */
async function write(url: string, name: string, line: string): Promise<string[]> {
	const page = await browser.newPage();
	try {
		await page.goto(url);
		await page.getByLabel("Name").fill(name);
		await page.getByLabel("Line").fill(line);
		await page.getByRole("button", { name: "Write" }).click();
		await page.getByText(line).waitFor();
		return await page.getByRole("listitem").allTextContents();
	} finally {
		await page.close();
	}
}

it(
	"shows a page, on which visitors write, with nothing set",
	async () => {
		const { url } = startApp();
		await until(() => answers(url));
		expect(await write(url, "Ada", "1 < 2 & <b>")).toEqual(["Ada: 1 < 2 & <b>"]);
		expect(await write(url, "Bob", "second")).toEqual(["Bob: second", "Ada: 1 < 2 & <b>"]);
	},
	MINUTE,
);

it(
	"shows it by the line with which the run ends",
	async () => {
		const { stdout, stderr } = await checkout.run();
		const line = /docker run --rm (.*) -p 127\.0\.0\.1:8000:8000 (\S+)$/m.exec(stdout + stderr);
		const [, options = "", image = ""] = line ?? [];
		expect(image).toBe(outputs.apps.guestbook?.name);
		const container = start([image], ...options.split(" "), "--publish=127.0.0.1::8000");
		const url = `http://${docker("port", container, "8000")}/`;
		await until(() => answers(url));
		expect(await write(url, "Eve", "third")).toEqual(["Eve: third"]);
	},
	MINUTE,
);

it(
	"turns healthy, and ends with status 0 within two seconds of SIGTERM",
	async () => {
		const { container } = startApp("--health-interval=1s");
		const health = () => docker("inspect", "--format", "{{.State.Health.Status}}", container);
		await until(() => health() === "healthy");
		const before = Date.now();
		docker("stop", "--time=30", container);
		expect(Date.now() - before).toBeLessThan(2000);
		expect(docker("inspect", "--format", "{{.State.ExitCode}}", container)).toBe("0");
	},
	MINUTE,
);

describe("its SBOM", () => {
	const app = () => outputs.apps.guestbook?.name ?? "";
	const file = () =>
		join(checkout.folder, "packages", checkout.stack, `guestbook-${tagOf(app())}.cdx.json`);
	const bom = () => JSON.parse(readFileSync(file(), "utf8")) as Bom;
	const inApp = (...command: string[]) =>
		docker("run", "--rm", "--network=none", app(), ...command);

	it("follows the schema, and lists what pip and dpkg list in the image", async () => {
		const validator = new JsonStrictValidator(Version.v1dot6);
		expect(await validator.validate(readFileSync(file(), "utf8"))).toBeNull();
		const listed = (kind: string) =>
			bom()
				.components.filter(({ purl = "" }) => purl.startsWith(`pkg:${kind}/`))
				.map(({ name, version }) => `${name} ${version}`)
				.sort();
		const installed = JSON.parse(inApp("pip", "list", "--format=json")) as Component[];
		expect(listed("pypi")).toEqual(
			installed.map(({ name, version }) => `${normalizeName(name)} ${version}`).sort(),
		);
		const packages = inApp("dpkg-query", "--show").replaceAll(/(:\w+)?\t/g, " ");
		expect(listed("deb")).toEqual(packages.split("\n").sort());
	});

	it("says what was compiled here, of what, and which libraries of Debian that links", () => {
		const { components, dependencies } = bom();
		const origin = (value: string) => ({ name: "debian-python:wheel", value });
		const compiled = components.filter(({ properties = [] }) =>
			properties.some(({ value }) => value === "compiled here"),
		);
		expect(compiled).toMatchObject([
			{
				name: "psycopg-c",
				licenses: [{ license: { id: "LGPL-3.0-only" } }],
				externalReferences: [{ type: "source-distribution" }],
			},
		]);
		const uvloop = components.find(({ name }) => name === "uvloop");
		expect(uvloop?.properties).toContainEqual(origin("downloaded"));
		const libpq = components.find(({ name }) => name === "libpq5");
		const own = dependencies.find(({ ref }) => ref.startsWith("pkg:pypi/psycopg-c@"));
		expect(own?.dependsOn).toContain(libpq?.purl);
	});

	it("is what the command prints, with the provenance, which names the locks", async () => {
		const args = ["commands/sbom/main.ts", "-s", checkout.stack, "--image", "app-guestbook"];
		const print = (...more: string[]) =>
			execa("node", [...args, ...more], { cwd: checkout.folder, stripFinalNewline: false });
		expect((await print()).stdout).toBe(readFileSync(file(), "utf8"));
		const { predicate } = JSON.parse((await print("--provenance")).stdout) as Statement;
		const lock = readFileSync(join(checkout.folder, "examples/guestbook/pylock.toml"));
		expect(predicate.buildDefinition).toHaveProperty(
			"resolvedDependencies",
			expect.arrayContaining([{ name: "pylock.toml", digest: { sha256: sha256(lock) } }]),
		);
	});
});

it(
	"keeps its lines in PostgreSQL where DATABASE_URL names one",
	async () => {
		const script = `
			aptinstall postgresql >&2
			cd /etc/postgresql/*/main
			echo 'host all all all trust' >>pg_hba.conf
			echo "listen_addresses = '*'" >>postgresql.conf
			service postgresql start >&2
			exec sleep infinity`;
		const options = ["--network-alias=database", "--entrypoint=sh"];
		start([outputs.images.debbase.name, "-euc", script], ...options);
		const url = "--env=DATABASE_URL=postgresql://postgres@database/postgres";
		const first = startApp(url);
		await until(() => answers(`${first.url}health`));
		expect(await write(first.url, "Ada", "kept")).toEqual(["Ada: kept"]);
		docker("rm", "--force", first.container);
		const second = startApp(url);
		await until(() => answers(second.url));
		expect(await write(second.url, "Bob", "after it")).toEqual(["Bob: after it", "Ada: kept"]);
	},
	5 * MINUTE,
);
