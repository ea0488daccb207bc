import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryName } from "../../components/step/owner.ts";
import { sweep, unfinishedName } from "../../components/step/sweep.ts";
import { Checkout, docker, remains } from "./checkout.ts";

/*
 * Runs beside other runs, and beside what users make of the images: nothing is removed but what a
 * step made for itself and left, and what a step started does not outlive it.
 */

const MINUTE = 60_000;
const LABEL = "debian-python.project=debian-python";
/** Of a process that is gone, and of one that nobody sees from here. */
const left = () => temporaryName(spawnSync("true").pid);
const foreign = () => temporaryName().replace(/-[0-9a-f]{8}-/, "-00000000-");

describe("a sweep", () => {
	const image = `test-sweep-${randomBytes(4).toString("hex")}:latest`;
	const made: string[][] = [];

	/** Make something with docker, and remember how it is removed. */
	function make(args: readonly string[], ...removal: string[]): string {
		const id = docker(...args);
		made.push([...removal, id]);
		return id;
	}
	const container = (name: string) =>
		make(["create", "--name", name, "--label", LABEL, image, "none"], "rm", "--force");
	const volume = (name: string) =>
		make(["volume", "create", "--label", LABEL, name], "volume", "rm", "--force");

	beforeAll(() => loadOldImage(image));
	afterAll(() => {
		for (const args of made) spawnSync("docker", args);
		spawnSync("docker", ["image", "rm", "--force", image]);
	});

	it("leaves what users made of the images", async () => {
		const untagged = docker("image", "inspect", "--format", "{{.Id}}", image);
		const user = container(`debian-python-web-${randomBytes(4).toString("hex")}`);
		const data = volume(`debian-python-${randomBytes(4).toString("hex")}`);
		docker("image", "rm", "--force", image);
		loadOldImage(undefined);
		await sweep();
		expect(docker("image", "inspect", "--format", "{{.Id}}", untagged)).toBe(untagged);
		expect(docker("inspect", "--format", "{{.Id}}", user)).toBe(user);
		expect(docker("volume", "inspect", "--format", "{{.Name}}", data)).toBe(data);
		docker("tag", untagged, image);
	});

	it("takes what a step that is gone left, and leaves what may be in use", async () => {
		const [gone, own, other] = [left(), temporaryName(), foreign()];
		for (const name of [gone, own, other]) {
			container(name);
			volume(name);
			docker("commit", name, unfinishedName(name));
			made.push(["image", "rm", unfinishedName(name)]);
			mkdirSync(join(tmpdir(), name));
		}
		await sweep();
		const there = [
			...docker("ps", "--all", "--format", "{{.Names}}").split("\n"),
			...docker("volume", "ls", "--format", "{{.Name}}").split("\n"),
			...docker("image", "ls", "--format", "{{.Repository}}")
				.replaceAll("localhost/", "")
				.split("\n"),
			...execFileSync("ls", [tmpdir()], { encoding: "utf8" }).split("\n"),
		];
		const count = (name: string) => there.filter((each) => each === name).length;
		expect([gone, own, other].map(count)).toEqual([0, 4, 4]);
		for (const name of [own, other]) rmSync(join(tmpdir(), name), { recursive: true });
	});
});

describe("a step", () => {
	let checkout: Checkout;
	let inputs: Record<string, string>;

	beforeAll(async () => {
		checkout = new Checkout();
		const { images } = await checkout.build(["--target", "debbase"]);
		mkdirSync(join(checkout.folder, "packages/none/packages"), { recursive: true });
		const packages = `${checkout.repository}:none`;
		const tar = execFileSync("tar", ["--create", "packages"], {
			cwd: join(checkout.folder, "packages/none"),
		});
		execFileSync("docker", ["import", "-", packages], { input: tar });
		mkdirSync(join(checkout.folder, "context"));
		inputs = {
			IMAGE: `${checkout.repository}:slow`,
			FROM: images.debbase.name,
			PACKAGES: packages,
			CONTEXT: "context",
			ARGUMENTS: "[]",
			CHANGES: "[]",
			LABELS: "{}",
			ALIASES: "[]",
			GATES: "[]",
			PATHS: "[]",
			PLATFORM: "linux/amd64",
		};
	}, 10 * MINUTE);
	afterAll(() => checkout.remove());

	/** Start a step, and wait until its container runs; its name is returned. */
	async function start(script: string, before: readonly string[] = []) {
		checkout.write("context/install", script);
		const already = running();
		const [program = "", ...args] = [...before, "node", "components/commit/run.ts"];
		const step = execa(program, args, {
			cwd: checkout.folder,
			env: inputs,
			detached: true,
			reject: false,
		});
		for (let tries = 0; tries < 300; tries++) {
			const container = running().find((name) => !already.includes(name));
			if (container !== undefined) return { step, container };
			await sleep(200);
		}
		throw new Error("no container was started");
	}

	const running = () =>
		docker("ps", "--filter", `label=${LABEL}`, "--format", "{{.Names}}").split("\n");

	it.each([["SIGTERM"], ["SIGKILL"]] as const)(
		"takes its container along within seconds after %s",
		async (signal) => {
			// One that goes on, whatever signal it is sent, and whose children do.
			const { step, container } = await start("trap '' HUP INT TERM; (sleep 600) & sleep 600");
			process.kill(-(step.pid as number), signal);
			const killed = Date.now();
			while (running().includes(container)) await sleep(100);
			expect(Date.now() - killed).toBeLessThan(5_000);
			await sweep();
			expect(docker("ps", "--all", "--format", "{{.Names}}")).not.toContain(container);
		},
		MINUTE,
	);

	it(
		"in another process namespace goes on while other runs sweep and preview",
		async () => {
			const unshare = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
			const { step, container } = await start("sleep 600", unshare);
			await sweep();
			const preview = await checkout.run(["--preview"]);
			expect(preview.exitCode).toBe(0);
			expect(running()).toContain(container);
			process.kill(-(step.pid as number), "SIGKILL");
			await step;
			removeAll(container.replace(/[0-9a-f]{8}$/, ""));
			expect(remains()).toEqual([]);
		},
		2 * MINUTE,
	);
});

/** Remove what a step left whose process nobody can see from here: a sweep leaves that for a day. */
function removeAll(prefix: string): void {
	const left = (...listing: string[]) =>
		docker(...listing)
			.split("\n")
			.filter((name) => name.startsWith(prefix));
	docker("rm", "--force", ...left("ps", "--all", "--format", "{{.Names}}"));
	docker("volume", "rm", ...left("volume", "ls", "--format", "{{.Name}}"));
}

/** An image with the project's label that was made long ago, as users make them of the images. */
function loadOldImage(name: string | undefined): void {
	const folder = mkdtempSync(join(tmpdir(), "old-"));
	execFileSync("tar", ["--create", "--file=layer.tar", "--files-from=/dev/null"], { cwd: folder });
	const sum = execFileSync("sha256sum", ["layer.tar"], { cwd: folder, encoding: "utf8" });
	const config = {
		architecture: "amd64",
		os: "linux",
		created: "2020-01-01T00:00:00Z",
		config: { Labels: Object.fromEntries([LABEL.split("=")]) },
		rootfs: { type: "layers", diff_ids: [`sha256:${sum.slice(0, 64)}`] },
	};
	writeFileSync(join(folder, "config.json"), JSON.stringify(config));
	const manifest = [
		{ Config: "config.json", RepoTags: name === undefined ? [] : [name], Layers: ["layer.tar"] },
	];
	writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
	execFileSync("sh", ["-euc", "tar --create * | docker load --quiet"], { cwd: folder });
	rmSync(folder, { recursive: true });
}
