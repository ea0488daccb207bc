import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser } from "./browser.ts";
import { Checkout, docker, type RunOutputs } from "./checkout.ts";
import { seedImages } from "./seed.ts";

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
	await seedImages(checkout, checkout.repository);
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
