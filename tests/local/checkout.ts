import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { ownerState } from "../../components/step/owner.ts";
import { stackNames } from "../../stacks/stack-repositories.ts";

/** What the outputs of a run look like. */
export interface RunOutputs {
	readonly images: Readonly<
		Record<"debbase" | "pybuild" | "python" | "wheelbuild", { name: string; key: string }>
	>;
	readonly package: {
		name: string;
		version: string;
		architecture: string;
		file: string;
		sha256: string;
		key: string;
	};
	readonly apps: Readonly<Record<string, { name: string; key: string }>>;
	readonly warnings: readonly string[];
}

/** What a run that ended said. */
export interface Ended {
	readonly exitCode: number | undefined;
	readonly stdout: string;
	readonly stderr: string;
}

/**
 * A checkout of its own, elsewhere on the disk, with a stack of its own: nothing that was built
 * before helps it, and nothing of it stays. Its stack is as local, but has no apps. The project's own
 * stacks are not there, whose images it would use, unless a test is about them.
 */
export class Checkout {
	readonly folder = mkdtempSync(join(tmpdir(), "checkout-"));
	readonly stack = `test-${randomBytes(4).toString("hex")}`;
	readonly repository = `localhost/debian-python/${this.stack}`;

	constructor({ hasStacks = false }: { readonly hasStacks?: boolean } = {}) {
		const list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
		const files = execFileSync("git", list);
		execFileSync(
			"sh",
			[
				"-c",
				'tar --create --null --files-from=- --ignore-failed-read | tar --extract --directory="$1"',
				"sh",
				this.folder,
			],
			{ input: files },
		);
		symlinkSync(join(process.cwd(), "node_modules"), join(this.folder, "node_modules"));
		for (const stack of hasStacks ? [] : stackNames(this.folder))
			rmSync(join(this.folder, `Pulumi.${stack}.yaml`));
		const local = readFileSync("Pulumi.local.yaml", "utf8");
		this.write(`Pulumi.${this.stack}.yaml`, local.replace(/^ *debian-python:apps:.*\n/m, ""));
	}

	/**
	 * Start `npm start`'s program, as the leader of a process group of its own, so that a test can kill
	 * it alone or with all that it started.
	 */
	start(args: readonly string[] = [], env: Record<string, string> = {}) {
		return execa("node", ["local/main.ts", "--stack", this.stack, ...args], {
			cwd: this.folder,
			env,
			detached: true,
			reject: false,
		});
	}

	/** Run it to its end. */
	async run(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Ended> {
		const { exitCode, stdout, stderr } = await this.start(args, env);
		return { exitCode, stdout, stderr };
	}

	/** Run it to its end, which must be good, and return its outputs. */
	async build(args: readonly string[] = []): Promise<RunOutputs> {
		const { exitCode, stdout, stderr } = await this.run([...args, "--json"]);
		if (exitCode !== 0) throw new Error(`the run failed:\n${stderr}`);
		return JSON.parse(stdout) as RunOutputs;
	}

	/**
	 * Start it, and kill it a moment after it said a line: the run alone, whose steps then must notice,
	 * or its whole group, as when a CI job's is killed. The moment is well within what the line tells of
	 * on a quick machine: a run that ends before it is an error.
	 */
	async killAt(
		line: RegExp,
		target: "run" | "group",
		{ args = [], moment = 1000 }: { args?: readonly string[]; moment?: number } = {},
	): Promise<void> {
		const run = this.start(args);
		const said: string[] = [];
		let isSaid = false;
		for await (const text of run.iterable({ from: "stderr" })) {
			said.push(String(text));
			isSaid = line.test(String(text));
			if (!isSaid) continue;
			await sleep(moment);
			process.kill(target === "group" ? -(run.pid as number) : (run.pid as number), "SIGKILL");
			break;
		}
		await run;
		if (!isSaid) throw new Error(`the run never said ${line}:\n${said.join("\n")}`);
	}

	/** Write a file of the checkout. */
	write(path: string, content: string): void {
		writeFileSync(join(this.folder, path), content);
	}

	/** Remove the checkout and the images of its stack. */
	remove(): void {
		removeImages(this.repository);
		rmSync(this.folder, { recursive: true, force: true });
	}
}

/** Forget all images of a repository and of those in it, as on a machine that never had them. */
export function removeImages(repository: string): void {
	const names = [repository, `${repository}/*`]
		.flatMap((pattern) =>
			docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", pattern).split("\n"),
		)
		// Of an image whose last tag moved on, only the digest is left.
		.filter((name) => name !== "" && !name.endsWith("<none>"));
	if (names.length > 0) docker("image", "rm", "--force", ...names);
}

/** Run docker, and return what it prints. */
export function docker(...args: string[]): string {
	return execFileSync("docker", args, {
		encoding: "utf8",
		stdio: ["ignore", "pipe", "pipe"],
		maxBuffer: 1e9,
	}).trim();
}

/**
 * Containers, volumes and temporary folders of steps that are there now. A container that somebody
 * runs from one of the images has its label too, but not such a name.
 */
export function remains(): string[] {
	const filter = ["--filter", "label=debian-python.project=debian-python", "--format"];
	return [
		...docker("ps", "--all", ...filter, "{{.Names}}").split("\n"),
		...docker("volume", "ls", ...filter, "{{.Name}}").split("\n"),
		...execFileSync("find", [tmpdir(), "-maxdepth", "1", "-name", "debian-python-*"], {
			encoding: "utf8",
		}).split("\n"),
	].filter((name) => ownerState(name.slice(name.lastIndexOf("/") + 1)) !== undefined);
}
